#include "connectors/medusa/orders.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "connectors/medusa/answer.h"
#include "connectors/medusa/order_document.h"
#include "connectors/medusa/rest.h"
#include "plugin/connector/http_date.h"

namespace ferry::medusa {
namespace {

using namespace connector;

constexpr std::int64_t kMostOrders = std::int64_t{1} << 31;

// An order's metadata can be large: it is asked for where something of it is wanted. So are customer groups and the sales
// channel, because a document that says more than before is a changed one.
std::string orders_target(const Settings& settings) {
  auto target = kOrdersTarget;
  if (!settings.customer_reference_key.empty()) target += ",metadata";
  if (settings.asks_for_groups) target += ",customer.groups.name";
  if (settings.asks_for_channels) target += ",sales_channel.name";
  return target;
}

class WindowPull final : public Pull {
 public:
  WindowPull(const Settings& settings, const Window& window, std::int64_t skip)
      : settings_(settings), window_(window), take_(static_cast<std::int64_t>(settings.page_size)), skip_(skip) {}

  PullStep start() override { return Send{get(settings_, orders_target(settings_) + window_query(window_, take_, skip_))}; }

  PullStep on_reply(const HttpReply& reply) override {
    const auto answer = read_page(reply, "orders", take_, skip_);
    if (answer.trouble) return PullFailed{answer.trouble->for_item(0, true)};
    Page page;
    page.portal_clock = parse_http_date(reply.header("date"));
    for (const auto& row : array_at(answer.body, {"orders"})) {
      auto order = read_order(row, settings_);
      if (!order) {
        page.unread.push_back(name_unread(row));
        continue;
      }
      if (is_outside(order->placed_at))
        return pull_failed(Verdict::rejected, "the portal listed order " + order->reference +
                                             ", which was not placed in the time that was asked for");
      page.orders.push_back(std::move(*order));
    }
    const auto next = skip_ + static_cast<std::int64_t>(page.orders.size() + page.unread.size());
    if (next < integer_at(answer.body, {"count"}).value_or(0)) page.next_cursor = std::to_string(next);
    return page;
  }

 private:
  // Medusa's clock has milliseconds.
  bool is_outside(Instant placed_at) const {
    return placed_at < std::chrono::floor<std::chrono::milliseconds>(window_.from) ||
           placed_at >= std::chrono::ceil<std::chrono::milliseconds>(window_.to);
  }

  const Settings& settings_;
  const Window window_;
  const std::int64_t take_, skip_;
};

class IdPull final : public Pull {
 public:
  IdPull(const Settings& settings, std::span<const std::string> ids)
      : settings_(settings), targets_(targets(orders_target(settings), "id", ids)) {}

  PullStep start() override {
    if (targets_.empty()) return std::move(page_);
    return Send{get(settings_, targets_[asked_])};
  }

  PullStep on_reply(const HttpReply& reply) override {
    const auto answer = read_list(reply, "orders");
    if (answer.trouble) return PullFailed{answer.trouble->for_item(0, true)};
    page_.portal_clock = parse_http_date(reply.header("date"));
    for (const auto& row : array_at(answer.body, {"orders"})) {
      if (auto order = read_order(row, settings_)) {
        page_.orders.push_back(std::move(*order));
      } else {
        page_.unread.push_back(name_unread(row));
      }
    }
    if (++asked_ == targets_.size()) return std::move(page_);
    return Send{get(settings_, targets_[asked_])};
  }

 private:
  const Settings& settings_;
  const std::vector<std::string> targets_;
  std::size_t asked_ = 0;
  Page page_;
};

}  // namespace

std::int64_t offset_of(std::string_view cursor) {
  std::int64_t offset = 0;
  std::from_chars(cursor.data(), cursor.data() + cursor.size(), offset);
  return std::clamp<std::int64_t>(offset, 0, kMostOrders);
}

std::string window_query(const Window& window, std::int64_t take, std::int64_t skip) {
  const auto from = to_iso8601(std::chrono::floor<std::chrono::milliseconds>(window.from));
  const auto to = to_iso8601(std::chrono::ceil<std::chrono::milliseconds>(window.to));
  return "&created_at%5B%24gte%5D=" + encoded(from) + "&created_at%5B%24lt%5D=" + encoded(to) +
         "&limit=" + std::to_string(take) + "&offset=" + std::to_string(skip);
}

std::unique_ptr<Pull> make_order_pull(const Settings& settings, const Window& window, std::string_view cursor) {
  return std::make_unique<WindowPull>(settings, window, offset_of(cursor));
}

std::unique_ptr<Pull> make_order_pull(const Settings& settings, std::span<const std::string> portal_ids) {
  return std::make_unique<IdPull>(settings, portal_ids);
}

}  // namespace ferry::medusa
