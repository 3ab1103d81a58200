// A connector held to plugin/connector/connector.h while a portal answers whatever it likes.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "plugin/connector/connector.h"
#include "plugin/domain/decimal.h"
#include "plugin/engine/channel_settings.h"
#include "tests/fuzz/target.h"

namespace ferry::fuzz {

namespace json = boost::json;
using connector::Connector;
using connector::HttpReply;

inline constexpr std::size_t kLongestReason = 2048;
inline constexpr std::size_t kLongestReference = 4 * 255;
inline constexpr std::string_view kSecret = "s3cr3t-of-the-channel";

using Replies = std::function<const HttpReply&()>;

inline std::unique_ptr<Connector> make(const connector::ConnectorInfo& info) {
  json::object given;
  const auto fields = engine::channel_fields(info);
  for (const auto& field : fields) {
    if (field.required) given[field.name] = field.type == config::Type::url ? "https://portal.example.com" : "x";
    if (field.name == "customer_code_field") given[field.name] = "erpPartyCode";  // or no customer would go out
    if (field.name == "price_list_channels") given[field.name] = json::object{{"1", "list-1"}};  // nor a net price
  }
  const auto text = json::serialize(given);
  demand(config::problems(fields, text).empty(), "the sample settings have a problem");
  std::vector<config::Problem> unresolved;
  return info.create(config::parse(
      fields, text, [](std::string_view) { return std::optional(std::string(kSecret)); }, unresolved));
}

inline const std::vector<std::unique_ptr<Connector>>& every_connector() {
  static const auto all = [] {
    std::vector<std::unique_ptr<Connector>> made;
    for (const auto* info : connector::connectors()) made.push_back(make(*info));
    return made;
  }();
  return all;
}

// "200\nname: value\n\nbody" as the recorded exchanges have it; status 0 is a lost answer, "0!" one to a request that
// certainly never left.
inline HttpReply reply_from(std::string_view text) {
  Input input(text);
  HttpReply reply;
  auto first = input.until("\n");
  reply.request_was_sent = !first.ends_with('!');
  for (const char c : first.substr(0, 3)) {
    if (c >= '0' && c <= '9') reply.status = reply.status * 10 + (c - '0');
  }
  if (reply.status < 100) reply.status = 0;
  for (auto line = input.until("\n"); !line.empty(); line = input.until("\n")) {
    Input header(line);
    const auto name = header.until(": ");
    reply.headers.emplace_back(name, header.rest());
  }
  if (reply.status == 0) {
    reply.error = "read: timed out";
  } else {
    reply.body = input.rest();
  }
  return reply;
}

inline void check(const ItemVerdict& item) {
  demand(item.reason.size() <= kLongestReason, "a reason of " + std::to_string(item.reason.size()) + " bytes");
  demand(is_clean(item.reason, true), "a reason that is not one clean line: " + item.reason);
  demand(item.reason.find(kSecret) == std::string::npos, "a reason tells the secret");
  demand(item.verdict == Verdict::delivered || !item.reason.empty(), "no reason");
  demand(name_of(item.verdict) != "unknown", "an unknown verdict");
  demand(!item.wait || (item.verdict == Verdict::snooze && *item.wait >= Duration::zero()), "a wait without a snooze");
}

inline void check(const connector::HttpRequest& request) {
  demand(request.target.starts_with('/') && !request.method.empty(), "no target or method");
  demand(is_clean(request.target, true), "a target that is not one clean line");
  for (const auto& [name, value] : request.headers) {
    demand(is_clean(name, true) && is_clean(value, true), "a header of the request that is not one clean line");
  }
  demand(request.timeout > Duration::zero(), "a request without a time limit");
  demand(request.body.size() <= std::size_t{2} << 20, "a request of " + std::to_string(request.body.size()) + " bytes");
}

inline void check_push(connector::Exchange& exchange, std::size_t size, const Replies& next, std::string_view what = "probe") {
  auto step = exchange.start();
  for (std::size_t steps = 0; !std::holds_alternative<connector::Finish>(step); ++steps) {
    demand(steps < 100 + 10 * size, "an exchange without end: " + std::string(what));
    if (const auto* send = std::get_if<connector::Send>(&step)) {
      check(send->request);
      step = exchange.on_reply(next());
    } else {
      step = exchange.on_resume();
    }
  }
  std::vector<int> times(size, 0);
  for (const auto& item : std::get<connector::Finish>(step).items) {
    demand(item.index < size, "a verdict of an item that does not exist");
    demand(++times[item.index] == 1, "two verdicts of one item");
    demand(size > 1 || item.verdict != Verdict::split, "one item is split");
    check(item);
  }
  demand(std::find(times.begin(), times.end(), 0) == times.end(), "an item without verdict");
}

inline void check_line(const json::object& line) {
  for (const char* name : {"quantity", "unit_price", "tax_rate", "net", "gross"}) {
    demand(Decimal::parse(std::string_view(line.at(name).as_string())).has_value(), std::string("a line's ") + name);
  }
}

inline void check(const connector::PulledOrder& order) {
  demand(!order.reference.empty() && order.reference.size() <= kLongestReference, "a reference");
  demand(is_clean(order.reference, true) && is_clean(order.portal_id, true) && is_clean(order.state, true),
         "an order's texts");
  demand(is_clean(order.document, true), "a document that is not one clean line");
  const auto document = json::parse(order.document).as_object();
  demand(document.at("schema") == "ferry.order/1", "the document's schema");
  demand(std::string_view(document.at("reference").as_string()) == order.reference, "the document's reference");
  for (const char* name : {"net", "gross"})
    demand(Decimal::parse(std::string_view(document.at(name).as_string())).has_value(), std::string("an order's ") + name);
  for (const auto& line : document.at("lines").as_array()) check_line(line.as_object());
}

inline void check_pull(connector::Pull& pull, const Replies& next) {
  auto step = pull.start();
  for (int steps = 0; std::holds_alternative<connector::Send>(step); ++steps) {
    demand(steps < 100, "a pull without end");
    check(std::get<connector::Send>(step).request);
    step = pull.on_reply(next());
  }
  if (const auto* failed = std::get_if<connector::PullFailed>(&step)) return check(failed->verdict);
  for (const auto& order : std::get<connector::Page>(step).orders) check(order);
  for (const auto& name : std::get<connector::Page>(step).unread) demand(is_clean(name, true), "the name of an order");
  demand(is_clean(std::get<connector::Page>(step).next_cursor, true), "a cursor");
}

inline void check_login(const Connector& portal, const Replies& next) {
  const auto login = portal.login();
  if (!login) return;
  auto step = login->start();
  for (int steps = 0; std::holds_alternative<connector::Send>(step); ++steps) {
    demand(steps < 100, "a log-in without end");
    step = login->on_reply(next());
  }
  if (const auto* failed = std::get_if<connector::LoginFailed>(&step)) {
    check(failed->verdict);
    demand(failed->verdict.verdict != Verdict::split && failed->verdict.verdict != Verdict::delivered, "a log-in's verdict");
  }
}

// A document of a feed, made so that the recorded replies speak of it.
inline std::string document_of(Feed feed, std::size_t i) {
  const auto n = std::to_string(i + 10);
  switch (feed) {
    case Feed::order_status:
      return R"({"order":")" + std::to_string(i + 1) + R"(","reference":"R)" + n + R"(","number":"SO-)" + n +
             R"(","state":"confirmed","shipments":[{"number":"S-)" + n +
             R"(","carrier":"DHL","tracking":"","lines":[{"sku":"SKU-000010","quantity":"1"}]}]})";
    case Feed::list_price:
    case Feed::cost:
      return R"({"sku":"SKU-0000)" + n + R"(","currency":"EUR","amount":")" + n + R"(.5","tax":"excluded"})";
    case Feed::customer:
      return R"({"code":"P)" + std::to_string(i + 1) + R"(","name":"Party )" + n +
             R"(","email":"mueller@example.com","list":"5","addresses":[{"street":"a\nb","country":"DE"}]})";
    case Feed::product:
      return R"({"sku":"SAW-)" + std::to_string(i + 1) + R"(","product":"12","name":"Saw )" + n +
             R"(","description":""})";
    default: return R"({"sku":"SKU-0000)" + n + R"(","location":null,"quantity":")" + n + R"("})";
  }
}

inline std::vector<connector::OutboundItem> items_of(Feed feed, std::size_t count) {
  std::vector<connector::OutboundItem> items;
  for (std::size_t i = 0; i < count; ++i) {
    const auto document = document_of(feed, i);
    items.push_back({"R" + std::to_string(i + 10), i == 2 ? "" : document, i == 0 ? "" : document});
  }
  return items;
}

// What a portal echoes is not ours to hide, and the fuzzer would find the word.
inline bool tells_the_secret(std::string_view input) { return input.find(kSecret) != std::string_view::npos; }

// Everything a connector does, each answered by the same replies in turn.
inline void check_everything(const Connector& portal, const std::vector<HttpReply>& replies) {
  std::size_t at = 0;
  const Replies next = [&]() -> const HttpReply& { return replies[at++ % replies.size()]; };
  for (const Feed feed : portal.capabilities().feeds) {
    for (const std::size_t size : {std::size_t{4}, std::size_t{1}}) {
      const auto items = items_of(feed, std::min(size, portal.capabilities().max_batch_items));
      at = 0;
      check_push(*portal.push(feed, items), items.size(), next, name_of(feed));
    }
  }
  const connector::Window window{Instant{}, Instant{} + std::chrono::hours(1)};
  const std::vector<std::string> ids = {"1", "2"};
  at = 0;
  check_pull(*portal.pull_orders(window, ""), next);
  at = 0;
  check_pull(*portal.pull_orders(window, "50"), next);
  at = 0;
  check_pull(*portal.pull_orders_by_id(ids), next);
  at = 0;
  check_push(*portal.probe(), 1, next);
  at = 0;
  check_login(portal, next);
  for (const auto& reply : replies) (void)portal.session_refused(reply);
}

}  // namespace ferry::fuzz
