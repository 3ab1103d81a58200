#include "plugin/connector/refunds.h"

#include <gmock/gmock.h>

#include "plugin/connector/order_status_push.h"
#include "plugin/connector/shipments.h"

namespace ferry::connector {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

TEST(Refunds, AreReadInTheirOrder) {
  std::string problem;
  const auto returns = read_returns(
      json::parse(R"({"refunds":[{"number":"R-2","total":"12.5","currency":"EUR","reason":"Came back","lines":[)"
                  R"({"sku":"A","quantity":"2"},{"sku":"A","quantity":"0.5"}]},{"number":"R-1","total":"1","currency":"EUR"}]})"),
      problem);
  ASSERT_THAT(returns, SizeIs(2));
  EXPECT_EQ(problem, "");
  EXPECT_EQ(returns[0].total.text() + returns[0].currency + returns[0].reason, "12.5EURCame back");
  EXPECT_THAT(returns[0].goods, ElementsAre(Pair("A", *Decimal::parse("2.5"))));
  EXPECT_EQ(returns[1].number, "R-1");
  EXPECT_THAT(read_returns(json::parse("{}"), problem), IsEmpty());
}

TEST(Refunds, OfNothingOrWithoutNumberAreNone) {
  for (const auto* total : {R"("0")", R"("-1")", R"("1e3")", "1"}) {
    std::string problem;
    read_returns(json::parse(std::string(R"({"refunds":[{"number":"R-1","total":)") + total + "}]}"), problem);
    EXPECT_THAT(problem, HasSubstr(R"(return "R-1" has the total)")) << total;
  }
  std::string problem;
  read_returns(json::parse(R"({"refunds":[{"total":"1"}]})"), problem);
  EXPECT_THAT(problem, HasSubstr("without number"));
}

TEST(Refunds, TheReasonEndsWithTheNumberHoweverLongItIs) {
  Return returned{"R-1", "EUR", "", {}, {}};
  EXPECT_EQ(reason_of(returned), "Returned [R-1]");
  returned.reason = std::string(300, 'x');
  EXPECT_LT(reason_of(returned).size(), 255U);
  EXPECT_EQ(shipment_in(reason_of(returned)), "R-1");
}

// Settles every item as its stage says, in one step, and notes who came when.
class Settled final : public Exchange {
 public:
  Settled(std::size_t count, ItemVerdict verdict) : count_(count), verdict_(std::move(verdict)) {}
  Step start() override {
    Finish finish;
    for (std::size_t i = 0; i < count_; ++i) {
      finish.items.push_back(verdict_);
      finish.items.back().index = i;
    }
    return finish;
  }
  Step on_reply(const HttpReply&) override { return Finish{}; }
  Step on_resume() override { return Finish{}; }

 private:
  std::size_t count_;
  ItemVerdict verdict_;
};

class OrderStatusOrder : public testing::Test {
 protected:
  OrderStatusStages::Make stage(const std::string& name, Verdict verdict, const std::string& reason = "") {
    return [=, this](std::span<const OutboundItem> items) {
      said_ += name + std::to_string(items.size()) + " ";
      ItemVerdict item;
      item.verdict = verdict;
      item.reason = reason;
      return std::make_unique<Settled>(items.size(), item);
    };
  }
  std::vector<ItemVerdict> push(const std::vector<std::string>& documents, OrderStatusStages stages) {
    items_.clear();
    said_.clear();
    for (const auto& document : documents) items_.push_back({"1", document, ""});
    const auto exchange = make_order_status_push(std::move(stages), items_);
    const auto step = exchange->start();
    auto items = std::get<Finish>(step).items;
    std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
    return items;
  }
  std::vector<OutboundItem> items_;
  std::string said_;
  static constexpr const char* kSent = R"({"shipments":[{"number":"S"}],"refunds":[{"number":"R"}]})";
  static constexpr const char* kBack = R"({"shipments":[],"refunds":[{"number":"R"}]})";
  static constexpr const char* kPlain = R"({"shipments":[]})";
};

TEST_F(OrderStatusOrder, RefundsComeLast) {
  const auto done = push({kPlain, kSent, kBack}, {stage("number", Verdict::delivered), stage("shipment", Verdict::delivered), nullptr, nullptr,
                                                  stage("refund", Verdict::delivered)});
  EXPECT_EQ(said_, "number3 shipment1 refund2 ");
  for (const auto& item : done) EXPECT_EQ(item.verdict, Verdict::delivered);
}

TEST_F(OrderStatusOrder, ARefusedShipmentKeepsNobodysMoney) {
  const OrderStatusStages stages{stage("number", Verdict::delivered), stage("shipment", Verdict::rejected, "too many pieces"), nullptr,
                                 nullptr,
                                 stage("refund", Verdict::delivered)};
  const auto done = push({kSent, kBack}, stages);
  EXPECT_EQ(said_, "number2 shipment1 refund2 ");
  EXPECT_EQ(done[0].verdict, Verdict::rejected);
  EXPECT_EQ(done[0].reason, "too many pieces") << "it is still for a person";
  EXPECT_EQ(done[1].verdict, Verdict::delivered);
}

TEST_F(OrderStatusOrder, WhatIsRefusedTwiceSaysBothAndWhatWaitsWaits) {
  auto done = push({kSent}, {stage("number", Verdict::delivered), stage("shipment", Verdict::rejected, "a"), nullptr, nullptr,
                             stage("refund", Verdict::rejected, "b")});
  EXPECT_EQ(done[0].reason, "a; b");
  done = push({kSent}, {stage("number", Verdict::delivered), stage("shipment", Verdict::rejected, "a"), nullptr, nullptr,
                        stage("refund", Verdict::ambiguous, "lost")});
  EXPECT_EQ(done[0].verdict, Verdict::ambiguous);
}

TEST_F(OrderStatusOrder, GoodsComeBackBeforeTheMoneyThatTheirRefusalDoesNotKeep) {
  const auto told = [&](Verdict goods) {
    return push({kSent, kPlain}, {stage("number", Verdict::delivered), stage("shipment", Verdict::delivered), nullptr,
                                  stage("goods", goods, "none were sent"), stage("refund", Verdict::delivered)});
  };
  EXPECT_EQ(told(Verdict::delivered)[0].verdict, Verdict::delivered);
  EXPECT_EQ(said_, "number2 shipment1 goods1 refund1 ");
  const auto refused = told(Verdict::rejected);
  EXPECT_EQ(said_, "number2 shipment1 goods1 refund1 ");
  EXPECT_EQ(refused[0].verdict, Verdict::rejected);
  EXPECT_EQ(refused[0].reason, "none were sent");
  for (const auto unfinished : {Verdict::ambiguous, Verdict::retry, Verdict::snooze}) {
    EXPECT_EQ(told(unfinished)[0].verdict, unfinished);
    EXPECT_EQ(said_, "number2 shipment1 goods1 ");
  }
}

TEST_F(OrderStatusOrder, NothingIsPaidBackWhileTheNumberOrTheShipmentIsTriedAgain) {
  for (const auto& [number, shipment] : {std::pair(Verdict::rejected, Verdict::delivered), std::pair(Verdict::delivered, Verdict::retry)}) {
    push({kSent}, {stage("number", number), stage("shipment", shipment), nullptr, nullptr,
                 stage("refund", Verdict::delivered)});
    EXPECT_THAT(said_, testing::Not(HasSubstr("refund")));
  }
}

}  // namespace
}  // namespace ferry::connector
