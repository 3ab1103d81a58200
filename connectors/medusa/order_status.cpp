#include "connectors/medusa/order_status.h"

#include <utility>
#include <vector>

#include "connectors/medusa/json.h"
#include "connectors/medusa/order_number.h"
#include "connectors/medusa/shipment.h"

namespace ferry::medusa {
namespace {

using namespace connector;

bool has_shipments(const OutboundItem& item) {
  boost::system::error_code error;
  const auto document = json::parse(item.document, error);
  return !error && !array_at(document, {"shipments"}).empty();
}

class OrderStatusPush final : public Exchange {
 public:
  OrderStatusPush(const Settings& settings, std::span<const OutboundItem> items)
      : settings_(settings), batch_(items), stage_(make_order_number_push(settings, items)) {}

  Step start() override { return after(stage_->start()); }
  Step on_reply(const HttpReply& reply) override { return after(stage_->on_reply(reply)); }
  Step on_resume() override { return after(stage_->on_resume()); }

 private:
  Step after(Step step);

  const Settings& settings_;
  std::span<const OutboundItem> batch_;
  std::vector<OutboundItem> shipped_;   // the items of the second stage
  std::vector<std::size_t> positions_;  // of these in the batch
  std::unique_ptr<Exchange> stage_;
  bool is_second_ = false;
  std::vector<ItemVerdict> settled_;
};

Step OrderStatusPush::after(Step step) {
  auto* finish = std::get_if<Finish>(&step);
  if (!finish) return step;
  for (auto& verdict : finish->items) {
    if (is_second_) {
      verdict.index = positions_.at(verdict.index);
    } else if (verdict.verdict == Verdict::delivered && has_shipments(batch_[verdict.index])) {
      positions_.push_back(verdict.index);
      shipped_.push_back(batch_[verdict.index]);
      continue;
    }
    settled_.push_back(std::move(verdict));
  }
  if (is_second_ || shipped_.empty()) return Finish{std::move(settled_)};
  is_second_ = true;
  stage_ = make_shipment_push(settings_, shipped_);
  return after(stage_->start());
}

}  // namespace

std::unique_ptr<Exchange> make_order_status_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<OrderStatusPush>(settings, items);
}

}  // namespace ferry::medusa
