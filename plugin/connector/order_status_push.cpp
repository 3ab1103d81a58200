#include "plugin/connector/order_status_push.h"

#include <array>
#include <utility>
#include <vector>

#include "plugin/connector/json.h"
#include "plugin/connector/shipments.h"

namespace ferry::connector {
namespace {

// What comes after the number, for the items that it concerns.
struct LaterStage {
  OrderStatusStages::Make make;
  std::vector<OutboundItem> items{};
  std::vector<std::size_t> positions{};  // of these in the batch
};

class OrderStatusPush final : public Exchange {
 public:
  OrderStatusPush(OrderStatusStages stages, std::span<const OutboundItem> items)
      : batch_(items),
        later_{LaterStage{std::move(stages.shipments)}, LaterStage{std::move(stages.cancellation)}},
        exchange_(stages.number(items)) {}

  Step start() override { return after(exchange_->start()); }
  Step on_reply(const HttpReply& reply) override { return after(exchange_->on_reply(reply)); }
  Step on_resume() override { return after(exchange_->on_resume()); }

 private:
  Step after(Step step);
  LaterStage* later_stage_of(const OutboundItem& item);

  std::span<const OutboundItem> batch_;
  std::array<LaterStage, 2> later_;
  std::size_t begun_ = 0;  // of these
  std::unique_ptr<Exchange> exchange_;
  std::vector<ItemVerdict> settled_;
};

// Null: there is nothing more to tell.
LaterStage* OrderStatusPush::later_stage_of(const OutboundItem& item) {
  boost::system::error_code error;
  const auto document = json::parse(item.document, error);
  if (error) return nullptr;
  if (!array_at(document, {"shipments"}).empty()) return &later_[0];
  return later_[1].make && is_cancelled_unsent(document) ? &later_[1] : nullptr;
}

Step OrderStatusPush::after(Step step) {
  auto* finish = std::get_if<Finish>(&step);
  if (!finish) return step;
  for (auto& verdict : finish->items) {
    auto* later = begun_ == 0 && verdict.verdict == Verdict::delivered ? later_stage_of(batch_[verdict.index]) : nullptr;
    if (later) {
      later->positions.push_back(verdict.index);
      later->items.push_back(batch_[verdict.index]);
      continue;
    }
    if (begun_ > 0) verdict.index = later_.at(begun_ - 1).positions.at(verdict.index);
    settled_.push_back(std::move(verdict));
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
