#include "connectors/medusa/goods_return.h"

#include <gmock/gmock.h>

#include "connectors/medusa/order_status.h"
#include "connectors/medusa/support/script.h"

namespace ferry::medusa {
namespace {

using namespace test;
using connector::HttpReply;
using connector::OutboundItem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

OutboundItem back(const std::string& goods = R"({"sku":"A","quantity":"3"})", const std::string& more = "") {
  return {"7",
          R"({"order":"order_1","reference":"7","number":"SO-1","state":"done","shipments":[],"refunds":[{"number":"R-1","total":"12",)"
          R"("currency":"EUR","reason":"Damaged","lines":[)" + goods + "]}" + more + "]}",
          ""};
}

struct Line {
  std::string id, sku, fulfilled = "10", requested = "0", received = "0";
};
struct Shown {
  std::string status, number = "R-1", id = "return_1";
  int pieces = 0;
};

json::object order_with(const std::vector<Line>& lines, const std::vector<Shown>& returns, const std::string& note = "") {
  json::array items, list, refunds;
  for (const auto& line : lines) {
    items.push_back(json::object{{"id", line.id}, {"variant_sku", line.sku},
                                 {"detail", json::object{{"raw_fulfilled_quantity", raw(line.fulfilled)},
                                                         {"raw_return_requested_quantity", raw(line.requested)},
                                                         {"raw_return_received_quantity", raw(line.received)},
                                                         {"raw_return_dismissed_quantity", raw("0")}}}});
  }
  for (const auto& one : returns) {
    json::array parts;
    if (one.pieces > 0) parts.push_back(json::object{{"item_id", "ordli_1"}, {"raw_quantity", raw(std::to_string(one.pieces))}});
    json::value metadata = nullptr;
    if (!one.number.empty()) metadata = json::object{{"erp_return", one.number}};
    list.push_back(json::object{{"id", one.id}, {"status", one.status}, {"metadata", metadata}, {"items", std::move(parts)}});
  }
  if (!note.empty()) refunds.push_back(json::object{{"note", note}});
  return {{"id", "order_1"},
          {"status", "pending"},
          {"items", std::move(items)},
          {"returns", std::move(list)},
          {"fulfillments", json::array{json::object{{"id", "ful_0"}, {"location_id", "sloc_0"}, {"canceled_at", "2026-11-29T20:00:00Z"}},
                                       json::object{{"id", "ful_1"}, {"location_id", "sloc_1"}, {"canceled_at", nullptr}}}},
          {"payment_collections", json::array{json::object{{"payments", json::array{json::object{{"refunds", std::move(refunds)}}}}}}}};
}
const Line kLine{"ordli_1", "A"};
HttpReply shown(const std::vector<Shown>& returns, const Line& line = kLine, const std::string& note = "") {
  return listed("orders", {order_with({line}, returns, note)});
}
const HttpReply kDone = ok(json::object{{"return", json::object{{"id", "return_1"}}}});
const HttpReply kRefused = test::refused(400, "invalid_data", "An active Order Change is required to proceed");

class MedusaGoodsReturn : public testing::Test {
 protected:
  Played push(OutboundItem item, std::vector<HttpReply> replies) {
    items_ = {std::move(item)};
    auto played = play(*make_goods_return_push(settings_, items_), std::move(replies));
    written_.clear();
    for (const auto& request : played.requests) {
      if (request.method != "GET") written_.push_back(request.method + " " + request.target + (request.body.empty() ? "" : " " + request.body));
    }
    return played;
  }
  Settings settings_ = settings();
  std::vector<OutboundItem> items_;
  std::vector<std::string> written_;  // by the last push
};

constexpr const char* kMake =
    R"(POST /admin/returns {"order_id":"order_1","metadata":{"erp_return":"R-1"},"internal_note":"Damaged [R-1]","no_notification":true,"location_id":"sloc_1"})";
constexpr const char* kName = R"(POST /admin/returns/return_1/request-items {"items":[{"id":"ordli_1","quantity":3}]})";
constexpr const char* kAsk = "POST /admin/returns/return_1/request {}";
constexpr const char* kReceive = "POST /admin/returns/return_1/receive {}";
constexpr const char* kTake = R"(POST /admin/returns/return_1/dismiss-items {"items":[{"id":"ordli_1","quantity":3}]})";
constexpr const char* kConfirm = "POST /admin/returns/return_1/receive/confirm {}";
constexpr const char* kDropRequest = "DELETE /admin/returns/return_1/request";
constexpr const char* kDropReceipt = "DELETE /admin/returns/return_1/receive";
const Shown kOpen{"open"}, kAsked{"requested", "R-1", "return_1", 3}, kTaken{"received", "R-1", "return_1", 3};

TEST_F(MedusaGoodsReturn, IsMadeAskedForAndReceivedWithTheNumberOfTheErpsReturn) {
  const auto played = push(back(), {shown({}), kDone, shown({kOpen}), kDone, shown({kOpen}), kDone, shown({kAsked}), kDone, shown({kAsked}),
                                    kDone, shown({kAsked}), kDone, shown({kTaken})});
  EXPECT_THAT(written_, ElementsAre(kMake, kName, kAsk, kReceive, kTake, kConfirm));
  EXPECT_EQ(played.items.at(0).verdict, Verdict::delivered);
  EXPECT_EQ(push(back(), {shown({kTaken})}).items.at(0).verdict, Verdict::delivered);
  EXPECT_THAT(written_, IsEmpty()) << "it is there";
}

// Each write is under way once: what shows as begun is given up, and all of it is done anew.
TEST_F(MedusaGoodsReturn, WhoseAnswerWasLostIsBegunAnewAndNeverCountedTwice) {
  for (const auto& replies : std::vector<std::vector<HttpReply>>{
           {shown({}), lost(true)},
           {shown({}), kDone, shown({kOpen}), lost(true)},
           {shown({}), kDone, shown({kOpen}), kDone, shown({kOpen}), lost(true)}}) {
    EXPECT_EQ(push(back(), replies).items.at(0).verdict, Verdict::ambiguous);
  }
  EXPECT_EQ(push(back(), {shown({kOpen}), kDone, shown({}), kDone, shown({kOpen}), kDone, shown({kOpen}), kDone, shown({kAsked}), kDone,
                          shown({kAsked}), kDone, shown({kAsked}), kDone, shown({kTaken})})
                .items.at(0)
                .verdict,
            Verdict::delivered);
  EXPECT_THAT(written_, ElementsAre(kDropRequest, kMake, kName, kAsk, kReceive, kTake, kConfirm));
  // it was asked for; what was begun of its receipt is given up, or nothing was
  for (const auto& dropped : {kDone, kRefused}) {
    EXPECT_EQ(push(back(), {shown({kAsked}), dropped, shown({kAsked}), kDone, shown({kAsked}), kDone, shown({kAsked}), kDone, shown({kTaken})})
                  .items.at(0)
                  .verdict,
              Verdict::delivered);
    EXPECT_THAT(written_, ElementsAre(kDropReceipt, kReceive, kTake, kConfirm));
  }
  EXPECT_EQ(push(back(), {shown({kAsked}), kDone, shown({kAsked}), kDone, shown({kAsked}), lost(true)}).items.at(0).verdict, Verdict::ambiguous);
}

TEST_F(MedusaGoodsReturn, OfMoreThanWasSentAndIsOnNoOtherReturnIsOfWhatIsLeft) {
  push(back(), {shown({}, {"ordli_1", "A", "5", "1", "2"}), kDone, shown({kOpen}, {"ordli_1", "A", "5", "1", "2"})});
  ASSERT_EQ(written_.size(), 2U);
  EXPECT_THAT(written_[1], HasSubstr(R"([{"id":"ordli_1","quantity":2}])"));
  const Shown by_hand{"received", "", "return_9", 3};
  for (const auto& [returns, line] : std::vector<std::pair<std::vector<Shown>, Line>>{
           {{by_hand}, {"ordli_1", "A", "3", "0", "3"}}, {{}, {"ordli_1", "A", "0"}}, {{}, {"ordli_1", "B"}}}) {
    EXPECT_EQ(push(back(), {shown(returns, line)}).items.at(0).verdict, Verdict::delivered);
    EXPECT_THAT(written_, IsEmpty());
  }
  EXPECT_EQ(push(back(""), {shown({})}).items.at(0).verdict, Verdict::delivered) << "money alone";
  EXPECT_THAT(written_, IsEmpty());
}

TEST_F(MedusaGoodsReturn, TakesASkuFromSeveralLinesAndOneReturnAfterTheOther) {
  const std::vector<Line> lines{{"ordli_1", "A", "2"}, {"ordli_2", "A", "2"}};
  push(back(), {listed("orders", {order_with(lines, {})}), kDone, listed("orders", {order_with(lines, {kOpen})})});
  EXPECT_THAT(written_.at(1), HasSubstr(R"([{"id":"ordli_1","quantity":2},{"id":"ordli_2","quantity":1}])"));
  push(back(R"({"sku":"A","quantity":"3"})", R"(,{"number":"R-2","total":"4","currency":"EUR","lines":[{"sku":"A","quantity":"1"}]})"),
       {shown({kTaken}, {"ordli_1", "A", "10", "0", "3"})});
  EXPECT_THAT(written_, ElementsAre(HasSubstr(R"({"erp_return":"R-2"})")));
}

TEST_F(MedusaGoodsReturn, OneThatIsReceivedAndNotPaidYetDoesNotHoldUpTheNext) {
  const Line line{"ordli_1", "A", "10", "0", "3"};
  const Shown next{"open", "R-2", "return_2"};
  push(back(R"({"sku":"A","quantity":"3"})", R"(,{"number":"R-2","total":"4","currency":"EUR","lines":[{"sku":"A","quantity":"1"}]})"),
       {shown({kTaken}, line), kDone, shown({kTaken, next}, line), kDone, shown({kTaken, next}, line)});
  ASSERT_EQ(written_.size(), 3U);
  EXPECT_EQ(written_[1], R"(POST /admin/returns/return_2/request-items {"items":[{"id":"ordli_1","quantity":1}]})");
  EXPECT_THAT(written_[2], HasSubstr("POST /admin/returns/return_2/request "));
}

TEST_F(MedusaGoodsReturn, WhatAPersonCancelledOrPaidBackThereIsLeftAlone) {
  for (const auto& returns : std::vector<std::vector<Shown>>{{{"canceled"}}, {{"partially_received", "R-1", "return_1", 3}}}) {
    EXPECT_EQ(push(back(), {shown(returns)}).items.at(0).verdict, Verdict::delivered);
    EXPECT_THAT(written_, IsEmpty());
  }
  EXPECT_EQ(push(back(), {shown({}, kLine, "by hand [R-1]")}).items.at(0).verdict, Verdict::delivered);
  EXPECT_THAT(written_, IsEmpty());
  push(back(), {shown({}, kLine, "by hand [R-9]")});
  EXPECT_THAT(written_, ElementsAre(kMake));
}

TEST_F(MedusaGoodsReturn, WhatIsRefusedIsForAPersonAndAnOrderThatIsBeingEditedWaits) {
  const auto refused = test::refused(400, "invalid_data", "Cannot receive the Return at location sloc_1");
  const auto played = push(back(), {shown({kAsked}), kRefused, shown({kAsked}), kDone, shown({kAsked}), kDone, shown({kAsked}), refused, shown({kAsked})});
  EXPECT_EQ(played.items.at(0).verdict, Verdict::rejected);
  EXPECT_THAT(played.items.at(0).reason, HasSubstr(R"(portal order "7", return "R-1": the portal refused it: "Cannot receive the Return)"));
  EXPECT_THAT(played.items.at(0).reason, HasSubstr("finish or cancel the order's return there"));
  const auto busy = test::refused(400, "invalid_data", "Order (order_1) already has an existing active order change");
  EXPECT_EQ(push(back(), {shown({}), busy}).items.at(0).verdict, Verdict::snooze);
  EXPECT_EQ(push(back(R"({"sku":"A","quantity":"0.5"})"), {}).items.at(0).verdict, Verdict::rejected);
}

TEST_F(MedusaGoodsReturn, WhatCannotBeReadIsNotWritten) {
  for (const auto* member : {"items", "returns", "payment_collections"}) {
    auto order = order_with({kLine}, {});
    order.erase(member);
    EXPECT_EQ(push(back(), {listed("orders", {order})}).items.at(0).verdict, Verdict::retry) << member;
    EXPECT_THAT(written_, IsEmpty());
  }
  for (const auto* member : {"id", "status", "metadata"}) {
    auto order = order_with({kLine}, {kTaken});
    order.at("returns").at(0).as_object().erase(member);
    EXPECT_EQ(push(back(), {listed("orders", {order})}).items.at(0).verdict, Verdict::retry) << member;
  }
  auto unnamed = order_with({kLine}, {kTaken});
  unnamed.at("returns").at(0).at("metadata").as_object()["erp_return"] = json::object{{"value", "R-1"}};
  EXPECT_EQ(push(back(), {listed("orders", {unnamed})}).items.at(0).verdict, Verdict::retry) << "it may be ours";
  auto order = order_with({kLine}, {});
  order.at("items").at(0).at("detail").as_object().erase("raw_return_requested_quantity");
  EXPECT_EQ(push(back(), {listed("orders", {order})}).items.at(0).verdict, Verdict::retry);
}

}  // namespace
}  // namespace ferry::medusa
