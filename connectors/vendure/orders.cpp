#include "connectors/vendure/orders.h"

#include <algorithm>
#include <charconv>

#include "connectors/vendure/operations.h"
#include "connectors/vendure/order_document.h"
#include "plugin/connector/http_date.h"

namespace ferry::vendure {
namespace {

using namespace connector;

constexpr std::int64_t kMostOrders = std::int64_t{1} << 31;  // GraphQL's Int

std::int64_t offset_of(std::string_view cursor) {
  std::int64_t offset = 0;
  std::from_chars(cursor.data(), cursor.data() + cursor.size(), offset);
  return std::clamp<std::int64_t>(offset, 0, kMostOrders);
}

// Vendure reads dates in milliseconds; a window must not lose the rest.
std::string at_or_before(Instant instant) { return to_iso8601(std::chrono::floor<std::chrono::milliseconds>(instant)); }
std::string at_or_after(Instant instant) { return to_iso8601(std::chrono::ceil<std::chrono::milliseconds>(instant)); }

class OrderPull final : public Pull {
 public:
  OrderPull(const Settings& settings, json::object filter, std::int64_t take, std::int64_t skip, bool is_complete)
      : settings_(settings), filter_(std::move(filter)), take_(take), skip_(skip), must_be_complete_(is_complete) {}

  PullStep start() override {
    json::object options{{"take", take_},
                         {"skip", skip_},
                         {"filter", filter_},
                         {"sort", json::object{{"orderPlacedAt", "ASC"}, {"id", "ASC"}}}};
    return Send{graphql(settings_, Kind::query, orders_query(settings_), {{"options", std::move(options)}})};
  }

  PullStep on_reply(const HttpReply& reply) override {
    const auto answer = read_answer(reply, Kind::query, "orders");
    if (answer.trouble) return PullFailed{answer.trouble->for_item(0, true)};
    const auto total = integer_at(answer.data, {"orders", "totalItems"});
    const auto& items = array_at(answer.data, {"orders", "items"});
    const auto count = static_cast<std::int64_t>(items.size());
    if (!total || *total < 0 || *total > kMostOrders)
      return pull_failed(Verdict::retry, "the portal's answer has no list of orders");
    if (must_be_complete_ && count < std::min(take_, *total - skip_))
      return pull_failed(Verdict::retry, "the portal listed " + std::to_string(count) + " orders of a page that has " +
                                        std::to_string(std::min(take_, *total - skip_)));
    Page page;
    page.portal_clock = parse_http_date(reply.header("date"));
    for (const auto& item : items) {
      if (auto order = read_order(item, settings_)) {
        page.orders.push_back(std::move(*order));
      } else {
        page.unread.push_back(name_unread(item));
      }
    }
    if (must_be_complete_ && skip_ + count < *total) page.next_cursor = std::to_string(skip_ + count);
    return page;
  }

 private:
  const Settings& settings_;
  const json::object filter_;
  const std::int64_t take_, skip_;
  const bool must_be_complete_;
};

}  // namespace

std::unique_ptr<Pull> make_order_pull(const Settings& settings, const Window& window, std::string_view cursor) {
  json::object between{{"start", at_or_before(window.from)}, {"end", at_or_after(window.to)}};
  json::object filter{{"orderPlacedAt", json::object{{"between", std::move(between)}}}};
  return std::make_unique<OrderPull>(settings, std::move(filter), static_cast<std::int64_t>(settings.page_size),
                                     offset_of(cursor), true);
}

std::unique_ptr<Pull> make_order_pull(const Settings& settings, std::span<const std::string> portal_ids) {
  json::object filter{{"id", json::object{{"in", json::array(portal_ids.begin(), portal_ids.end())}}}};
  return std::make_unique<OrderPull>(settings, std::move(filter), static_cast<std::int64_t>(portal_ids.size()), 0,
                                     false);
}

}  // namespace ferry::vendure
