#include "config/field.h"

#include <gmock/gmock.h>

#include <array>
#include <stdexcept>

#include "config/reading.h"

namespace ferry::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::array kFields = {
    Field{"base_url", Type::url, "", true, 0, 0, "Where the portal is."},
    Field{"name", Type::text, "shop", false, 0, 0, "Its name."},
    Field{"batch_cap", Type::integer, "100", false, 1, 1000, "Records at once."},
    Field{"interval", Type::seconds, "30", false, 1, 0, "Between two looks."},
    Field{"active", Type::boolean, "true", false, 0, 0, "Whether it runs."},
    Field{"tolerance", Type::decimal, "0.05", false, 0, 0, "How far off."},
    Field{"states", Type::list, "", false, 0, 0, "Which states."},
    Field{"password", Type::secret, "", false, 0, 0, "The password's name."},
};

std::vector<std::string> messages(std::string_view given) {
  std::vector<std::string> result;
  for (const Problem& problem : problems(kFields, given)) result.push_back(problem.message);
  return result;
}

std::string only_message(std::string_view given) {
  const auto all = messages(given);
  EXPECT_EQ(all.size(), 1U) << given;
  return all.empty() ? "" : all.front();
}

std::string with_url(std::string_view rest) {
  return R"({"base_url":"https://shop.example",)" + std::string(rest) + "}";
}

SecretResolver vault() {
  return [](std::string_view name) { return name == "shop" ? std::optional<std::string>("s3cret") : std::nullopt; };
}

TEST(Settings, GoodSettingsHaveNoProblems) {
  EXPECT_THAT(messages(with_url(
                  R"("name":"x","batch_cap":5,"interval":"10","active":false,"tolerance":"0.1","states":["A","B"])")),
              IsEmpty());
  EXPECT_THAT(messages(with_url(R"("tolerance":-2,"states":"A, B","password":"shop")")), IsEmpty());
}

TEST(Settings, AllProblemsAreReportedAtOnceInTheTablesOrderAndUnknownNamesLast) {
  const auto all = messages(R"({"base_ulr":"x","tolerance":"much","batch_cap":0})");
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0], "missing setting 'base_url': Where the portal is.");
  EXPECT_EQ(all[1], "setting 'batch_cap' must be a whole number from 1 to 1000, not '0'");
  EXPECT_EQ(all[2], "setting 'tolerance' must be a decimal number such as 10.5, not 'much'");
  EXPECT_EQ(all[3], "unknown setting 'base_ulr'; did you mean 'base_url'?");
}

TEST(Settings, AnUnknownNameThatIsNearNothingGetsNoSuggestion) {
  EXPECT_EQ(only_message(with_url(R"("quux_completely_else":1)")), "unknown setting 'quux_completely_else'");
  EXPECT_THAT(only_message(with_url("\"" + std::string(500, 'x') + "\":1")), Not(HasSubstr("did you mean")));
}

TEST(Settings, AnEmptyTextOrNullCountsAsNotGiven) {
  EXPECT_THAT(messages(with_url(R"("batch_cap":"","interval":null)")), IsEmpty());
  EXPECT_THAT(only_message(R"({"base_url":""})"), HasSubstr("missing setting 'base_url'"));
  EXPECT_THAT(only_message(""), HasSubstr("missing setting 'base_url'"));
}

TEST(Settings, TextThatIsNoJsonObjectIsOneProblem) {
  EXPECT_EQ(only_message("[1]"), "the settings are not a JSON object");
  EXPECT_EQ(only_message("{"), "the settings are not a JSON object");
}

TEST(Settings, AFractionAsJsonNumberIsRefusedBecauseItWentThroughFloatingPoint) {
  EXPECT_THAT(only_message(with_url(R"("tolerance":0.05)")), HasSubstr("write a number with decimals as text"));
}

TEST(Settings, NumbersOutsideTheirBoundsNameTheBounds) {
  EXPECT_THAT(only_message(with_url(R"("batch_cap":1001)")), HasSubstr("from 1 to 1000"));
  EXPECT_THAT(only_message(with_url(R"("interval":0)")), HasSubstr("of at least 1 seconds"));
  EXPECT_THAT(only_message(with_url(R"("batch_cap":"5x")")), HasSubstr("not '5x'"));
  EXPECT_THAT(only_message(with_url(R"("batch_cap":99999999999999999999)")), HasSubstr("plain value"));
  EXPECT_THAT(only_message(with_url(R"("batch_cap":18446744073709551615)")), HasSubstr("whole number"));
}

TEST(Settings, UrlsNeedASchemeAndAHostAndCarryNoPassword) {
  EXPECT_THAT(only_message(R"({"base_url":"ftp://x"})"), HasSubstr("must begin with http:// or https://"));
  EXPECT_THAT(only_message(R"({"base_url":"https:///path"})"), HasSubstr("has no host"));
  EXPECT_THAT(only_message(R"({"base_url":"https://:80"})"), HasSubstr("has no host"));
  EXPECT_THAT(only_message(R"({"base_url":"https://a b"})"), HasSubstr("blank"));
  const auto message = only_message(R"({"base_url":"https://me:pw@shop.example"})");
  EXPECT_THAT(message, HasSubstr("must not contain a user"));
  EXPECT_THAT(message, Not(HasSubstr("pw")));
  EXPECT_THAT(messages(R"({"base_url":"http://localhost:3000/api?x=1"})"), IsEmpty());
}

TEST(Settings, OtherTypesSayWhatTheyExpect) {
  EXPECT_THAT(only_message(with_url(R"("active":"yes")")), HasSubstr("must be true or false"));
  EXPECT_THAT(only_message(with_url(R"("states":[1])")), HasSubstr("must be a list of texts"));
  EXPECT_THAT(only_message(with_url(R"("name":"a\u0000b")")), HasSubstr("NUL"));
  EXPECT_THAT(only_message(with_url(R"("states":"[x")")), HasSubstr("must be a list of texts"));
}

TEST(Settings, WhatIsQuotedInAMessageIsBoundedAndOnOneLine) {
  const auto message = only_message(with_url(R"("active":"a\nb)" + std::string(500, 'x') + "\""));
  EXPECT_LT(message.size(), 150U);
  EXPECT_THAT(message, Not(HasSubstr("\n")));
  const auto cut = only_message(with_url("\"active\":\"" + std::string(59, 'x') + "\u00fc" + "yyy\""));
  EXPECT_THAT(cut, HasSubstr("x...'"));
}

TEST(Settings, ParsingFillsInDefaultsAndResolvesSecrets) {
  std::vector<Problem> unresolved;
  const auto values =
      parse(kFields, with_url(R"("batch_cap":7,"states":["A","B"],"password":"shop")"), vault(), unresolved);
  EXPECT_THAT(unresolved, IsEmpty());
  EXPECT_EQ(values.text("base_url"), "https://shop.example");
  EXPECT_EQ(values.text("name"), "shop");
  EXPECT_EQ(values.integer("batch_cap"), 7);
  EXPECT_EQ(values.integer("interval"), 30);
  EXPECT_TRUE(values.boolean("active"));
  EXPECT_EQ(values.text("tolerance"), "0.05");
  EXPECT_THAT(values.list("states"), ElementsAre("A", "B"));
  EXPECT_EQ(values.text("password"), "s3cret");
}

TEST(Settings, ASecretThatTheHostDoesNotKnowIsAProblemThatSaysWhereToDefineIt) {
  std::vector<Problem> unresolved;
  const auto values = parse(kFields, with_url(R"("password":"other")"), vault(), unresolved);
  ASSERT_EQ(unresolved.size(), 1U);
  EXPECT_EQ(unresolved[0].field, "password");
  EXPECT_THAT(unresolved[0].message, HasSubstr("names the secret 'other', which the host does not know or keeps for the database; define it"));
  EXPECT_EQ(values.text("password"), "");
  parse(kFields, with_url(R"("password":"shop")"), nullptr, unresolved);
  EXPECT_EQ(unresolved.size(), 2U);
}

TEST(Settings, AskingForWhatIsNotInTheTableOrOfAnotherTypeIsADefect) {
  const Values values(
      std::map<std::string, std::string, std::less<>>{{"name", "x"}, {"broken", "[1"}, {"no", "false"}});
  EXPECT_THROW(values.text("else"), std::logic_error);
  EXPECT_THROW(values.integer("name"), std::logic_error);
  EXPECT_THROW(values.boolean("name"), std::logic_error);
  EXPECT_THROW(values.list("broken"), std::logic_error);
  EXPECT_FALSE(values.boolean("no"));
}

TEST(Settings, RedactionHidesSecretsUnknownFieldsAndUsersInUrls) {
  const auto safe = redacted(kFields, R"({"base_url":"https://u:p@h","name":"x","password":"n","token":"t"})");
  EXPECT_EQ(safe, R"({"base_url":"***","name":"x","password":"***","token":"***"})");
  EXPECT_EQ(redacted(kFields, "not json"), R"("***")");
  EXPECT_THAT(redacted(kFields, with_url(R"("batch_cap":5)")), HasSubstr("https://shop.example"));
}

TEST(Settings, TheReferenceNamesKindDefaultAndMeaningOfEachSetting) {
  const auto page = reference(kFields);
  EXPECT_THAT(page, HasSubstr("| `base_url` | URL | *required* | Where the portal is. |"));
  EXPECT_THAT(page, HasSubstr("| `batch_cap` | whole number, from 1 to 1000 | `100` | Records at once. |"));
  EXPECT_THAT(page, HasSubstr("| `interval` | seconds, of at least 1 seconds | `30` |"));
  EXPECT_THAT(page, HasSubstr("| `states` | list |  | Which states. |"));
  EXPECT_THAT(page, HasSubstr("name of a secret"));
}

TEST(Settings, ListsAreJsonOrSeparatedByCommas) {
  EXPECT_THAT(*read_list(" a, b ,,c "), ElementsAre("a", "b", "c"));
  EXPECT_THAT(*read_list(R"(["a,b"])"), ElementsAre("a,b"));
  EXPECT_THAT(*read_list("  "), IsEmpty());
  EXPECT_FALSE(read_list("[1]").has_value());
}

TEST(Settings, DecimalsHaveDigitsOnBothSidesOfThePoint) {
  for (const auto* good : {"0", "-1", "10.50"}) EXPECT_TRUE(is_decimal(good)) << good;
  for (const auto* bad : {"", "-", ".5", "5.", "1e3", "1,5", "+1", "x", "1.x"}) EXPECT_FALSE(is_decimal(bad)) << bad;
  EXPECT_FALSE(is_decimal(std::string(65, '1')));
}

TEST(Problems, SettingsThatAreTooLongOrNestedTooDeepAreRefusedAsAWhole) {
  constexpr Field kText[] = {{"name", Type::text, "", false, 0, 0, "A name."}};
  const auto settings = [](std::size_t bytes) { return R"({"name":")" + std::string(bytes, 'x') + "\"}"; };
  EXPECT_TRUE(problems(kText, settings(kLongestSettings - 11)).empty());
  const auto longer = problems(kText, settings(kLongestSettings - 10));
  ASSERT_EQ(longer.size(), 1U);
  EXPECT_EQ(longer.front().message, "the settings are longer than 65536 bytes");
  const auto deep = problems(kText, R"({"name":)" + std::string(40, '[') + std::string(40, ']') + "}");
  ASSERT_EQ(deep.size(), 1U);
  EXPECT_EQ(deep.front().message, "the settings are not a JSON object");
}

TEST(Problems, TakesAnObjectOfTextsForAMapAndNothingElse) {
  constexpr Field kMap[] = {{"locations", Type::map, "", false, 0, 0, "By code."}};
  EXPECT_TRUE(problems(kMap, R"({"locations": {"WH": "Main"}})").empty());
  EXPECT_TRUE(problems(kMap, R"({"locations": {}})").empty());
  EXPECT_TRUE(problems(kMap, "{}").empty());
  EXPECT_EQ(problems(kMap, R"({"locations": {"WH": 1}})").size(), 1U);
  EXPECT_EQ(problems(kMap, R"({"locations": ["WH"]})").size(), 1U);
}

}  // namespace
}  // namespace ferry::config
