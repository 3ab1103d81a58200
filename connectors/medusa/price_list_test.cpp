#include "connectors/medusa/price_list.h"

#include <gmock/gmock.h>

#include "connectors/medusa/price_list_survey.h"
#include "connectors/medusa/price_list_view.h"
#include "connectors/medusa/price_tiers.h"
#include "connectors/medusa/support/script.h"

namespace ferry::medusa {
namespace {

using namespace test;
using namespace connector;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::string tier(const std::string& quantity, const std::string& amount, const std::string& from = "null",
                 const std::string& until = "null") {
  return R"({"quantity":")" + quantity + R"(","amount":")" + amount + R"(","from":)" + from + R"(,"until":)" + until + "}";
}
std::string document(const std::string& tiers, const std::string& sku = "A", const std::string& list = "7") {
  return R"({"sku":")" + sku + R"(","list":")" + list + R"(","list_name":"Dealers","currency":"EUR","tiers":[)" + tiers + "]}";
}
const std::string kDecember = R"("2026-12-01T00:00:00Z")", kJanuary = R"("2027-01-01T00:00:00Z")";

HttpReply store() {
  return ok(json::parse(R"({"stores":[{"id":"s","supported_currencies":[{"currency_code":"eur","is_default":true}]}],"count":1})"));
}
HttpReply preferences(bool includes_tax = false) {
  return listed("price_preferences",
                {json::object{{"attribute", "currency_code"}, {"value", "eur"}, {"is_tax_inclusive", includes_tax}}});
}
HttpReply variants(std::initializer_list<std::string> skus = {"A"}) {
  json::array rows;
  for (const auto& sku : skus) rows.push_back(json::object{{"id", "v" + sku}, {"sku", sku}, {"product_id", "p"}});
  return listed("variants", std::move(rows));
}
json::object group(const std::string& id, const std::string& name, const std::string& list) {
  return {{"id", id}, {"name", name}, {"metadata", list.empty() ? json::value() : json::object{{"erp_price_list", list}}}};
}
json::object price_list(const std::string& id, const std::string& list = "7", const json::value& from = {},
                        const json::value& until = {}) {
  return {{"id", id},
          {"description", list.empty() ? "Summer sale" : description_of(list)},
          {"status", "active"},
          {"type", "override"},
          {"starts_at", from},
          {"ends_at", until},
          {"metadata", list.empty() ? json::value() : json::object{{"erp_price_list", list}}},
          {"rules", json::object{{"customer.groups.id", json::array{"g7"}}}}};
}
HttpReply groups(json::array rows = {group("g7", "Dealers (ERP 7)", "7")}) { return listed("customer_groups", std::move(rows)); }
HttpReply lists(json::array rows = {price_list("pl")}, const std::string& now = "Sat, 28 Nov 2026 12:00:00 GMT") {
  auto reply = listed("price_lists", std::move(rows));
  reply.headers.emplace_back("date", now);
  return reply;
}
json::object row(const std::string& id, double amount, const json::value& least = {}, const json::value& most = {},
                 const std::string& sku = "A") {
  return {{"id", id}, {"amount", amount}, {"currency_code", "eur"}, {"min_quantity", least}, {"max_quantity", most},
          {"price_set", json::object{{"variant", json::object{{"id", "v" + sku}, {"sku", sku}}}}}};
}
HttpReply rows(json::array all = {}) { return listed("prices", std::move(all)); }
HttpReply written(std::initializer_list<json::value> created, std::initializer_list<std::string> updated = {},
                  std::initializer_list<std::string> deleted = {}) {
  json::array made, changed, gone;
  for (const auto& least : created)
    made.push_back(json::object{{"id", "new"}, {"min_quantity", least},
                                {"price_set", json::object{{"variant", json::object{{"id", "vA"}}}}}});
  for (const auto& id : updated) changed.push_back(json::object{{"id", id}});
  for (const auto& id : deleted) gone.emplace_back(id);
  return ok(json::object{{"created", made}, {"updated", changed}, {"deleted", json::object{{"ids", gone}}}});
}

class MedusaPriceList : public testing::Test {
 protected:
  Played push(std::vector<OutboundItem> batch, std::vector<HttpReply> replies) {
    batch_ = std::move(batch);
    return play(*make_price_list_push(settings_, batch_), std::move(replies));
  }
  ItemVerdict only(const std::string& text, std::vector<HttpReply> replies) {
    const auto played = push({{"A", text, ""}}, std::move(replies));
    return played.items.size() == 1 ? played.items.front() : ItemVerdict{};
  }
  const Settings settings_ = settings();
  std::vector<OutboundItem> batch_;
};

TEST_F(MedusaPriceList, MakesGroupListAndPricesWhereThereIsNothing) {
  const auto played = push({{"A", document(tier("0", "4.5") + "," + tier("10", "4")), ""}},
                           {store(), preferences(), variants(), groups({}), lists({}),
                            ok(json::parse(R"({"customer_group":{"id":"g7"}})")), ok(json::parse(R"({"price_list":{"id":"pl"}})")),
                            written({nullptr, 10})});
  ASSERT_EQ(played.requests.size(), 8U);
  EXPECT_EQ(played.body(5), json::parse(R"j({"name":"Dealers (ERP 7)","metadata":{"erp_price_list":"7"}})j"));
  EXPECT_EQ(played.body(6),
            json::parse(R"({"status":"active","type":"override","rules":{"customer.groups.id":["g7"]},"title":"Dealers",)"
                        R"("description":"Prices of the ERP's price list 7, kept by Ferry","starts_at":null,"ends_at":null,)"
                        R"("metadata":{"erp_price_list":"7"}})"));
  EXPECT_EQ(played.requests[7].target, "/admin/price-lists/pl/prices/batch");
  // of the prices that fit a quantity Medusa takes the cheapest: each ends where the next one begins
  EXPECT_EQ(played.body(7).at("create"),
            json::parse(R"([{"variant_id":"vA","currency_code":"eur","amount":4.5,"max_quantity":9.999999},)"
                        R"({"variant_id":"vA","currency_code":"eur","amount":4,"min_quantity":10}])"));
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaPriceList, WhatIsRightIsLeftAloneAndWhatDiffersIsChangedInPlace) {
  const auto right = push({{"A", document(tier("0", "4.5")), ""}},
                          {store(), preferences(), variants(), groups(), lists(), rows({row("r1", 4.5)})});
  EXPECT_EQ(right.requests.size(), 6U);
  EXPECT_EQ(right.items[0].verdict, Verdict::delivered);
  const auto other = push({{"A", document(tier("0", "5")), ""}},
                          {store(), preferences(), variants(), groups(), lists(),
                           rows({row("r1", 4.5, nullptr, 9.999999), row("r2", 4, 10), row("r3", 9, nullptr, nullptr, "B")}),
                           written({}, {"r1"}, {"r2"})});
  ASSERT_EQ(other.requests.size(), 7U);
  EXPECT_EQ(other.body(6), json::parse(R"({"create":[],"update":[{"id":"r1","variant_id":"vA","amount":5,"max_quantity":null}],)"
                                       R"("delete":["r2"]})"));
  EXPECT_EQ(other.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaPriceList, OfTwoEqualPricesOneGoes) {
  const auto played = push({{"A", document(tier("0", "5")), ""}},
                           {store(), preferences(), variants(), groups(), lists(), rows({row("r1", 4), row("r2", 5)}),
                            written({}, {}, {"r1"})});
  EXPECT_EQ(played.body(6), json::parse(R"({"create":[],"update":[],"delete":["r1"]})"));
}

TEST_F(MedusaPriceList, AWindowAheadGetsAPriceListOfItsOwn) {
  const auto played = push({{"A", document(tier("0", "5") + "," + tier("10", "6", kDecember, kJanuary)), ""}},
                           {store(), preferences(), variants(), groups(), lists({}),
                            ok(json::parse(R"({"price_list":{"id":"l1"}})")), ok(json::parse(R"({"price_list":{"id":"l2"}})")),
                            ok(json::parse(R"({"price_list":{"id":"l3"}})")), written({nullptr}), written({nullptr, 10}),
                            written({nullptr})});
  ASSERT_EQ(played.requests.size(), 11U);
  EXPECT_EQ(played.body(5).at("ends_at"), "2026-12-01T00:00:00Z");
  EXPECT_EQ(played.body(6).at("starts_at"), "2026-12-01T00:00:00Z");
  EXPECT_EQ(played.body(6).at("ends_at"), "2027-01-01T00:00:00Z");
  EXPECT_EQ(played.body(7).at("ends_at"), nullptr);
  // the dearer price from ten pieces on would lose against one without bound
  EXPECT_EQ(played.body(9).at("create").at(0).at("max_quantity"), 9.999999);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaPriceList, AWindowThatBeginsByThePortalsClockNeedsNoWrite) {
  const auto played = push({{"A", document(tier("0", "5", "null", kJanuary)), ""}},
                           {store(), preferences(), variants(), groups(),
                            lists({price_list("old", "7", nullptr, "2026-12-01T00:00:00.000Z"),
                                   price_list("now", "7", "2026-12-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z")},
                                  "Tue, 01 Dec 2026 00:00:00 GMT"),
                            rows({row("r1", 5)})});
  EXPECT_EQ(played.requests.size(), 6U) << "neither is the old list read nor anything written";
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaPriceList, AClockOfThePortalThatIsFastMakesNoSecondPriceList) {
  const auto played = push({{"A", document(tier("0", "5", "null", kDecember) + "," + tier("0", "6", kDecember, kJanuary)), ""}},
                           {store(), preferences(), variants(), groups(),
                            lists({price_list("l1", "7", nullptr, "2026-12-01T00:00:00.000Z"),
                                   price_list("l2", "7", "2026-12-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z")},
                                  "Sat, 05 Dec 2026 00:00:00 GMT"),
                            rows({row("r1", 4)}), rows({row("r2", 6)}), written({}, {"r1"})});
  ASSERT_EQ(played.requests.size(), 8U);
  EXPECT_EQ(played.requests[7].target, "/admin/price-lists/l1/prices/batch");
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaPriceList, AWithdrawalTakesAwayWhatIsFerrysAndNothingOfAPersons) {
  const auto played = push({{"A", "", document(tier("0", "5"))}},
                           {store(), preferences(), variants(), groups(), lists({price_list("theirs", ""), price_list("pl")}),
                            rows({row("r1", 5)}), written({}, {}, {"r1"})});
  ASSERT_EQ(played.requests.size(), 7U);
  EXPECT_THAT(played.requests[5].target, StartsWith("/admin/price-lists/pl/prices"));
  EXPECT_EQ(played.body(6), json::parse(R"({"create":[],"update":[],"delete":["r1"]})"));
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaPriceList, AWithdrawalThatWasNeverConfirmedKnowsItsListByItsPart) {
  const auto played = push({{"A", "", "", 7}}, {store(), preferences(), variants(), groups(), lists({price_list("pl")}),
                                                rows({row("r1", 5)}), written({}, {}, {"r1"})});
  ASSERT_EQ(played.requests.size(), 7U);
  EXPECT_EQ(played.body(6), json::parse(R"({"create":[],"update":[],"delete":["r1"]})"));
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaPriceList, AListThatAPersonOpenedToEverybodyIsPutRightAndOnesOwnIsNotTouched) {
  auto opened = price_list("pl"), theirs = price_list("theirs", "");
  opened["rules"] = json::object();
  theirs["rules"] = json::object();
  const auto played = push({{"A", document(tier("0", "5")), ""}},
                           {store(), preferences(), variants(), groups(), lists({theirs, opened}), rows({row("r1", 5)}),
                            ok(json::parse(R"({"price_list":{"id":"pl"}})"))});
  ASSERT_EQ(played.requests.size(), 7U);
  EXPECT_EQ(played.requests[6].target, "/admin/price-lists/pl?fields=id");
  EXPECT_EQ(played.body(6).at("rules"), json::parse(R"({"customer.groups.id":["g7"]})"));
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaPriceList, WhatMedusaCannotShowRightlyIsRejectedByName) {
  const auto rising = only(document(tier("0", "4") + "," + tier("1", "5")), {});
  EXPECT_EQ(rising.verdict, Verdict::rejected);
  EXPECT_THAT(rising.reason, AllOf(HasSubstr(R"(SKU "A" in price list "7" ("Dealers"))"), HasSubstr("rise from 4 to 5"),
                                   HasSubstr("begin at quantity 0")));
  EXPECT_THAT(only(document(tier("2", "4") + "," + tier("2", "5")), {}).reason, HasSubstr("overlap in time at quantity 2"));
  EXPECT_THAT(only(document(tier("0", "1234567890123.4567")), {}).reason, HasSubstr("more digits"));
  EXPECT_THAT(only(document(tier("0", "-1")), {}).reason, HasSubstr("at least 0"));
  const auto several = only(document(tier("0", "4")),
                            {store(), preferences(), variants(),
                             groups({group("g7", "Dealers (ERP 7)", "7"), group("g8", "Dealers", "7")}), lists({})});
  EXPECT_EQ(several.verdict, Verdict::rejected);
  EXPECT_THAT(several.reason, HasSubstr("ids g7 and g8"));
}

TEST_F(MedusaPriceList, WhatNoRecordCanMendStopsTheJob) {
  const auto taxed = only(document(tier("0", "4")), {store(), preferences(true)});
  EXPECT_EQ(taxed.verdict, Verdict::unauthorized);
  EXPECT_THAT(taxed.reason, HasSubstr("tax-inclusive pricing"));
}

TEST_F(MedusaPriceList, AGroupOfThatNameWithoutTheMarkIsAPersons) {
  const auto taken = only(document(tier("0", "4")), {store(), preferences(), variants(),
                                                     groups({group("g1", "Dealers (ERP 7)", "")}), lists({})});
  EXPECT_EQ(taken.verdict, Verdict::retry);
  EXPECT_THAT(taken.reason, HasSubstr("rename it"));
}

TEST_F(MedusaPriceList, ARefusedBatchIsNarrowedAndOneListIsNoBusinessOfAnother) {
  const auto played = push({{"A", document(tier("0", "4")), ""}, {"B", document(tier("0", "4"), "B", "8"), ""}, {"C", document(tier("0", "4"), "C"), ""}},
                           {store(), preferences(), variants({"A", "B"}), groups({group("g7", "x", "7"), group("g8", "y", "8")}),
                            lists({price_list("pl")}), rows(), refused(400, "invalid_data", "no"),
                            refused(400, "invalid_data", "No price set exist for variants: vA")});
  ASSERT_EQ(played.items.size(), 3U);
  EXPECT_EQ(played.items[0].verdict, Verdict::split);
  EXPECT_EQ(played.items[1].verdict, Verdict::split);
  EXPECT_EQ(played.items[2].verdict, Verdict::absent);
}

TEST_F(MedusaPriceList, AnAnswerThatDoesNotConfirmIsNotBelieved) {
  EXPECT_EQ(only(document(tier("0", "5")), {store(), preferences(), variants(), groups(), lists(), rows({row("r1", 4)}), written({})}).verdict,
            Verdict::retry);
  EXPECT_EQ(only(document(tier("0", "5")), {store(), preferences(), variants(), groups(), lists(), rows(), lost(true)}).verdict,
            Verdict::ambiguous);
}

TEST_F(MedusaPriceList, ReadsBackTheTiersAsADocumentHasThem) {
  const std::vector<std::string> skus = {"A"};
  const auto survey = make_price_list_survey(settings_, skus);
  auto step = survey->start();
  step = survey->on_reply(lists({price_list("theirs", ""), price_list("l1", "7", nullptr, "2026-12-01T00:00:00.000Z"),
                                 price_list("l2", "7", "2026-12-01T00:00:00.000Z", nullptr)}));
  ASSERT_TRUE(std::holds_alternative<Send>(step));
  step = survey->on_reply(rows({row("r1", 4.5), row("r9", 1, nullptr, nullptr, "B")}));
  step = survey->on_reply(rows({row("r2", 4.5, nullptr, 9.999999), row("r3", 4, 10)}));
  ASSERT_TRUE(std::holds_alternative<SurveyPage>(step));
  const auto& page = std::get<SurveyPage>(step);
  ASSERT_EQ(page.records.size(), 1U);
  EXPECT_EQ(page.records[0].identity, R"({"list":"7"})");
  EXPECT_EQ(page.records[0].document, R"({"sku":"A","list":"7","currency":"EUR","tiers":[)" + tier("0", "4.5") + "," +
                                          tier("10", "4", kDecember) + "]}");
}

TEST(MedusaPriceTiers, WhatIsCutIntoWindowsComesBackAsItWas) {
  const auto text = document(tier("0", "9") + "," + tier("5", "8", kDecember, kJanuary) + "," + tier("5", "7", kJanuary));
  std::string problem;
  const auto wanted = read_wanted_prices({"A", text, ""}, problem);
  ASSERT_TRUE(wanted) << problem;
  const auto windows = in_windows(*wanted, problem);
  ASSERT_TRUE(windows) << problem;
  EXPECT_EQ(windows->size(), 3U);
  const auto again = tiers_of(*windows);
  ASSERT_EQ(again.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(again[i].quantity, wanted->tiers[i].quantity);
    EXPECT_EQ(again[i].amount, wanted->tiers[i].amount);
    EXPECT_EQ(again[i].window, wanted->tiers[i].window);
  }
}

}  // namespace
}  // namespace ferry::medusa
