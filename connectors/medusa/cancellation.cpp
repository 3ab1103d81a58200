#include "connectors/medusa/cancellation.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "connectors/medusa/rest.h"
#include "connectors/medusa/stepwise_push.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

using namespace connector;

// None: it cannot be read.
std::optional<bool> has_live_fulfilment(const json::value& order) {
  const auto* fulfilments = find(order, {"fulfillments"});
  if (!fulfilments || !fulfilments->is_array()) return std::nullopt;
  bool has_any = false;
  for (const auto& shown : fulfilments->get_array()) {
    const auto* canceled = find(shown, {"canceled_at"});
    if (!canceled) return std::nullopt;
    has_any = has_any || canceled->is_null();
  }
  return has_any;
}

class CancellationPush final : public StepwisePush {
 public:
  CancellationPush(const Settings& settings, std::span<const OutboundItem> items)
      : StepwisePush(settings, items, "; settle it there by hand, then replay this or discard it") {}

 private:
  std::string read(std::size_t index) override {
    boost::system::error_code error;
    const auto document = json::parse(item(index).document, error);
    orders_[index] = error ? "" : id_at(document, {"order"});
    if (orders_[index].empty()) return "the order status document names no portal order";
    looks_.push_back(orders_[index]);
    return "";
  }
  std::optional<std::string> next_look() override {
    if (!std::exchange(has_targets_, true)) looks_ = targets(kCancellationsTarget, "id", looks_);
    if (looks_.empty()) return std::nullopt;
    auto target = std::move(looks_.back());
    looks_.pop_back();
    return target;
  }
  std::optional<Trouble> on_seen(const HttpReply& reply) override;
  std::optional<std::string> look_at(std::size_t index) override {
    const auto& order = orders_.at(index);
    seen_.erase(order);
    return targets(kCancellationsTarget, "id", std::span(&order, 1)).front();
  }
  NextStep next_step(std::size_t index) override;

  std::map<std::size_t, std::string> orders_;  // the portal's ids by index
  std::vector<std::string> looks_;             // orders, then targets, the next one last
  bool has_targets_ = false;
  std::map<std::string, json::value> seen_;  // orders by id
  bool is_readable_ = true;                  // false: some order came without id
};

std::optional<Trouble> CancellationPush::on_seen(const HttpReply& reply) {
  auto answer = read_list(reply, "orders");
  if (answer.trouble) return std::move(answer.trouble);
  for (const auto& order : array_at(answer.body, {"orders"})) {
    auto id = id_at(order, {"id"});
    is_readable_ = is_readable_ && !id.empty();
    seen_[std::move(id)] = order;
  }
  return std::nullopt;
}

NextStep CancellationPush::next_step(std::size_t index) {
  const auto& id = orders_.at(index);
  const auto name = quote_and_bound(item(index).label, 60);
  const auto order = seen_.find(id);
  if (order == seen_.end() && !is_readable_) return settled(Verdict::retry, "the portal listed an order without id");
  if (order == seen_.end()) return settled(Verdict::absent, "the portal has no order with id " + quote_and_bound(id, 60));
  const auto status = text_at(order->second, {"status"});
  const auto is_fulfilled = has_live_fulfilment(order->second);
  if (status.empty() || !is_fulfilled)
    return settled(Verdict::retry, "the portal's answer has no readable state of order " + name);
  if (status == "canceled") return settled(Verdict::delivered);
  if (*is_fulfilled)
    return settled(Verdict::rejected,
                   "portal order " + name + " was cancelled in the ERP, and something of it is fulfilled there: cancel that "
                   "fulfilment and replay this, or settle it with the customer and discard this");
  auto step = write(post(settings_, order_target(id, "/cancel"), json::object()));
  step.subject = "portal order " + name + ", which was cancelled in the ERP: ";
  return step;
}

}  // namespace

std::unique_ptr<Exchange> make_cancellation_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<CancellationPush>(settings, items);
}

}  // namespace ferry::medusa
