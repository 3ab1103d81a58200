#include "connectors/medusa/order_push.h"

#include <limits>
#include <utility>

#include "connectors/medusa/rest.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {

using namespace connector;

namespace {
constexpr std::int64_t kMostPieces = std::numeric_limits<std::int32_t>::max();
}  // namespace

std::optional<std::int64_t> whole_at(const json::value& from, std::initializer_list<std::string_view> path) {
  const auto number = raw_at(from, path);
  const auto whole = number ? number->to_minor_units(0) : std::nullopt;
  return whole && *whole >= 0 && *whole <= kMostPieces ? whole : std::nullopt;
}

std::optional<std::string> own_number_at(const json::value& shown, std::string_view key) {
  const auto* metadata = find(shown, {"metadata"});
  if (!metadata || (!metadata->is_null() && !metadata->is_object())) return std::nullopt;
  const auto* number = find(*metadata, {key});
  if (!number) return "";
  return number->is_string() ? std::optional(std::string(number->get_string())) : std::nullopt;
}

json::array items_of(const PiecesOfLines& lines) {
  json::array items;
  for (const auto& [id, count] : lines) items.push_back(json::object{{"id", id}, {"quantity", count}});
  return items;
}

std::string OrderPush::read(std::size_t index) {
  boost::system::error_code error;
  const auto document = json::parse(item(index).document, error);
  auto order = error ? "" : id_at(document, {"order"});
  if (order.empty()) return "the order status document names no portal order";
  if (const auto problem = read_rest(index, document); !problem.empty())
    return "portal order " + quote_and_bound(item(index).label, 60) + ": " + problem;
  looks_.push_back(order);
  orders_[index] = std::move(order);
  return "";
}

std::optional<std::string> OrderPush::next_look() {
  if (!std::exchange(has_targets_, true)) looks_ = targets(looked_at_, "id", looks_);
  if (looks_.empty()) return std::nullopt;
  auto target = std::move(looks_.back());
  looks_.pop_back();
  return target;
}

std::optional<Trouble> OrderPush::on_seen(const HttpReply& reply) {
  auto answer = read_list(reply, "orders");
  if (answer.trouble) return std::move(answer.trouble);
  for (const auto& order : array_at(answer.body, {"orders"})) {
    auto id = id_at(order, {"id"});
    is_readable_ = is_readable_ && !id.empty();
    seen_[std::move(id)] = order;
  }
  return std::nullopt;
}

std::optional<std::string> OrderPush::look_at(std::size_t index) {
  const auto& order = order_of(index);
  seen_.erase(order);
  return targets(looked_at_, "id", std::span(&order, 1)).front();
}

NextStep OrderPush::next_step(std::size_t index) {
  const auto& id = order_of(index);
  const auto order = seen_.find(id);
  if (order == seen_.end() && !is_readable_) return settled(Verdict::retry, "the portal listed an order without id");
  if (order == seen_.end()) return settled(Verdict::absent, "the portal has no order with id " + quote_and_bound(id, 60));
  return step_of(index, order->second);
}

}  // namespace ferry::medusa
