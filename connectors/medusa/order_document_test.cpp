#include "connectors/medusa/order_document.h"

#include <gmock/gmock.h>

#include "connectors/medusa/support/script.h"

namespace ferry::medusa {
namespace {

using namespace test;

json::object line(const std::string& quantity, const std::string& total, const std::string& tax, const std::string& fulfilled) {
  return {{"id", "ordli_1"},
          {"title", "Cup"},
          {"variant_sku", "CUP"},
          {"raw_quantity", raw(quantity)},
          {"raw_total", raw(total)},
          {"raw_tax_total", raw(tax)},
          {"tax_lines", json::array{json::object{{"raw_rate", raw("19")}}}},
          {"detail", json::object{{"raw_fulfilled_quantity", raw(fulfilled)}}}};
}
json::object order() {
  return {{"id", "order_1"},
          {"display_id", 7},
          {"status", "pending"},
          {"payment_status", "captured"},
          {"currency_code", "eur"},
          {"created_at", "2026-11-28T16:17:25.450Z"},
          {"raw_total", raw("23.8238")},
          {"raw_tax_total", raw("3.8038")},
          {"items", json::array{line("2", "23.8238", "3.8038", "0")}}};
}

connector::PulledOrder read(const json::value& order) {
  const auto settings = test::settings();
  auto pulled = read_order(order, settings);
  EXPECT_TRUE(pulled);
  return pulled.value_or(connector::PulledOrder{});
}
json::value document(const json::value& order) { return json::parse(read(order).document); }
json::value first_line(const json::value& order) { return document(order).at("lines").at(0); }

TEST(MedusaOrder, RoundsExactAmountsToTheDigitsOfTheCurrency) {
  auto value = order();
  EXPECT_EQ(document(value).at("gross"), "23.82");
  EXPECT_EQ(document(value).at("net"), "20.02");
  value["currency_code"] = "jpy";
  EXPECT_EQ(document(value).at("gross"), "24");
  value["currency_code"] = "kwd";
  EXPECT_EQ(document(value).at("gross"), "23.824");
  value["raw_total"] = raw("0.125");
  value["raw_tax_total"] = raw("0");
  value["currency_code"] = "eur";
  EXPECT_EQ(document(value).at("gross"), "0.13") << "half away from zero, though the double of 0.125 is exact";
}

TEST(MedusaOrder, DividesTheUnitPriceExactly) {
  auto value = order();
  value["items"] = json::array{line("3", "10", "0", "0")};
  EXPECT_EQ(first_line(value).at("unit_price"), "3.3333");
  value["items"] = json::array{line("2.5", "-10", "0", "0")};
  EXPECT_EQ(first_line(value).at("unit_price"), "-4");
  value["items"] = json::array{line("1000000", "999999999999", "0", "0")};
  EXPECT_EQ(first_line(value).at("unit_price"), "1000000");
}

TEST(MedusaOrder, CountsAsOpenWhatIsNotFulfilled) {
  auto value = order();
  value["items"] = json::array{line("5", "10", "0", "2")};
  EXPECT_EQ(first_line(value).at("open_quantity"), "3");
  EXPECT_TRUE(read(value).open);
  value["items"] = json::array{line("5", "10", "0", "5")};
  EXPECT_EQ(first_line(value).at("open_quantity"), "0");
  EXPECT_FALSE(read(value).open) << "it holds nothing back and could be imported";
  value["payment_status"] = "not_paid";
  EXPECT_TRUE(read(value).open) << "its payment is still to be noticed: a capture moves no date";
}

TEST(MedusaOrder, ACancelledOneHoldsNothingBackAndIsNotImported) {
  auto value = order();
  value["status"] = "canceled";
  const auto pulled = read(value);
  EXPECT_TRUE(pulled.cancelled);
  EXPECT_FALSE(pulled.open);
  EXPECT_FALSE(pulled.acknowledged);
  EXPECT_EQ(pulled.state, "canceled");
  EXPECT_EQ(first_line(value).at("open_quantity"), "0");
}

TEST(MedusaOrder, IsAcknowledgedInTheChannelsPaymentStatesOrWhenItCostsNothing) {
  auto value = order();
  for (const auto& [state, is_acknowledged] : {std::pair("authorized", true), std::pair("captured", true),
                                               std::pair("not_paid", false), std::pair("refunded", false)}) {
    value["payment_status"] = state;
    EXPECT_EQ(read(value).acknowledged, is_acknowledged) << state;
    EXPECT_EQ(read(value).state, state);
  }
  value["payment_status"] = "not_paid";
  value["raw_total"] = raw("0");
  EXPECT_TRUE(read(value).acknowledged);
  value["raw_total"] = 0;
  EXPECT_FALSE(read(value).acknowledged) << "unreadable";
}

TEST(MedusaOrder, LeavesOutWhatWasTakenOutOfTheOrderButNotWhatCannotBeRead) {
  auto value = order();
  value["items"] = json::array{line("0", "0", "0", "0"), line("1", "10", "0", "0")};
  EXPECT_EQ(document(value).at("lines").as_array().size(), 1U);
  value["items"].as_array()[0].as_object()["raw_quantity"] = nullptr;
  const auto lines = document(value).at("lines").as_array();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].at("quantity"), "0") << "which the ERP reviews";
  EXPECT_EQ(lines[0].at("open_quantity"), "0");
}

TEST(MedusaOrder, IsLookedAtAgainWhileSomeNumberCannotBeRead) {
  auto value = order();
  value["items"] = json::array{line("5", "10", "0", "5")};
  ASSERT_FALSE(read(value).open);
  for (const auto* field : {"raw_total", "raw_tax_total"}) {
    auto unreadable = value;
    unreadable[field] = nullptr;
    EXPECT_TRUE(read(unreadable).open) << field;
  }
  for (const auto* field : {"raw_quantity", "raw_total", "raw_tax_total", "detail"}) {
    auto unreadable = value;
    unreadable["items"].as_array()[0].as_object()[field] = nullptr;
    EXPECT_TRUE(read(unreadable).open) << field;
  }
}

TEST(MedusaOrder, WhatTheCustomerWasCreditedIsANegativeSurcharge) {
  auto value = order();
  value["raw_credit_line_total"] = raw("5");
  value["raw_credit_line_tax_total"] = raw("0");
  EXPECT_EQ(document(value).at("surcharges").at(0).at("gross"), "-5");
}

TEST(MedusaOrder, GroupsOfTheCustomerAndTheSalesChannelAreThereWhereTheyAreAskedFor) {
  auto value = order();
  value["sales_channel"] = json::object{{"name", "B2B"}};
  value["customer"] = json::object{{"groups", json::array{json::object{{"name", "Dealers"}}}}};
  auto settings = test::settings();
  EXPECT_FALSE(json::parse(read_order(value, settings)->document).as_object().contains("channels"));
  settings.asks_for_groups = settings.asks_for_channels = true;
  const auto document = json::parse(read_order(value, settings)->document);
  EXPECT_EQ(json::serialize(document.at("channels")), R"(["B2B"])");
  EXPECT_EQ(json::serialize(document.at("customer").at("groups")), R"(["Dealers"])");
}

TEST(MedusaOrder, CustomersOwnNumberAndTaxIdentifierAreReadFromMetadata) {
  auto value = order();
  value["metadata"] = json::object{{"po_number", "PO 4711"}};
  value["customer"] = json::object{{"metadata", json::object{{"vat", "BE 0897.290.877"}}}};
  auto settings = test::settings();
  settings.tax_identifier_key = "";
  const auto without = json::parse(read_order(value, settings)->document);
  EXPECT_FALSE(without.as_object().contains("customer_reference"));
  EXPECT_FALSE(without.at("customer").as_object().contains("tax_identifier"));
  settings.customer_reference_key = "po_number";
  settings.tax_identifier_key = "vat";
  const auto with = json::parse(read_order(value, settings)->document);
  EXPECT_EQ(with.at("customer_reference"), "PO 4711");
  EXPECT_EQ(with.at("customer").at("tax_identifier"), "BE 0897.290.877");
}

TEST(MedusaOrder, D1_ADiscountIsTakenOffBeforeTheTax) {
  auto value = order();
  value["items"] = json::array{line("1", "88", "8", "0")};  // 100 less 20
  value["items"].as_array()[0].as_object()["tax_lines"] = json::array{json::object{{"raw_rate", raw("10")}}};
  value["raw_total"] = raw("88");
  value["raw_tax_total"] = raw("8");
  EXPECT_EQ(first_line(value).at("unit_price"), "80");
  EXPECT_EQ(first_line(value).at("tax_rate"), "10");
  EXPECT_EQ(document(value).at("gross"), "88");
}

TEST(MedusaOrder, CannotBeToldFromAnotherWithoutIdNumberOrDate) {
  const auto settings = test::settings();
  for (const auto* field : {"id", "display_id", "created_at"}) {
    auto value = order();
    value[field] = nullptr;
    EXPECT_FALSE(read_order(value, settings)) << field;
  }
}

TEST(MedusaOrder, AmountsBeyondAnyMoneyAreNone) {
  auto value = order();
  value["raw_total"] = raw("1000000000000");
  value["raw_tax_total"] = raw("-999999999999");
  EXPECT_EQ(document(value).at("gross"), "0");
  value["items"] = json::array{line("0.000001", "999999999999", "0", "0")};
  EXPECT_EQ(first_line(value).at("unit_price"), "0");
}

// The order as it is after all of the first of two lines came back, and one of the second, damaged: 23.8238 and 11.9119.
json::object returned_order() {
  auto value = order();
  auto first = line("2", "0", "0", "2"), second = line("2", "11.9119", "1.9019", "2");
  first["raw_return_received_total"] = raw("23.8238");
  second["id"] = "ordli_2";
  second["variant_sku"] = "MUG";
  second["raw_return_dismissed_total"] = raw("11.9119");
  value["items"] = json::array{first, second};
  value["raw_total"] = raw("11.9119");
  value["raw_tax_total"] = raw("1.9019");
  const auto item = [](const char* id, const char* quantity) {
    return json::object{{"item_id", id}, {"raw_received_quantity", raw(quantity)}};
  };
  value["returns"] = json::array{
      json::object{{"received_at", "2026-12-02T00:00:00.000Z"}, {"items", json::array{item("ordli_2", "1")}}},
      json::object{{"received_at", "2026-12-01T00:00:00.000Z"}, {"items", json::array{item("ordli_1", "2")}}},
      json::object{{"received_at", nullptr}, {"items", json::array{item("ordli_1", "1")}}}};
  return value;
}
json::object refund(const std::string& id, const std::string& amount, const std::string& at, const json::value& note = nullptr) {
  return {{"id", id}, {"raw_amount", raw(amount)}, {"created_at", at}, {"note", note}, {"refund_reason", nullptr}};
}
json::array paid_back(json::array refunds) {
  return {json::object{{"id", "paycol_1"},
                       {"payments", json::array{json::object{{"id", "pay_1"}, {"raw_amount", raw("47.65")}, {"refunds", std::move(refunds)}}}}}};
}

TEST(MedusaOrder, E15_WhatCameBackIsNoEditOfTheOrder) {
  auto sold = order();
  auto second = line("2", "23.8238", "3.8038", "2");
  second["id"] = "ordli_2";
  second["variant_sku"] = "MUG";
  sold["items"] = json::array{line("2", "23.8238", "3.8038", "2"), second};
  sold["raw_total"] = raw("47.6476");
  sold["raw_tax_total"] = raw("7.6076");
  EXPECT_EQ(document(returned_order()), document(sold));
}

TEST(MedusaOrder, E1_ARefundOfExactlyAReturnsAmountHasItsGoods) {
  auto value = returned_order();
  value["payment_collections"] = paid_back({refund("ref_3", "11.91", "2026-12-04T00:00:00.000Z"),
                                            refund("ref_1", "23.8238", "2026-12-03T00:00:00.000Z", "too small"),
                                            refund("ref_2", "23.82", "2026-12-03T00:00:01.000Z")});
  const auto refunds = document(value).at("refunds").as_array();
  ASSERT_EQ(refunds.size(), 3U);
  EXPECT_EQ(json::serialize(refunds[0]),
            R"({"refund":"ref_1","at":"2026-12-03T00:00:00.000000Z","reason":"too small","gross":"23.82","shipping":"0",)"
            R"("lines":[{"line":"ordli_1","sku":"CUP","quantity":"2"}]})");
  EXPECT_EQ(json::serialize(refunds[1].at("lines")), "[]") << "the return was paid back already";
  EXPECT_EQ(json::serialize(refunds[2].at("lines")), R"([{"line":"ordli_2","sku":"MUG","quantity":"1"}])");
}

TEST(MedusaOrder, ARefundWithoutIdIsNotTakenForANewOneEachTime) {
  auto value = returned_order();
  value["payment_collections"] = paid_back({refund("", "20", "2026-12-03T00:00:00.000Z")});
  EXPECT_FALSE(document(value).as_object().contains("refunds"));
}

TEST(MedusaOrder, ARefundOfAnotherAmountOrBeforeTheReturnIsMoneyAlone) {
  auto value = returned_order();
  value["payment_collections"] = paid_back({refund("ref_1", "20", "2026-12-03T00:00:00.000Z"),
                                            refund("ref_2", "11.9119", "2026-12-01T12:00:00.000Z")});
  const auto refunds = document(value).at("refunds").as_array();
  ASSERT_EQ(refunds.size(), 2U);
  for (const auto& shown : refunds) EXPECT_EQ(json::serialize(shown.at("lines")), "[]");
}

// The ERP's own return, entered there by us: what is paid back of just its amount for another reason is not for its goods.
TEST(MedusaOrder, OurOwnReturnIsNobodysGoods) {
  auto value = returned_order();
  value.at("returns").at(1).as_object()["metadata"] = json::object{{"erp_return", "55"}};
  value["payment_collections"] = paid_back({refund("ref_1", "23.82", "2026-12-03T00:00:00.000Z", "Damaged [55]"),
                                            refund("ref_2", "23.82", "2026-12-04T00:00:00.000Z", "goodwill"),
                                            refund("ref_3", "11.91", "2026-12-04T00:00:01.000Z")});
  const auto refunds = document(value).at("refunds").as_array();
  ASSERT_EQ(refunds.size(), 3U);
  EXPECT_EQ(refunds[0].at("reason"), "Damaged [55]");
  for (const std::size_t i : {0U, 1U}) EXPECT_EQ(json::serialize(refunds[i].at("lines")), "[]");
  EXPECT_EQ(json::serialize(refunds[2].at("lines")), R"([{"line":"ordli_2","sku":"MUG","quantity":"1"}])");
}

// Medusa makes a credit line of what is paid back beyond what came back.
TEST(MedusaOrder, ARefundDoesNotCountTwiceAsACredit) {
  auto value = order();
  value["raw_total"] = raw("16.8238");
  value["raw_credit_line_total"] = raw("7");
  value["raw_credit_line_tax_total"] = raw("0");
  auto reasoned = refund("ref_2", "2", "2026-12-02T00:00:00.000Z", "late [SO-9]");
  reasoned["refund_reason"] = json::object{{"label", "Goodwill"}, {"code", "goodwill"}};
  value["payment_collections"] = paid_back({refund("ref_1", "3", "2026-12-01T00:00:00.000Z"), reasoned});
  const auto credit = [](const char* reference, const char* id, const char* amount) {
    return json::object{{"reference", reference}, {"reference_id", id}, {"raw_amount", raw(amount)}};
  };
  value["credit_lines"] = json::array{credit("payment_collection", "paycol_1", "3"), credit("Goodwill", "goodwill", "2"),
                                      credit("gift-card", "GIFT", "2")};
  const auto shown = document(value);
  EXPECT_EQ(shown.at("gross"), "21.82") << "23.82 less the gift card";
  EXPECT_EQ(shown.at("net"), "18.02");
  ASSERT_EQ(shown.at("surcharges").as_array().size(), 1U);
  EXPECT_EQ(shown.at("surcharges").at(0).at("gross"), "-2");
  EXPECT_EQ(shown.at("refunds").at(1).at("reason"), "Goodwill: late [SO-9]");
  value["credit_lines"] = json::array{credit("payment_collection", "paycol_1", "7")};
  EXPECT_EQ(document(value).at("surcharges").at(0).at("gross"), "-2") << "no more than was refunded";
  // of which an earlier version of the order is listed too
  value["raw_credit_line_total"] = raw("3");
  value["credit_lines"] = json::array{credit("payment_collection", "paycol_1", "3"), credit("payment_collection", "paycol_1", "3")};
  EXPECT_TRUE(document(value).at("surcharges").as_array().empty());
}

TEST(MedusaOrder, RefundedAltogetherAndDeliveredItIsNotLookedAtForEver) {
  auto value = order();
  value["payment_status"] = "refunded";
  value["items"] = json::array{line("2", "23.8238", "3.8038", "2")};
  EXPECT_FALSE(read(value).open);
  value["items"] = json::array{line("2", "23.8238", "3.8038", "0")};
  EXPECT_TRUE(read(value).open) << "the portal still holds it back";
}

}  // namespace
}  // namespace ferry::medusa
