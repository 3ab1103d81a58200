#include "connectors/medusa/order_number.h"

#include <gmock/gmock.h>

#include "connectors/medusa/support/script.h"

namespace ferry::medusa {
namespace {

using namespace test;
using connector::OutboundItem;

OutboundItem item(const std::string& order, const std::string& number) {
  return {"1", R"({"order":")" + order + R"(","reference":"1","number":")" + number + R"(","state":"confirmed"})", ""};
}
json::object order(const std::string& id, const json::value& number) {
  return {{"id", id}, {"display_id", 1}, {"metadata", json::object{{"erp_order_number", number}, {"other", "kept"}}}};
}
connector::HttpReply orders(json::array rows) { return listed("orders", std::move(rows)); }
const connector::HttpReply kAccepted = ok(json::object{{"order", json::object{{"id", "order_1"}}}});

class MedusaOrderNumber : public testing::Test {
 protected:
  Played push(std::vector<OutboundItem> batch, std::vector<connector::HttpReply> replies) {
    batch_ = std::move(batch);
    return play(*make_order_number_push(settings_, batch_), std::move(replies));
  }
  const Settings settings_ = settings();
  std::vector<OutboundItem> batch_;
};

TEST_F(MedusaOrderNumber, LooksWritesItsOwnKeyAndReadsBack) {
  const auto played = push({item("order_1", "SO-1")}, {orders({order("order_1", nullptr)}), kAccepted,
                                                       orders({order("order_1", "SO-1")})});
  ASSERT_EQ(played.requests.size(), 3U);
  EXPECT_EQ(played.requests[1].body, R"({"metadata":{"erp_order_number":"SO-1"}})");
  EXPECT_EQ(played.pauses.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaOrderNumber, B5_ItsOwnEchoCausesNoWrite) {
  const auto played = push({item("order_1", "SO-1")}, {orders({order("order_1", "SO-1")})});
  EXPECT_EQ(played.requests.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaOrderNumber, ANumberThatDidNotStayIsWrittenAgain) {
  for (const auto& after : {orders({order("order_1", nullptr)}), orders({})})
    EXPECT_EQ(push({item("order_1", "SO-1")}, {orders({order("order_1", nullptr)}), kAccepted, after}).items[0].verdict,
              Verdict::retry);
}

TEST_F(MedusaOrderNumber, AnOrderThatIsNotThereIsAbsentAndOneWithoutIdSaysNothing) {
  EXPECT_EQ(push({item("order_1", "SO-1")}, {orders({})}).items[0].verdict, Verdict::absent);
  EXPECT_EQ(push({item("order_1", "SO-1")}, {orders({order("", nullptr)})}).items[0].verdict, Verdict::retry);
  const auto gone = refused(404, "not_found", "Order id not found: order_1");
  EXPECT_EQ(push({item("order_1", "SO-1")}, {orders({order("order_1", nullptr)}), gone}).items[0].verdict, Verdict::absent);
}

TEST_F(MedusaOrderNumber, OneLockedOrderWaitsAloneAndARefusedOneIsRejectedAlone) {
  const auto two = orders({order("order_1", nullptr), order("order_2", nullptr)});
  const auto locked = refused(400, "invalid_data", "Order (order_2) already has an existing active order change");
  const auto shown = orders({order("order_1", "SO-1")});
  for (const auto& [reply, verdict] :
       {std::pair(locked, Verdict::snooze), std::pair(refused(400, "invalid_data", "no"), Verdict::rejected)}) {
    const auto played = push({item("order_1", "SO-1"), item("order_2", "SO-2")}, {two, reply, kAccepted, shown});
    ASSERT_EQ(played.items.size(), 2U);
    EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
    EXPECT_EQ(played.items[1].verdict, verdict);
  }
}

TEST_F(MedusaOrderNumber, WhatWasNotSentAfterALostAnswerIsNotAmbiguous) {
  const auto two = orders({order("order_1", nullptr), order("order_2", nullptr)});
  const auto played = push({item("order_1", "SO-1"), item("order_2", "SO-2")}, {two, lost(true)});
  ASSERT_EQ(played.items.size(), 2U);
  EXPECT_EQ(played.items[0].verdict, Verdict::retry);
  EXPECT_EQ(played.items[1].verdict, Verdict::ambiguous);
}

TEST_F(MedusaOrderNumber, ANumberIsNeverTakenBackAndADocumentWithoutOneIsRejected) {
  const auto played = push({{"1", "", ""}, {"2", R"({"order":"order_1"})", ""}, item("order 1", "SO-1")}, {});
  EXPECT_TRUE(played.requests.empty());
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  EXPECT_EQ(played.items[1].verdict, Verdict::rejected);
  EXPECT_EQ(played.items[2].verdict, Verdict::rejected) << "no id";
}

// ---- what else the channel names a key for

OutboundItem told(const std::string& more) {
  return {"1", R"({"order":"order_1","reference":"1","number":"SO-1","state":"processing","shipments":[])" + more + "}", ""};
}
json::object shows(const json::object& metadata) { return {{"id", "order_1"}, {"display_id", 1}, {"metadata", metadata}}; }

class MedusaOrderTexts : public testing::Test {
 protected:
  MedusaOrderTexts() {
    settings_.order_state_key = "erp_state";
    settings_.order_invoices_key = "erp_invoices";
    settings_.order_cancelled_key = "erp_cancelled";
  }
  Played push(const OutboundItem& item, std::vector<connector::HttpReply> replies) {
    batch_ = {item};
    return play(*make_order_number_push(settings_, batch_), std::move(replies));
  }
  Settings settings_ = settings();
  std::vector<OutboundItem> batch_;
  const std::string both_ = R"(,"invoices":[{"number":"INV-1","date":"2026-11-30","kind":"invoice"}],"cancelled":[{"sku":"A","quantity":"2"}])";
  const json::object done_ = {{"erp_order_number", "SO-1"}, {"erp_state", "processing"}, {"erp_invoices", "INV-1 (2026-11-30)"},
                              {"erp_cancelled", "2 x A"}, {"other", "kept"}};
};

TEST_F(MedusaOrderTexts, AreWrittenWithTheNumberInOneRequest) {
  const auto played = push(told(both_), {orders({shows({})}), kAccepted, orders({shows(done_)})});
  ASSERT_EQ(played.requests.size(), 3U);
  EXPECT_EQ(played.requests[1].body, R"x({"metadata":{"erp_cancelled":"2 x A","erp_invoices":"INV-1 (2026-11-30)",)x"
                                     R"("erp_order_number":"SO-1","erp_state":"processing"}})");
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaOrderTexts, OnlyWhatDiffersIsWrittenAndWhatIsNoMoreIsTakenAway) {
  auto after = done_;
  after.erase("erp_cancelled");
  after.erase("erp_invoices");
  const auto played = push(told(""), {orders({shows(done_)}), kAccepted, orders({shows(after)})});
  ASSERT_EQ(played.requests.size(), 3U);
  EXPECT_EQ(played.requests[1].body, R"({"metadata":{"erp_cancelled":"","erp_invoices":""}})");
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(MedusaOrderTexts, ThatAreThereAlreadyOrHaveNoKeyAreNotWritten) {
  EXPECT_EQ(push(told(both_), {orders({shows(done_)})}).requests.size(), 1U);
  settings_ = settings();
  EXPECT_EQ(push(told(both_), {orders({shows({{"erp_order_number", "SO-1"}})})}).requests.size(), 1U);
}

}  // namespace
}  // namespace ferry::medusa
