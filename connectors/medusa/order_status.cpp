#include "connectors/medusa/order_status.h"

#include <array>
#include <utility>
#include <vector>

#include "connectors/medusa/cancellation.h"
#include "connectors/medusa/json.h"
#include "connectors/medusa/order_number.h"
#include "connectors/medusa/shipment.h"
#include "plugin/connector/shipments.h"

namespace ferry::medusa {
namespace {

using namespace connector;

// What comes after the number, for the items that it concerns.
struct LaterStage {
  std::unique_ptr<Exchange> (*make)(const Settings&, std::span<const OutboundItem>) = nullptr;
  std::vector<OutboundItem> items;
  std::vector<std::size_t> positions;  // of these in the batch
};

class OrderStatusPush final : public Exchange {
 public:
  OrderStatusPush(const Settings& settings, std::span<const OutboundItem> items)
      : settings_(settings), batch_(items), exchange_(make_order_number_push(settings, items)) {}

  Step start() override { return after(exchange_->start()); }
  Step on_reply(const HttpReply& reply) override { return after(exchange_->on_reply(reply)); }
  Step on_resume() override { return after(exchange_->on_resume()); }

 private:
  Step after(Step step);
  LaterStage* later_stage_of(const OutboundItem& item);

  const Settings& settings_;
  std::span<const OutboundItem> batch_;
  std::array<LaterStage, 2> later_{{{&make_shipment_push, {}, {}}, {&make_cancellation_push, {}, {}}}};
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
  return settings_.cancels_orders && is_cancelled_unsent(document) ? &later_[1] : nullptr;
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
  exchange_ = next.make(settings_, next.items);
  return after(exchange_->start());
}

}  // namespace

std::unique_ptr<Exchange> make_order_status_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<OrderStatusPush>(settings, items);
}

}  // namespace ferry::medusa
