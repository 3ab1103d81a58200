#include "connectors/vendure/order_push.h"

#include <utility>

#include "connectors/vendure/operations.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {

using namespace connector;

namespace {

// In the answer to a look; null: there is none with that id.
const json::value* find_order(const json::value& data, const std::string& id) {
  const auto& orders = array_at(data, {"orders", "items"});
  const auto found = std::find_if(orders.begin(), orders.end(), [&](const auto& one) { return id_at(one, {"id"}) == id; });
  return found == orders.end() ? nullptr : &*found;
}

}  // namespace

std::string OrderPush::read(std::size_t index) {
  boost::system::error_code error;
  const auto document = json::parse(item(index).document, error);
  auto order = error ? "" : id_at(document, {"order"});
  if (order.empty()) return "the order status document names no portal order";
  if (const auto problem = read_rest(index, document); !problem.empty())
    return "portal order " + quote_and_bound(item(index).label, 60) + ": " + problem;
  orders_[index] = std::move(order);
  return "";
}

HttpRequest OrderPush::look_at(std::span<const std::size_t> indices) const {
  json::array ids;
  for (const auto index : indices) ids.emplace_back(order_of(index));
  const auto take = ids.size();
  return graphql(settings_, Kind::query, query_, {{"ids", std::move(ids)}, {"take", take}});
}

NextStep OrderPush::next_step(std::size_t index, const json::value& data) const {
  const auto& id = order_of(index);
  const auto* order = find_order(data, id);
  if (!order) return settled(Verdict::absent, "the portal has no order with id " + quote_and_bound(id, 60));
  return step_of(index, *order);
}

}  // namespace ferry::vendure
