#include "connectors/vendure/probe.h"

#include <gmock/gmock.h>

#include "connectors/vendure/support/script.h"

namespace ferry::vendure {
namespace {

using namespace test;
using testing::HasSubstr;

json::object entity(std::string_view name, json::array fields) {
  return {{"entityName", name}, {"customFields", std::move(fields)}};
}
json::object field(std::string_view name, std::string_view type) { return {{"name", name}, {"type", type}}; }

connector::HttpReply portal(json::array permissions, int precision = 2, const std::string& token = "t1",
                            const std::string& code = "__default_channel__") {
  const json::array entities = {entity("Order", {field("erpOrderNumber", "string")}),
                                entity("ProductVariant", {field("costPrice", "int"), field("note", "text")})};
  const json::array channels = {
      json::object{{"code", code}, {"token", token}, {"permissions", std::move(permissions)}}};
  const json::object data{
      {"me", json::object{{"channels", channels}}},
      {"activeChannel", json::object{{"pricesIncludeTax", false},
                                     {"defaultCurrencyCode", "EUR"},
                                     {"availableCurrencyCodes", json::array{"EUR", "JPY"}}}},
      {"globalSettings", json::object{{"serverConfig", json::object{{"moneyStrategyPrecision", precision},
                                                                    {"entityCustomFields", entities}}}}}};
  return ok(json::serialize(json::object{{"data", data}}));
}
connector::HttpReply locations() { return ok(R"({"data":{"stockLocations":{"items":[{"id":"1","name":"Main"}]}}})"); }
const json::array kAll = {"ReadCatalog", "UpdateCatalog", "ReadOrder", "UpdateOrder"};

ItemVerdict probe(const Settings& settings, std::vector<connector::HttpReply> replies) {
  const auto played = play(*make_probe(settings), std::move(replies));
  return played.items.empty() ? ItemVerdict{} : played.items.front();
}

TEST(VendureProbe, IsSatisfiedWithTheLeastPermissions) {
  EXPECT_EQ(probe(test::settings(), {portal(kAll), locations()}).verdict, Verdict::delivered);
  EXPECT_EQ(
      probe(test::settings(),
            {portal({"ReadProduct", "UpdateProduct", "ReadOrder", "UpdateOrder", "ReadStockLocation"}), locations()})
          .verdict,
      Verdict::delivered);
}

TEST(VendureProbe, NamesFieldsAndTheSettingToCorrect) {
  auto settings = test::settings();
  settings.order_number_field = "erpNr";
  settings.customer_code_field = "erpPartyCode";
  const auto verdict = probe(settings, {portal(kAll)});
  EXPECT_EQ(verdict.verdict, Verdict::rejected);
  EXPECT_THAT(verdict.reason, HasSubstr(R"(custom field "erpNr" of Order)"));
  EXPECT_THAT(verdict.reason, HasSubstr("setting customer_code_field"));
}

TEST(VendureProbe, NamesEachFieldOfTheOrderThatIsMissingAndAnAddressWithoutAPlaceForTheNumber) {
  auto settings = test::settings();
  settings.order_state_field = "erpStatus";
  settings.order_invoices_field = "erpInvoices";
  settings.order_cancelled_field = "erpCancelled";
  settings.order_invoice_url = "https://example.com/";
  const auto verdict = probe(settings, {portal(kAll)});
  EXPECT_EQ(verdict.verdict, Verdict::rejected);
  for (const auto* said : {R"("erpStatus" of Order)", "setting order_state_field", "setting order_invoices_field",
                           "setting order_cancelled_field", "order_invoice_url must have {number}"})
    EXPECT_THAT(verdict.reason, HasSubstr(said));
  settings.jobs = {"stock"};
  EXPECT_EQ(probe(settings, {portal(kAll), locations()}).verdict, Verdict::delivered) << "nobody needs them";
}

TEST(VendureProbe, RefusesMoneyOfAnotherPrecision) {
  EXPECT_THAT(probe(test::settings(), {portal(kAll, 3)}).reason, HasSubstr("3 decimals"));
}

TEST(VendureProbe, NamesAnUnknownStockLocation) {
  auto settings = test::settings();
  settings.stock_location = "WH9";
  EXPECT_THAT(probe(settings, {portal(kAll), locations()}).reason,
              HasSubstr(R"("WH9"; the setting stock_location may be one of "Main")"));
}

TEST(VendureProbe, LooksAtThePermissionsOfItsOwnChannel) {
  auto settings = test::settings();
  settings.channel_token = "t2";
  EXPECT_THAT(probe(settings, {portal(kAll)}).reason, HasSubstr("channel_token"));
  settings.channel_token = "t1";
  EXPECT_EQ(probe(settings, {portal(kAll), locations()}).verdict, Verdict::delivered);
  settings.channel_token = "";
  EXPECT_EQ(probe(settings, {portal(kAll, 2, "t1", "eu"), locations()}).verdict,
            Verdict::delivered);  // the user's only channel
}

TEST(VendureProbe, AsksForThePermissionsOfTheJobsInUseOnly) {
  auto settings = test::settings();
  settings.jobs = {"list_price"};
  EXPECT_EQ(probe(settings, {portal({"ReadCatalog", "UpdateCatalog"})}).verdict, Verdict::delivered);
  EXPECT_EQ(probe(settings, {portal({"ReadCatalog", "ReadOrder", "UpdateOrder"})}).reason,
            "the portal's user lacks the permissions UpdateCatalog; add them to its role");
  settings.jobs = {"intake"};
  EXPECT_EQ(probe(settings, {portal({"ReadOrder"})}).verdict, Verdict::delivered);
  settings.jobs = {"intake", "order_status"};
  EXPECT_THAT(probe(settings, {portal({"ReadOrder"})}).reason, HasSubstr("lacks the permissions UpdateOrder;"));
}

TEST(VendureProbe, DemandsWhatProductsNeed) {
  auto settings = test::settings();
  settings.jobs = {"product"};
  settings.product_fields = {{"unit", "erpUnit"}};
  const auto reason = probe(settings, {portal(kAll)}).reason;
  EXPECT_THAT(reason, HasSubstr("lacks the permissions CreateCatalog"));
  EXPECT_THAT(reason, HasSubstr(R"(custom field "erpId" of Product;)"));
  EXPECT_THAT(reason, HasSubstr(R"(custom field "erpUnit" of ProductVariant;)"));
  EXPECT_THAT(reason, HasSubstr("correct the setting product_fields"));
}

TEST(VendureProbe, DemandsWhatCustomersNeed) {
  auto settings = test::settings();
  settings.jobs = {"customer"};
  settings.customer_code_field = "erpPartyCode";
  settings.credit_hold_field = "hold";
  const auto reason = probe(settings, {portal({"ReadCustomer", "CreateCustomer", "UpdateCustomer"})}).reason;
  EXPECT_THAT(reason, HasSubstr("permissions ReadCustomerGroup, CreateCustomerGroup, UpdateCustomerGroup"));
  EXPECT_THAT(reason, HasSubstr("correct the setting customer_code_field"));
  EXPECT_THAT(reason, HasSubstr("correct the setting credit_hold_field"));
}

TEST(VendureProbe, ComparesWhatPricesHoldAndTheirCurrency) {
  auto settings = test::settings();
  settings.jobs = {"list_price"};
  settings.price_tax = "included";
  EXPECT_THAT(probe(settings, {portal(kAll)}).reason, HasSubstr("channel shows prices without tax"));
  settings.price_tax = "excluded";
  EXPECT_EQ(probe(settings, {portal(kAll)}).verdict, Verdict::delivered);
  settings.price_currency = "USD";
  EXPECT_THAT(probe(settings, {portal(kAll)}).reason, HasSubstr(R"(does not sell in "USD")"));
}

TEST(VendureProbe, DemandsACostFieldThatHoldsWholeNumbers) {
  auto settings = test::settings();
  settings.jobs = {"cost"};
  EXPECT_EQ(probe(settings, {portal(kAll)}).verdict, Verdict::delivered);
  settings.cost_field = "note";
  EXPECT_THAT(probe(settings, {portal(kAll)}).reason, HasSubstr(R"(of type "text"; the cost needs an int)"));
  settings.cost_field = "none";
  EXPECT_THAT(probe(settings, {portal(kAll)}).reason, HasSubstr(R"(custom field "none" of ProductVariant)"));
}

TEST(VendureProbe, MoneyOfAnotherPrecisionIsNoMatterWithoutOrders) {
  auto settings = test::settings();
  settings.jobs = {"list_price"};
  EXPECT_EQ(probe(settings, {portal(kAll, 3)}).verdict, Verdict::delivered);
}

TEST(VendureProbe, PassesOnThatThePortalIsAway) {
  EXPECT_EQ(probe(test::settings(), {lost(false)}).verdict, Verdict::retry);
}

}  // namespace
}  // namespace ferry::vendure
