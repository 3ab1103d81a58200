#include "connectors/vendure/order_document.h"

#include <gmock/gmock.h>

#include "connectors/vendure/support/script.h"

namespace ferry::vendure {
namespace {

json::object line(int quantity, std::int64_t net, std::int64_t gross) {
  return {{"id", "7"},
          {"quantity", quantity},
          {"proratedLinePrice", net},
          {"proratedLinePriceWithTax", gross},
          {"taxRate", 20},
          {"productVariant", {{"sku", "A"}, {"name", "Cup"}}},
          {"fulfillmentLines", nullptr}};
}

class VendureOrderDocument : public testing::Test {
 protected:
  connector::PulledOrder read() {
    const auto pulled = read_order(order_, settings_);
    EXPECT_TRUE(pulled);
    return pulled.value_or(connector::PulledOrder{});
  }
  json::value document() { return json::parse(read().document); }

  Settings settings_ = test::settings();
  json::object order_{{"id", "1"},
                      {"code", "C1"},
                      {"state", "PaymentSettled"},
                      {"orderPlacedAt", "2026-11-21T02:19:28.298Z"},
                      {"total", 1234}};
};

TEST_F(VendureOrderDocument, UnitPriceIsTheLinesNetDividedAndRoundedToFourDigits) {
  order_["lines"] = json::array{line(3, 2708, 3250), line(3, -1000, -1200), line(7, 100, 120)};
  const auto lines = document().at("lines").as_array();
  EXPECT_EQ(lines[0].at("unit_price"), "9.0267");
  EXPECT_EQ(lines[0].at("net"), "27.08");
  EXPECT_EQ(lines[1].at("unit_price"), "-3.3333");
  EXPECT_EQ(lines[2].at("unit_price"), "0.1429");
}

TEST_F(VendureOrderDocument, FulfilledPartsAreNoLongerHeldBackExceptByCancelledFulfilments) {
  auto one = line(5, 5000, 6000);
  one["fulfillmentLines"] = {{{"quantity", 2}, {"fulfillment", {{"state", "Shipped"}}}},
                             {{"quantity", 1}, {"fulfillment", {{"state", "Cancelled"}}}},
                             {{"quantity", 1}, {"fulfillment", {{"state", "Pending"}}}}};
  order_["lines"] = json::array{one};
  EXPECT_EQ(document().at("lines").at(0).at("open_quantity"), "2");
  EXPECT_EQ(document().at("lines").at(0).at("quantity"), "5");
}

TEST_F(VendureOrderDocument, NumbersThatNoPortalCanMeanAreBoundedAndNeverOverflow) {
  for (const auto huge : {INT64_MAX, INT64_MIN, INT64_MIN + 1, std::int64_t{1} << 54}) {
    auto one = line(1, huge, huge / -2);
    one["quantity"] = INT64_MAX;
    one["fulfillmentLines"] = json::array{
        json::object{{"quantity", INT64_MAX}}, json::object{{"quantity", INT64_MAX}}, json::object{{"quantity", huge}}};
    order_["lines"] = json::array{one, one};
    order_["total"] = huge;
    order_["shippingLines"] = json::array{
        json::object{{"discountedPrice", huge}, {"discountedPriceWithTax", huge / -2}},
        json::object{{"discountedPrice", 1}, {"discountedPriceWithTax", std::int64_t{1} << 52}}};
    const auto read = document();
    EXPECT_EQ(read.at("net"), "0");
    EXPECT_EQ(read.at("lines").at(0).at("quantity"), "2147483647");
    EXPECT_EQ(read.at("lines").at(0).at("open_quantity"), "0");
    EXPECT_EQ(read.at("shipping").at(1).at("tax_rate"), "0");
  }
}

TEST_F(VendureOrderDocument, CancelledLinesAreLeftOut) {
  order_["lines"] = json::array{line(0, 0, 0), line(1, 100, 120)};
  EXPECT_EQ(document().at("lines").as_array().size(), 1U);
}

// `fulfilled` of the line, of which `left` are not cancelled.
json::object sent_line(int left, int fulfilled, json::object amounts) {
  auto one = line(left, 0, 0);
  for (auto& [name, value] : amounts) one[name] = value;
  one["fulfillmentLines"] = json::array{json::object{{"quantity", fulfilled}, {"fulfillment", {{"state", "Delivered"}}}}};
  return one;
}

TEST_F(VendureOrderDocument, WhatIsCancelledAfterItWasFulfilledStaysForTheRefundToTell) {
  // 10 at 10.01, of which 3 came back
  order_["lines"] = json::array{sent_line(7, 10, {{"proratedUnitPrice", 1001}, {"proratedUnitPriceWithTax", 1201},
                                                  {"proratedLinePrice", 7007}, {"proratedLinePriceWithTax", 8408}})};
  order_["total"] = 7007;
  order_["totalWithTax"] = 8408;
  const auto read = document();
  const auto& told = read.at("lines").at(0);
  EXPECT_EQ(told.at("quantity"), "10");
  EXPECT_EQ(told.at("returned"), "3");
  EXPECT_EQ(told.at("open_quantity"), "0");
  EXPECT_EQ(told.at("unit_price"), "10.01");
  EXPECT_EQ(told.at("net"), "100.1");
  EXPECT_EQ(told.at("gross"), "120.12");
  EXPECT_EQ(read.at("net"), "100.1");
  EXPECT_EQ(read.at("gross"), "120.12");
}

TEST_F(VendureOrderDocument, OfALineThatCameBackWholeThePriceOfAPieceIsTold) {
  order_["lines"] = json::array{sent_line(0, 3, {{"proratedUnitPrice", 1001}, {"proratedUnitPriceWithTax", 1201}})};
  order_["total"] = 500;
  order_["totalWithTax"] = 600;
  order_["state"] = "Cancelled";
  const auto read = document();
  EXPECT_EQ(read.at("lines").at(0).at("quantity"), "3");
  EXPECT_EQ(read.at("lines").at(0).at("returned"), "3");
  EXPECT_EQ(read.at("lines").at(0).at("gross"), "36.04");
  EXPECT_EQ(read.at("gross"), "42.04");
  EXPECT_EQ(read.at("net"), "35.03");
}

TEST_F(VendureOrderDocument, PricesWithTaxAndDiscountedOnesAreToldAsNearAsThePortalDoes) {
  // 12.01 with tax, whose net is 10.00833…
  order_["lines"] = json::array{sent_line(7, 10, {{"proratedUnitPrice", 1001}, {"proratedUnitPriceWithTax", 1201},
                                                  {"proratedLinePrice", 7006}, {"proratedLinePriceWithTax", 8407}}),
                                // 10.01 less a twentieth, 9.5095
                                sent_line(2, 4, {{"proratedUnitPrice", 951}, {"proratedUnitPriceWithTax", 1141},
                                                 {"proratedLinePrice", 1902}, {"proratedLinePriceWithTax", 2282}}),
                                sent_line(1, 2, {{"proratedUnitPrice", 5}, {"proratedUnitPriceWithTax", 5},
                                                 {"proratedLinePrice", 951}, {"proratedLinePriceWithTax", 1141}})};
  const auto lines = document().at("lines").as_array();
  EXPECT_EQ(lines[0].at("gross"), "120.1");
  EXPECT_EQ(lines[0].at("net"), "100.08");
  EXPECT_EQ(lines[1].at("net"), "38.04");
  EXPECT_EQ(lines[2].at("net"), "19.02") << "the line's own amounts count";
}

TEST_F(VendureOrderDocument, WhatIsCancelledBeforeItIsFulfilledIsNoReturn) {
  order_["total"] = order_["totalWithTax"] = 5000;
  // six of ten were cancelled; four, two or none of the others have left; so has a parcel that was cancelled
  for (const int sent : {4, 2, 0}) {
    auto one = sent_line(4, sent, {{"proratedLinePrice", 4000}, {"proratedLinePriceWithTax", 4800}});
    one.at("fulfillmentLines").as_array().push_back(json::object{{"quantity", 6}, {"fulfillment", {{"state", "Cancelled"}}}});
    order_["lines"] = json::array{one};
    const auto read = document();
    EXPECT_EQ(read.at("lines").at(0).at("quantity"), "4");
    EXPECT_EQ(read.at("lines").at(0).at("open_quantity").as_string(), std::to_string(4 - sent));
    EXPECT_FALSE(read.at("lines").at(0).as_object().contains("returned"));
    EXPECT_EQ(read.at("gross"), "50");
  }
}

TEST_F(VendureOrderDocument, WhatCameBackCannotOverflowEither) {
  for (const auto huge : {INT64_MAX, INT64_MIN, std::int64_t{1} << 53, -(std::int64_t{1} << 53)}) {
    auto one = sent_line(1, 5, {{"proratedUnitPrice", huge}, {"proratedUnitPriceWithTax", huge / -2},
                                {"proratedLinePrice", huge}, {"proratedLinePriceWithTax", huge / 3}});
    one["taxRate"] = 1000;
    one.at("fulfillmentLines").at(0).as_object()["quantity"] = INT64_MAX;
    order_["lines"] = json::array{one, one};
    order_["total"] = huge;
    const auto read = document();
    EXPECT_EQ(read.at("lines").at(0).at("returned"), "2147483646");
    EXPECT_LE(std::string(read.at("net").as_string()).size(), 18U);
  }
}

TEST_F(VendureOrderDocument, StatesDecideWhatIsImportedWatchedAndCancelled) {
  struct Expected {
    const char* state;
    bool acknowledged, open, cancelled;
  };
  order_["lines"] = json::array{line(1, 100, 120)};
  for (const auto& expected :
       {Expected{"PaymentAuthorized", true, true, false}, Expected{"PaymentSettled", true, true, false},
        Expected{"ArrangingAdditionalPayment", false, true, false}, Expected{"Modifying", false, true, false},
        Expected{"PartiallyShipped", false, true, false}, Expected{"Delivered", false, false, false},
        Expected{"Cancelled", false, false, true}}) {
    order_["state"] = expected.state;
    const auto pulled = read();
    EXPECT_EQ(pulled.acknowledged, expected.acknowledged) << expected.state;
    EXPECT_EQ(pulled.open, expected.open) << expected.state;
    EXPECT_EQ(pulled.cancelled, expected.cancelled) << expected.state;
  }
}

TEST_F(VendureOrderDocument, ShippedOrderIsWatchedOnlyWhileSomethingIsOpen) {
  order_["state"] = "Shipped";
  auto one = line(1, 100, 120);
  order_["lines"] = json::array{one};
  EXPECT_TRUE(read().open);
  one["fulfillmentLines"] = json::array{json::object{{"quantity", 1}, {"fulfillment", {{"state", "Shipped"}}}}};
  order_["lines"] = json::array{one};
  EXPECT_FALSE(read().open);
}

TEST_F(VendureOrderDocument, ChannelsOwnStatesReplaceTheDefault) {
  settings_.order_states = {"Acknowledged"};
  EXPECT_FALSE(read().acknowledged);
  order_["state"] = "Acknowledged";
  EXPECT_TRUE(read().acknowledged);
}

TEST_F(VendureOrderDocument, RateOfShippingIsTheOrdersRateThatExplainsItsTax) {
  order_["shippingLines"] = {{{"discountedPrice", 500}, {"discountedPriceWithTax", 535}},
                             {{"discountedPrice", 500}, {"discountedPriceWithTax", 500}},
                             {{"discountedPrice", 500}, {"discountedPriceWithTax", 550}},
                             {{"discountedPrice", 333}, {"discountedPriceWithTax", 359}}};
  order_["taxSummary"] = {{{"taxRate", 20}}, {{"taxRate", 7}}, {{"taxRate", 7.7}}};
  const auto shipping = document().at("shipping").as_array();
  EXPECT_EQ(shipping[0].at("tax_rate"), "7");
  EXPECT_EQ(shipping[1].at("tax_rate"), "0");
  EXPECT_EQ(shipping[2].at("tax_rate"), "10");
  EXPECT_EQ(shipping[3].at("tax_rate"), "7.7");
}

TEST_F(VendureOrderDocument, InvoiceGoesToTheDeliveryAddressWhereThereIsNoOther) {
  order_["shippingAddress"] = {
      {"fullName", "Ada"}, {"streetLine1", "Gasse 1"}, {"streetLine2", nullptr}, {"countryCode", "DE"}};
  order_["billingAddress"] = {{"fullName", nullptr}, {"streetLine1", nullptr}};
  EXPECT_EQ(document().at("invoice_address"), document().at("delivery_address"));
  EXPECT_EQ(document().at("invoice_address").at("street"), "Gasse 1");
  EXPECT_EQ(document().at("customer").at("name"), "Ada");
  order_["billingAddress"] = {{"fullName", "Babbage Ltd"}};
  EXPECT_EQ(document().at("invoice_address").at("name"), "Babbage Ltd");
}

TEST_F(VendureOrderDocument, CustomersCodeIsReadFromTheNamedField) {
  order_["customer"] = {{"firstName", "Ada"},
                        {"lastName", "Byron"},
                        {"emailAddress", "Ada@Example.COM"},
                        {"customFields", {{"erpPartyCode", "42"}}}};
  EXPECT_TRUE(document().at("customer").at("erp_code").is_null());
  settings_.customer_code_field = "erpPartyCode";
  EXPECT_EQ(document().at("customer").at("erp_code"), "42");
  EXPECT_EQ(document().at("customer").at("email"), "ada@example.com");
}

TEST_F(VendureOrderDocument, GroupsOfTheCustomerAndChannelsOfTheOrderAreThereWhereTheyAreAskedFor) {
  order_["channels"] = json::array{json::object{{"code", "__default_channel__"}}, json::object{{"code", "b2b"}}};
  order_["customer"] = {{"groups", json::array{json::object{{"name", "Dealers"}}}}};
  EXPECT_FALSE(document().as_object().contains("channels"));
  EXPECT_FALSE(document().at("customer").as_object().contains("groups"));
  settings_.asks_for_groups = settings_.asks_for_channels = true;
  EXPECT_EQ(json::serialize(document().at("channels")), R"(["__default_channel__","b2b"])");
  EXPECT_EQ(json::serialize(document().at("customer").at("groups")), R"(["Dealers"])");
  order_["customer"] = nullptr;
  EXPECT_EQ(json::serialize(document().at("customer").at("groups")), "[]");
}

TEST_F(VendureOrderDocument, CustomersOwnNumberAndTaxIdentifierAreReadFromTheNamedFields) {
  order_["customFields"] = {{"poNumber", "PO\n4711"}};
  order_["customer"] = {{"customFields", {{"vat", "BE 0897.290.877"}}}};
  EXPECT_FALSE(document().as_object().contains("customer_reference"));
  EXPECT_FALSE(document().at("customer").as_object().contains("tax_identifier"));
  settings_.customer_reference_field = "poNumber";
  settings_.tax_identifier_field = "vat";
  EXPECT_EQ(document().at("customer_reference"), "PO 4711");
  EXPECT_EQ(document().at("customer").at("tax_identifier"), "BE 0897.290.877");
  order_["customFields"] = {{"poNumber", nullptr}};
  EXPECT_FALSE(document().as_object().contains("customer_reference"));
}

TEST_F(VendureOrderDocument, D1_ADiscountIsTakenOffBeforeTheTax) {
  auto one = line(1, 8000, 8800);  // 100 less 20
  one["taxRate"] = 10;
  order_["lines"] = json::array{one};
  order_["payments"] = json::array{json::object{{"method", "gift-card"}, {"state", "Settled"}, {"amount", 8800}}};
  order_["total"] = 8000;
  order_["totalWithTax"] = 8800;
  const auto read = document();
  EXPECT_EQ(read.at("lines").at(0).at("unit_price"), "80");
  EXPECT_EQ(read.at("gross"), "88");
  EXPECT_EQ(read.at("surcharges").as_array().size(), 0U) << "what a gift card pays is no part of the price";
  EXPECT_EQ(read.at("payments").at(0).at("amount"), "88");
}

TEST_F(VendureOrderDocument, TextsAreBoundedAndHaveNoControlCharacters) {
  std::string name;
  for (int i = 0; i < 300; ++i) name += "ü";
  order_["shippingAddress"] = {{"fullName", name}, {"city", "a\nb\tc"}};
  EXPECT_EQ(document().at("delivery_address").at("name").as_string().size(), 510U);
  EXPECT_EQ(document().at("delivery_address").at("city"), "a b c");
}

TEST_F(VendureOrderDocument, OddFieldsBecomeEmptyAndNeverThrow) {
  order_ = {{"id", 5},
            {"code", "C"},
            {"state", 7},
            {"orderPlacedAt", "yesterday"},
            {"total", "12"},
            {"customer", nullptr},
            {"lines", {1, nullptr, {{"quantity", 2}, {"taxRate", 1e300}}}},
            {"shippingLines", "x"},
            {"payments", {{{"amount", 9223372036854775807}}, {{"amount", 9007199254740992}}}},
            {"shippingAddress", json::array{}}};
  const auto pulled = read();
  EXPECT_EQ(pulled.portal_id, "5");
  EXPECT_EQ(pulled.placed_at, Instant{});
  const auto parsed = json::parse(pulled.document);
  EXPECT_EQ(parsed.at("gross"), "0");
  EXPECT_EQ(parsed.at("lines").at(0).at("unit_price"), "0");
  EXPECT_EQ(parsed.at("payments").at(0).at("amount"), "0");
  EXPECT_EQ(parsed.at("payments").at(1).at("amount"), "90071992547409.92");
}

TEST_F(VendureOrderDocument, OrderWithoutIdentityIsNone) {
  order_.erase("code");
  EXPECT_FALSE(read_order(order_, settings_));
  EXPECT_FALSE(read_order(json::value(nullptr), settings_));
}

}  // namespace
}  // namespace ferry::vendure
