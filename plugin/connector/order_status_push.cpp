#include "plugin/connector/order_status_push.h"

#include <array>
#include <map>
#include <utility>
#include <vector>

#include "plugin/connector/json.h"
#include "plugin/connector/shipments.h"

namespace ferry::connector {
namespace {

// What comes after the number, for the items that it concerns.
struct LaterStage {
  OrderStatusStages::Make make;
  bool (*concerns)(const json::value& document) = nullptr;
  std::vector<OutboundItem> items{};
  std::vector<std::size_t> positions{};  // of these in the batch
};

bool has_shipments(const json::value& document) { return !array_at(document, {"shipments"}).empty(); }
bool has_refunds(const json::value& document) { return !array_at(document, {"refunds"}).empty(); }

class OrderStatusPush final : public Exchange {
 public:
  OrderStatusPush(OrderStatusStages stages, std::span<const OutboundItem> items)
      : batch_(items),
        later_{LaterStage{std::move(stages.shipments), &has_shipments},
               LaterStage{std::move(stages.cancellation), &is_cancelled_unsent},
               LaterStage{std::move(stages.returns), &has_refunds}, LaterStage{std::move(stages.refunds), &has_refunds}},
        exchange_(stages.number(items)) {}

  Step start() override { return after(exchange_->start()); }
  Step on_reply(const HttpReply& reply) override { return after(exchange_->on_reply(reply)); }
  Step on_resume() override { return after(exchange_->on_resume()); }

 private:
  Step after(Step step);
  LaterStage* next_stage_of(const OutboundItem& item);
  void settle(ItemVerdict verdict);

  std::span<const OutboundItem> batch_;
  std::array<LaterStage, 4> later_;
  std::size_t begun_ = 0;  // of these
  std::unique_ptr<Exchange> exchange_;
  std::map<std::size_t, std::string> refused_;  // why an earlier stage is for a person, by position in the batch
  std::vector<ItemVerdict> settled_;
};

// Of those that have not begun; null: there is nothing more to tell.
LaterStage* OrderStatusPush::next_stage_of(const OutboundItem& item) {
  boost::system::error_code error;
  const auto document = json::parse(item.document, error);
  if (error) return nullptr;
  for (std::size_t i = begun_; i < later_.size(); ++i) {
    if (later_.at(i).make && later_.at(i).concerns(document)) return &later_.at(i);
  }
  return nullptr;
}

void OrderStatusPush::settle(ItemVerdict verdict) {
  const auto refused = refused_.find(verdict.index);
  const bool is_final = verdict.verdict == Verdict::delivered || verdict.verdict == Verdict::rejected;
  if (refused != refused_.end() && is_final) {
    verdict.reason = refused->second + (verdict.reason.empty() ? "" : "; " + verdict.reason);
    verdict.verdict = Verdict::rejected;
  }
  settled_.push_back(std::move(verdict));
}

Step OrderStatusPush::after(Step step) {
  auto* finish = std::get_if<Finish>(&step);
  if (!finish) return step;
  for (auto& verdict : finish->items) {
    const bool is_number = begun_ == 0;
    if (!is_number) verdict.index = later_.at(begun_ - 1).positions.at(verdict.index);
    const bool goes_on = verdict.verdict == Verdict::delivered || (verdict.verdict == Verdict::rejected && !is_number);
    auto* next = goes_on ? next_stage_of(batch_[verdict.index]) : nullptr;
    if (!next) {
      settle(std::move(verdict));
      continue;
    }
    if (verdict.verdict == Verdict::rejected) refused_[verdict.index] = std::move(verdict.reason);
    next->positions.push_back(verdict.index);
    next->items.push_back(batch_[verdict.index]);
  }
  while (begun_ < later_.size() && later_.at(begun_).items.empty()) ++begun_;
  if (begun_ == later_.size()) return Finish{std::move(settled_)};
  const auto& next = later_.at(begun_++);
  exchange_ = next.make(next.items);
  return after(exchange_->start());
}

}  // namespace

std::unique_ptr<Exchange> make_order_status_push(OrderStatusStages stages, std::span<const OutboundItem> items) {
  return std::make_unique<OrderStatusPush>(std::move(stages), items);
}

}  // namespace ferry::connector
