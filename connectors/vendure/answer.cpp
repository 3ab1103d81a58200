#include "connectors/vendure/answer.h"

#include <algorithm>
#include <array>

#include "plugin/connector/http_date.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

using connector::HttpReply;

constexpr std::size_t kQuotedBytes = 300;  // of portal text in a reason

std::string quote(std::string_view text) { return quote_and_bound(text, kQuotedBytes); }

Trouble trouble_of(Verdict verdict, std::string reason) {
  Trouble trouble;
  trouble.verdict = verdict;
  trouble.reason = std::move(reason);
  return trouble;
}

struct Permission {
  std::string_view path, name;
};
constexpr std::array kPermissions = {
    Permission{"productVariants", "ReadCatalog"},      Permission{"updateProductVariants", "UpdateCatalog"},
    Permission{"stockLocations", "ReadStockLocation"}, Permission{"orders", "ReadOrder"},
    Permission{"setOrderCustomFields", "UpdateOrder"}, Permission{"addFulfillmentToOrder", "UpdateOrder"},
    Permission{"transitionFulfillmentToState", "UpdateOrder"}, Permission{"products", "ReadCatalog"},
    Permission{"updateProduct", "UpdateCatalog"},      Permission{"createProduct", "CreateCatalog"},
    Permission{"createProductVariants", "CreateCatalog"},
    Permission{"createProductOptionGroup", "CreateCatalog"},
    Permission{"createProductOption", "CreateCatalog"},
    Permission{"customers", "ReadCustomer"},           Permission{"customerGroups", "ReadCustomerGroup"},
    Permission{"createCustomer", "CreateCustomer"},    Permission{"updateCustomer", "UpdateCustomer"},
    Permission{"createCustomerAddress", "CreateCustomer"},
    Permission{"createCustomerGroup", "CreateCustomerGroup"},
    Permission{"addCustomersToGroup", "UpdateCustomerGroup"},
    Permission{"removeCustomersFromGroup", "UpdateCustomerGroup"},
    Permission{"promotions", "ReadPromotion"},         Permission{"createPromotion", "CreatePromotion"},
    Permission{"updatePromotion", "UpdatePromotion"},
    Permission{"assignProductVariantsToChannel", "UpdateCatalog"},
    Permission{"removeProductVariantsFromChannel", "UpdateCatalog"},
    Permission{"addOptionGroupToProduct", "UpdateCatalog"},
    Permission{"removeOptionGroupFromProduct", "UpdateCatalog"},
};

Trouble forbidden(const HttpReply& reply, const json::value& error) {
  if (is_session_refused(reply)) return trouble_of(Verdict::unauthorized, "the portal refused the session");
  const auto& path = array_at(error, {"path"});
  const auto* first = path.empty() ? nullptr : path.front().if_string();
  const std::string_view field = first ? std::string_view(*first) : "";
  const auto known =
      std::find_if(kPermissions.begin(), kPermissions.end(), [&](const auto& p) { return p.path == field; });
  std::string reason = "the portal's user may not use " + quote(field);
  if (known != kPermissions.end()) reason += "; give its role the permission " + std::string(known->name);
  return trouble_of(Verdict::unauthorized, std::move(reason));
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return text.find(part) != std::string_view::npos; });
}

// Database errors reach the client as raw text without a code, in production too.
Trouble uncoded(std::string_view message) {
  if (contains_any(message, {"duplicate key"})) {
    auto trouble = trouble_of(Verdict::split, "the portal refused it: " + quote(message));
    trouble.is_duplicate = true;
    return trouble;
  }
  if (contains_any(message, {"violates", "out of range", "foreign key", "null value", "invalid input syntax"}))
    return trouble_of(Verdict::split, "the portal refused it: " + quote(message));
  return trouble_of(Verdict::retry, "the portal failed: " + quote(message));  // "deadlock detected" and what is unknown
}

Trouble from_error(const HttpReply& reply, const json::value& error) {
  const auto message = text_at(error, {"message"});
  const auto code = text_at(error, {"extensions", "code"});
  if (code == "FORBIDDEN") return forbidden(reply, error);
  if (code.empty()) return uncoded(message);
  if (code == "INTERNAL_SERVER_ERROR") return uncoded(message);
  // said by gateways and plugins before Vendure: nothing is wrong with what was sent
  if (code == "THROTTLED" || code == "TOO_MANY_REQUESTS" || code == "RATE_LIMITED")
    return trouble_of(Verdict::snooze, "the portal asked to wait (" + quote(code) + ")");
  auto trouble = trouble_of(Verdict::split, "the portal refused it: " + quote(message) + " (" + quote(code) + ")");
  trouble.is_not_found = code == "ENTITY_NOT_FOUND";
  return trouble;
}

Trouble lost(const HttpReply& reply, Kind kind) {
  if (reply.was_too_large && kind == Kind::query)  // of fewer records it is smaller
    return trouble_of(Verdict::split, "the portal's answer is too large: " + reply.error);
  const bool is_unknown = kind == Kind::mutation && reply.request_was_sent;
  auto trouble =
      trouble_of(is_unknown ? Verdict::ambiguous : Verdict::retry, "no answer from the portal: " + reply.error);
  trouble.is_transport = true;
  return trouble;
}

Trouble asked_to_wait(const HttpReply& reply) {
  auto trouble = trouble_of(Verdict::snooze, "the portal asked to wait (HTTP " + std::to_string(reply.status) + ")");
  trouble.wait = connector::retry_after(reply);
  trouble.scope = reply.status == 423 ? SnoozeScope::record : SnoozeScope::credential;
  return trouble;
}

// Vendure answers a body over 100 kB with HTTP 500 and an empty message, not with 413.
bool is_oversize(const HttpReply& reply, const json::value* body) {
  if (reply.status == 413) return true;
  return reply.status == 500 && body && integer_at(*body, {"statusCode"}) == 500 && find(*body, {"message"}) &&
         text_at(*body, {"message"}).empty();
}

Trouble from_status(const HttpReply& reply, const json::value* body, Kind kind) {
  const auto status = "HTTP " + std::to_string(reply.status);
  if (is_oversize(reply, body))
    return trouble_of(Verdict::split, "the request is too large for the portal (" + status + ")");
  if (reply.status == 401 || reply.status == 403)
    return trouble_of(Verdict::unauthorized, "the portal or a proxy before it refused access (" + status + ")");
  if (reply.status == 400 || reply.status == 422)
    return trouble_of(Verdict::split, "the portal refused the request (" + status + "): " + quote(reply.body));
  auto trouble = trouble_of(Verdict::retry, "the portal failed (" + status + ")");
  trouble.is_transport = true;
  if (kind == Kind::mutation && (reply.status == 502 || reply.status == 504)) trouble.verdict = Verdict::ambiguous;
  if (reply.status == 404) trouble.reason = "no admin API at this address (HTTP 404); check the setting base_url";
  if (reply.status / 100 == 3) trouble.reason = "the portal redirects (" + status + "); check the setting base_url";
  if (reply.status / 100 == 2)
    trouble.reason = "the portal's answer is not GraphQL; check the setting base_url: " + quote(reply.body);
  return trouble;
}

std::optional<json::value> parse(std::string_view body) {
  boost::system::error_code error;
  auto value = json::parse({body.data(), body.size()}, error);
  if (error || !value.is_object()) return std::nullopt;
  return value;
}

}  // namespace

ItemVerdict Trouble::for_item(std::size_t index, bool is_alone) const {
  ItemVerdict item;
  item.index = index;
  item.verdict = verdict == Verdict::split && is_alone ? Verdict::rejected : verdict;
  item.reason = reason;
  item.wait = wait;
  item.scope = scope;
  return item;
}

Answer read_answer(const HttpReply& reply, Kind kind, std::string_view list) {
  if (reply.status == 0) return {lost(reply, kind), {}};
  if (reply.status == 429 || reply.status == 423) return {asked_to_wait(reply), {}};
  if (reply.status == 503 && !reply.header("retry-after").empty()) return {asked_to_wait(reply), {}};
  auto body = parse(reply.body);
  if (body && reply.status < 500) {
    if (const auto& errors = array_at(*body, {"errors"}); !errors.empty())
      return {from_error(reply, errors.front()), {}};
    const auto* data = find(*body, {"data"});
    const bool is_usable = reply.status == 200 && data && data->is_object();
    const auto* items = is_usable && !list.empty() ? find(*data, {list, "items"}) : nullptr;
    if (is_usable && (list.empty() || (items && items->is_array()))) return {{}, *data};
  }
  return {from_status(reply, body ? &*body : nullptr, kind), {}};
}

bool is_session_refused(const HttpReply& reply) {
  const bool has_empty_token = std::any_of(reply.headers.begin(), reply.headers.end(), [](const auto& header) {
    return header.first == "vendure-auth-token" && header.second.empty();
  });
  if (reply.status != 200 || !has_empty_token) return false;
  const auto body = parse(reply.body);
  if (!body) return false;
  const auto& errors = array_at(*body, {"errors"});
  return std::any_of(errors.begin(), errors.end(), [](const auto& error) {
    return text_at(error, {"extensions", "code"}) == "FORBIDDEN";
  });
}

}  // namespace ferry::vendure
