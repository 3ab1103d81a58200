#include "connectors/medusa/customer.h"

#include <gmock/gmock.h>

#include "connectors/medusa/support/script.h"

namespace ferry::medusa {
namespace {

using namespace test;
using namespace connector;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string party(const std::string& code, const std::string& name, const std::string& email,
                  const std::string& list = "", json::array addresses = {}) {
  return json::serialize(json::object{{"code", code},
                                      {"name", name},
                                      {"email", email},
                                      {"phone", ""},
                                      {"tax_identifier", "DE1"},
                                      {"list", list},
                                      {"list_name", "Dealers"},
                                      {"credit_hold", true},
                                      {"addresses", std::move(addresses)}});
}
json::object group(const std::string& id, const std::string& name, const std::string& list) {
  return {{"id", id}, {"name", name}, {"metadata", list.empty() ? json::value() : json::object{{"erp_price_list", list}}}};
}
json::object customer(const std::string& id, const std::string& code, const std::string& name, const std::string& email,
                      json::array groups = {}, json::array addresses = {}) {
  json::object metadata{{"erp_tax_identifier", "DE1"}, {"erp_credit_hold", true}};
  if (!code.empty()) metadata["erp_code"] = code;
  return {{"id", id},
          {"email", email},
          {"first_name", ""},
          {"last_name", name},
          {"company_name", nullptr},
          {"phone", nullptr},
          {"has_account", false},
          {"metadata", std::move(metadata)},
          {"groups", std::move(groups)},
          {"addresses", std::move(addresses)}};
}
json::object with_account(json::object customer) {
  customer["has_account"] = true;
  return customer;
}
HttpReply groups(json::array rows = {}) { return listed("customer_groups", std::move(rows)); }
HttpReply customers(json::array rows = {}) { return listed("customers", std::move(rows)); }
HttpReply now(json::object shown) { return ok(json::object{{"customer", std::move(shown)}}); }
const std::string kAnna = party("P1", "Anna", "a@example.com");

class MedusaCustomer : public testing::Test {
 protected:
  MedusaCustomer() {
    settings_.customer_code_key = "erp_code";
    settings_.tax_identifier_key = "erp_tax_identifier";
    settings_.credit_hold_key = "erp_credit_hold";
  }
  Played push(std::vector<OutboundItem> items, std::vector<HttpReply> replies) {
    items_ = std::move(items);
    return play(*make_customer_push(settings_, items_), std::move(replies));
  }
  ItemVerdict only(const std::string& document, std::vector<HttpReply> replies) {
    const auto played = push({{"P1", document, ""}}, std::move(replies));
    return played.items.size() == 1 ? played.items.front() : ItemVerdict{};
  }
  Settings settings_ = settings();
  std::vector<OutboundItem> items_;
};

TEST_F(MedusaCustomer, OneThatIsRightIsLookedAtAndLeftAlone) {
  const auto played = push({{"P1", kAnna, ""}}, {groups(), customers({customer("c1", "P1", "Anna", "a@example.com")})});
  EXPECT_EQ(played.requests.size(), 2U);
  EXPECT_THAT(played.requests[1].target, HasSubstr("&email%5B%5D=a%40example.com"));
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaCustomer, IsMadeOnlyWhereNobodyHasItsCodeOrItsAddress) {
  const auto played = push({{"P1", kAnna, ""}},
                           {groups(), customers(), customers({customer("c9", "P9", "Else", "e@example.com")}),
                            now(customer("c1", "P1", "Anna", "a@example.com"))});
  ASSERT_EQ(played.requests.size(), 4U);
  EXPECT_EQ(played.requests[2].target, "/admin/customers?order=id&fields=id,email,metadata&limit=1000");
  EXPECT_EQ(played.body(3), json::parse(R"({"email":"a@example.com","first_name":"","last_name":"Anna","metadata":)"
                                        R"({"erp_code":"P1","erp_credit_hold":true,"erp_tax_identifier":"DE1"}})"));
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaCustomer, TheCodeGoesBeforeTheAddressWhichMayHaveChangedInTheErp) {
  const auto old = customer("c1", "P1", "Anna", "old@example.com");
  const auto played = push({{"P1", party("P1", "Anna", "new@example.com"), ""}},
                           {groups(), customers(), customers({old}), customers({old}),
                            now(customer("c1", "P1", "Anna", "new@example.com"))});
  ASSERT_EQ(played.requests.size(), 5U);
  EXPECT_THAT(played.requests[3].target, HasSubstr("&id%5B%5D=c1"));
  EXPECT_THAT(played.requests[4].target, testing::StartsWith("/admin/customers/c1?fields="));
  EXPECT_EQ(played.body(4), json::parse(R"({"email":"new@example.com"})"));
  const auto known = push({{"P1", party("P1", "Anna", "new@example.com"), party("P1", "Anna", "old@example.com")}},
                          {groups(), customers({old})});
  EXPECT_THAT(known.requests[1].target, AllOf(HasSubstr("new%40"), HasSubstr("old%40")));
}

TEST_F(MedusaCustomer, ASecondPageOfCustomersIsReadFromTheLastOneOn) {
  auto first = listed("customers", {customer("c1", "", "", "x@example.com")}, 1);
  json::array rows;
  for (int i = 0; i < 1000; ++i) rows.push_back(customer("c" + std::to_string(i), "", "", "x@example.com"));
  const auto page = listed("customers", rows, 1001);
  const auto played = push({{"P1", kAnna, ""}}, {groups(), customers(), page, first});
  ASSERT_EQ(played.requests.size(), 5U);
  EXPECT_THAT(played.requests[3].target, HasSubstr("&id%5B%24gt%5D=c999"));
  EXPECT_EQ(played.requests[4].method, "POST");
  EXPECT_EQ(only(kAnna, {groups(), customers(), page, page}).verdict, Verdict::retry) << "without end";
}

TEST_F(MedusaCustomer, OneWhoRegisteredByHimselfIsTakenOverWhateverTheLettersOfHisAddress) {
  const auto shown = with_account(customer("c1", "", "Anna", "A@Example.com"));
  const auto played = push({{"P1", kAnna, ""}}, {groups(), customers(), customers({shown}), customers({shown}),
                                                now(with_account(customer("c1", "P1", "Anna", "A@Example.com")))});
  ASSERT_EQ(played.requests.size(), 5U);
  EXPECT_EQ(played.body(4), json::parse(R"({"metadata":{"erp_code":"P1"}})"));
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaCustomer, AnAccountTakesTheGuestsPlace) {
  const auto list = group("g7", "Dealers (ERP 7)", "7");
  const auto guest = customer("c1", "P1", "Anna", "a@example.com", {list});
  const auto account = with_account(customer("c2", "", "Anna", "a@example.com"));
  const auto coded = with_account(customer("c2", "P1", "Anna", "a@example.com"));
  const auto played = push({{"P1", party("P1", "Anna", "a@example.com", "7"), ""}},
                           {groups({list}), customers({guest, account}), now(coded),
                            now(customer("c1", "P1", "Anna", "a@example.com")), now(customer("c1", "", "Anna", "a@example.com")),
                            now(with_account(customer("c2", "P1", "Anna", "a@example.com", {list})))});
  ASSERT_EQ(played.requests.size(), 6U);
  EXPECT_EQ(played.body(2), json::parse(R"({"metadata":{"erp_code":"P1"}})"));
  EXPECT_THAT(played.requests[3].target, HasSubstr("/customers/c1/customer-groups"));
  EXPECT_EQ(played.body(3), json::parse(R"({"add":[],"remove":["g7"]})"));
  EXPECT_EQ(played.body(4), json::parse(R"({"metadata":{"erp_code":""}})"));
  EXPECT_EQ(played.body(5), json::parse(R"({"add":["g7"],"remove":[]})"));
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaCustomer, WhatIsAmbiguousIsForAPersonAndNothingIsWritten) {
  const auto mine = customer("c1", "P1", "Anna", "b@example.com"), other = customer("c2", "", "Anna", "a@example.com");
  const auto both = push({{"P1", kAnna, ""}}, {groups(), customers({other}), customers({mine, other}), customers({mine, other})});
  EXPECT_EQ(both.requests.size(), 4U);
  EXPECT_EQ(both.items[0].verdict, Verdict::rejected);
  EXPECT_THAT(both.items[0].reason, HasSubstr(R"(party "P1" could be the portal's customers c1 and c2)"));
  const auto taken = customer("c2", "P2", "Anna", "a@example.com");
  EXPECT_THAT(only(kAnna, {groups(), customers({taken}), customers({taken}), customers({taken})}).reason,
              HasSubstr(R"(customer c2, who is party "P2")"));
  EXPECT_THAT(only(party("P1", "Anna", ""), {}).reason, HasSubstr("has no e-mail address"));
}

TEST_F(MedusaCustomer, OfSeveralWithOneAddressWhoCarriesTheCodeIsTheParty) {
  const auto some = customer("c0", "", "Some", "A@Example.com"), other = customer("c9", "", "Other", "a@EXAMPLE.com");
  auto mine = customer("c1", "P1", "Anna", "a@example.com"), garbled = mine;
  garbled.at("metadata") = json::object{{"erp_code", json::object{{"value", "P1"}}}};
  const auto unread = only(kAnna, {groups(), customers({garbled})});
  EXPECT_EQ(unread.verdict, Verdict::retry);
  EXPECT_THAT(unread.reason, HasSubstr("cannot be read"));
  mine.at("email") = "A@example.com";
  const auto seen = customers({some, mine, other});
  const auto after = now(customer("c1", "P1", "Anna", "a@example.com"));
  EXPECT_EQ(push({{"P1", kAnna, ""}}, {groups(), customers(), seen, seen, after}).items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaCustomer, OfTwoPartiesWithOneAddressTheSecondIsForAPerson) {
  const auto played = push({{"P1", kAnna, ""}, {"P2", party("P2", "Bea", "a@example.com"), ""}},
                           {groups(), customers(), customers(), now(customer("c1", "P1", "Anna", "a@example.com"))});
  ASSERT_EQ(played.items.size(), 2U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  EXPECT_THAT(played.items[1].reason, HasSubstr(R"(customer c1, who is party "P1")"));
}

TEST_F(MedusaCustomer, JoinsTheGroupOfItsListAndLeavesThoseOfOthersAlone) {
  const auto vip = group("g4", "VIP", ""), five = group("g5", "Old (ERP 5)", "5"), six = group("g6", "Dealers (ERP 6)", "6");
  const auto wanted = party("P1", "Anna", "a@example.com", "6");
  const auto before = customer("c1", "P1", "Anna", "a@example.com", {vip, five});
  const auto played = push({{"P1", wanted, ""}}, {groups({vip, five, six}), customers({before}),
                                                 now(customer("c1", "P1", "Anna", "a@example.com", {vip, six}))});
  ASSERT_EQ(played.requests.size(), 3U);
  EXPECT_EQ(played.body(2), json::parse(R"({"add":["g6"],"remove":["g5"]})"));
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  const auto created = push({{"P1", wanted, ""}}, {groups({vip}), customers({before}), ok(json::object{{"customer_group", six}}),
                                                  now(customer("c1", "P1", "Anna", "a@example.com", {vip, six}))});
  ASSERT_EQ(created.requests.size(), 4U);
  EXPECT_EQ(created.body(2), json::parse(R"j({"name":"Dealers (ERP 6)","metadata":{"erp_price_list":"6"}})j"));
  EXPECT_THAT(only(wanted, {groups({group("g6", "Dealers (ERP 6)", "")}), customers({before})}).reason, HasSubstr("rename it"));
  EXPECT_THAT(only(wanted, {groups({six, group("g8", "More", "6")}), customers({before})}).reason, HasSubstr("ids g6 and g8"));
}

TEST_F(MedusaCustomer, OneThatIsPublishedNoMoreLeavesTheGroupsAndStays) {
  const auto vip = group("g4", "VIP", ""), five = group("g5", "Old (ERP 5)", "5");
  const auto played = push({{"P1", "", kAnna}}, {groups({vip, five}), customers({customer("c1", "P1", "Other", "a@example.com", {vip, five})}),
                                                now(customer("c1", "P1", "Other", "a@example.com", {vip}))});
  ASSERT_EQ(played.requests.size(), 3U);
  EXPECT_EQ(played.body(2), json::parse(R"({"add":[],"remove":["g5"]})"));
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  EXPECT_EQ(push({{"P1", "", ""}}, {groups(), customers()}).items[0].verdict, Verdict::delivered) << "it was never there";
}

TEST_F(MedusaCustomer, AnAddressIsAddedOnceAndNoneIsTakenAway) {
  const json::object wanted{{"name", "Anna"},      {"street", "Hauptstr. 5\nHof 2\nlinks"}, {"postal_code", "10115"},
                            {"city", "Berlin"},    {"subdivision", "DE-BE"},               {"country", "DE"},
                            {"invoice", true},     {"delivery", false}};
  const json::object own{{"first_name", "Anna"}, {"last_name", "Privat"}, {"company", nullptr}, {"address_1", "Weg 1"}};
  const json::object added{{"first_name", ""}, {"last_name", "Anna"}, {"company", nullptr}, {"address_1", "Hauptstr. 5"},
                           {"address_2", "Hof 2,links"}, {"postal_code", "10115"}, {"city", "Berlin"},
                           {"province", "DE-BE"}, {"country_code", "DE"}};
  const auto document = party("P1", "Anna", "a@example.com", "", {wanted});
  const auto played = push({{"P1", document, ""}}, {groups(), customers({customer("c1", "P1", "Anna", "a@example.com", {}, {own})}),
                                                   now(customer("c1", "P1", "Anna", "a@example.com", {}, {own, added}))});
  ASSERT_EQ(played.requests.size(), 3U);
  EXPECT_EQ(played.body(2), json::parse(R"({"first_name":"","last_name":"Anna","address_1":"Hauptstr. 5","address_2":"Hof 2,links",)"
                                        R"("postal_code":"10115","city":"Berlin","province":"DE-BE","country_code":"de",)"
                                        R"("is_default_billing":true})"));
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaCustomer, WhatAnotherOwnsIsNotSent) {
  const std::string document = R"({"code":"P1","email":"a@example.com","addresses":[]})";
  const auto played = push({{"P1", document, ""}}, {groups(), customers({customer("c1", "", "Theirs", "a@example.com")}),
                                                   customers({customer("c1", "", "Theirs", "a@example.com")}),
                                                   customers({customer("c1", "", "Theirs", "a@example.com")})});
  ASSERT_EQ(played.requests.size(), 5U);
  EXPECT_EQ(played.body(4), json::parse(R"({"metadata":{"erp_code":"P1"}})"));
  EXPECT_EQ(only(document, {groups(), customers(), customers()}).verdict, Verdict::absent);
}

TEST_F(MedusaCustomer, ACompanyKeepsTheNamesOfItsPeople) {
  auto company = customer("c1", "P1", "Byron", "a@example.com");
  company["first_name"] = "Ada";
  company["company_name"] = "Engines";
  const auto right = push({{"P1", party("P1", "Engines", "a@example.com"), ""}}, {groups(), customers({company})});
  EXPECT_EQ(right.items[0].verdict, Verdict::delivered);
  const auto renamed = push({{"P1", party("P1", "Engines Ltd", "a@example.com"), ""}}, {groups(), customers({company})});
  ASSERT_EQ(renamed.requests.size(), 3U);
  EXPECT_EQ(renamed.body(2), json::parse(R"({"company_name":"Engines Ltd"})"));
}

TEST_F(MedusaCustomer, ALostOrStaleAnswerNeverMakesTwo) {
  EXPECT_EQ(only(kAnna, {groups(), customers(), customers(), lost(true)}).verdict, Verdict::ambiguous);
  const auto late = only(kAnna, {groups(), customers(), customers(),
                                 refused(400, "invalid_data", "Customer with email: a@example.com, has_account: false, already exists.")});
  EXPECT_EQ(late.verdict, Verdict::retry) << "the next attempt finds it";
  const auto anna = customer("c1", "P1", "Old", "a@example.com");
  EXPECT_EQ(only(kAnna, {groups(), customers({anna}), refused(404, "not_found", "Customer with id \"c1\" not found")}).verdict,
            Verdict::retry);
  EXPECT_THAT(only(kAnna, {groups(), customers({anna}), now(anna)}).reason, HasSubstr("does not show it"));
  EXPECT_EQ(only(kAnna, {groups(), customers({anna}), ok(json::object{})}).verdict, Verdict::retry);
}

TEST_F(MedusaCustomer, ARefusedOneStopsOnlyItself) {
  const auto played = push({{"P1", kAnna, ""}, {"P2", party("P2", "Bea", "b@example.com"), ""}},
                           {groups(), customers(), customers(), refused(400, "invalid_data", "Invalid request: Invalid email address"),
                            now(customer("c2", "P2", "Bea", "b@example.com"))});
  ASSERT_EQ(played.items.size(), 2U);
  EXPECT_EQ(played.items[0].verdict, Verdict::rejected);
  EXPECT_THAT(played.items[0].reason, HasSubstr("Invalid email address"));
  EXPECT_EQ(played.items[1].verdict, Verdict::delivered);
}

TEST_F(MedusaCustomer, WithoutTheKeyNothingIsSent) {
  settings_.customer_code_key.clear();
  const auto played = push({{"P1", kAnna, ""}}, {});
  EXPECT_TRUE(played.requests.empty());
  EXPECT_THAT(played.items[0].reason, HasSubstr("customer_code_key"));
}

TEST_F(MedusaCustomer, ReadsBackThoseThatCarryACode) {
  const auto survey = make_customer_survey(settings_, "c0");
  auto step = survey->start();
  EXPECT_THAT(std::get<Send>(step).request.target, AllOf(HasSubstr("&id%5B%24gt%5D=c0"), Not(HasSubstr("addresses"))));
  step = survey->on_reply(customers({customer("c1", "", "Guest", "g@example.com"),
                                     customer("c2", "P1", "Anna", "A@example.com", {group("g7", "x", "7"), group("g4", "VIP", "")})}));
  ASSERT_TRUE(std::holds_alternative<Send>(step));
  EXPECT_EQ(std::get<Send>(step).request.target,
            "/admin/customers?order=id&has_account=true&fields=id,email&limit=1000&email%5B%5D=A%40example.com");
  step = survey->on_reply(customers());
  ASSERT_TRUE(std::holds_alternative<SurveyPage>(step));
  const auto& page = std::get<SurveyPage>(step);
  ASSERT_EQ(page.records.size(), 1U);
  EXPECT_EQ(page.records[0].label, "P1");
  EXPECT_EQ(page.records[0].document, R"({"code":"P1","name":"Anna","email":"a@example.com","phone":"","tax_identifier":"DE1",)"
                                      R"("list":"7","credit_hold":true})");
  EXPECT_EQ(page.next_cursor, "");
}

TEST_F(MedusaCustomer, AGuestInWhosePlaceAnAccountHasComeIsNotTheParty) {
  const auto survey = make_customer_survey(settings_, "");
  (void)survey->start();
  auto step = survey->on_reply(customers({customer("c1", "P1", "Anna", "a@example.com"), customer("c2", "P2", "Bea", "b@example.com"),
                                          with_account(customer("c3", "P3", "Cid", "c@example.com"))}));
  step = survey->on_reply(customers({with_account(customer("c4", "", "Anna", "a@example.com"))}));
  ASSERT_TRUE(std::holds_alternative<SurveyPage>(step));
  const auto& records = std::get<SurveyPage>(step).records;
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].label, "P3");
  EXPECT_EQ(records[1].label, "P2");
}

TEST_F(MedusaCustomer, FindsCodesOnEveryPage) {
  json::array rows;
  for (int i = 0; i < 1000; ++i) rows.push_back(customer("c" + std::to_string(i), i == 5 ? "P1" : "P9", "Anna", "a@example.com"));
  rows[5] = with_account(rows[5].as_object());
  const std::vector<std::string> codes = {"P1", "P2"};
  const auto survey = make_customer_survey(settings_, codes);
  (void)survey->start();
  auto step = survey->on_reply(listed("customers", rows, 1001));
  ASSERT_TRUE(std::holds_alternative<Send>(step));
  step = survey->on_reply(customers({with_account(customer("d1", "P2", "Bea", "b@example.com"))}));
  ASSERT_TRUE(std::holds_alternative<SurveyPage>(step));
  EXPECT_EQ(std::get<SurveyPage>(step).records.size(), 2U);
}

}  // namespace
}  // namespace ferry::medusa
