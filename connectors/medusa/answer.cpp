#include "connectors/medusa/answer.h"

#include <algorithm>

#include "connectors/medusa/rest.h"
#include "plugin/connector/http_date.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
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

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

Trouble lost(const HttpReply& reply, Kind kind) {
  if (reply.was_too_large && kind == Kind::read)  // of fewer records it is smaller
    return trouble_of(Verdict::split, "the portal's answer is too large: " + reply.error);
  const bool is_unknown = kind == Kind::write && reply.request_was_sent;
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

// Said inside an answer by gateways before Medusa: nothing is wrong with what was sent.
bool is_throttled(const json::value& body) {
  const auto& errors = array_at(body, {"errors"});
  const auto code = errors.empty() ? std::string_view() : text_at(errors.front(), {"extensions", "code"});
  return code == "THROTTLED" || code == "TOO_MANY_REQUESTS" || code == "RATE_LIMITED";
}

// A refusal that Medusa gave itself: {"type":…,"message":…}.
Trouble refused(std::string_view type, std::string_view message) {
  if (contains(message, "already has an existing active order change")) {
    auto trouble = trouble_of(Verdict::snooze, "the order is being edited on the portal: " + quote(message));
    trouble.scope = SnoozeScope::record;
    return trouble;
  }
  auto trouble = trouble_of(Verdict::split, "the portal refused it: " + quote(message));
  trouble.is_not_found = type == "not_found" || contains(message, "non-existing");
  trouble.is_existing = contains(message, "already exists");
  return trouble;
}

Trouble no_answer(const HttpReply& reply, Kind kind) {
  const auto status = "HTTP " + std::to_string(reply.status);
  auto trouble = trouble_of(Verdict::retry, "the portal failed (" + status + ")");
  trouble.is_transport = true;
  if (kind == Kind::write && (reply.status == 502 || reply.status == 504)) trouble.verdict = Verdict::ambiguous;
  if (reply.status == 404) trouble.reason = "no admin API at this address (HTTP 404); check the setting base_url";
  if (reply.status / 100 == 3) trouble.reason = "the portal redirects (" + status + "); check the setting base_url";
  if (reply.status / 100 == 2)
    trouble.reason = "the portal's answer is not Medusa's; check the setting base_url: " + quote(reply.body);
  return trouble;
}

Trouble from_status(const HttpReply& reply, const json::value* body, Kind kind) {
  const auto status = "HTTP " + std::to_string(reply.status);
  if (reply.status == 413 || reply.status == 431)
    return trouble_of(Verdict::split, "the request is too large for the portal (" + status + ")");
  if (reply.status == 401 || reply.status == 403)
    return trouble_of(Verdict::unauthorized,
                      "the portal refused access (" + status + "); check the user's rights there");
  const auto type = body ? text_at(*body, {"type"}) : std::string_view();
  const auto message = body ? text_at(*body, {"message"}) : std::string_view();
  if (reply.status == 400 || reply.status == 422) return refused(type, message.empty() ? reply.body : message);
  if (reply.status == 404 && type == "not_found") return refused(type, message);
  if (reply.status == 409)
    return trouble_of(Verdict::retry, "the portal was busy with the same record: " + quote(message));
  return no_answer(reply, kind);  // 500 "unknown_error" among them, which a database that is away also looks like
}

std::optional<json::value> parse(std::string_view body) {
  boost::system::error_code error;
  auto value = json::parse({body.data(), body.size()}, error);
  if (error || !value.is_object()) return std::nullopt;
  return value;
}

std::string missing_of(std::int64_t listed, std::int64_t due) {
  return "the portal listed " + std::to_string(listed) + " of a page that has " + std::to_string(due);
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

Answer read_answer(const HttpReply& reply, Kind kind) {
  if (reply.status == 0) return {lost(reply, kind), {}};
  if (reply.status == 429 || reply.status == 423) return {asked_to_wait(reply), {}};
  if (reply.status == 503 && !reply.header("retry-after").empty()) return {asked_to_wait(reply), {}};
  auto body = parse(reply.body);
  if (body && is_throttled(*body)) return {asked_to_wait(reply), {}};
  if (reply.status == 200 && body) return {{}, std::move(*body)};
  return {from_status(reply, body ? &*body : nullptr, kind), {}};
}

Answer read_page(const HttpReply& reply, std::string_view list, std::int64_t take, std::int64_t skip) {
  auto answer = read_answer(reply, Kind::read);
  if (answer.trouble) return answer;
  const auto* rows = find(answer.body, {list});
  const auto count = integer_at(answer.body, {"count"});
  if (!rows || !rows->is_array() || !count || *count < 0) return {no_answer(reply, Kind::read), {}};
  const auto listed = static_cast<std::int64_t>(rows->get_array().size());
  const auto due = std::clamp<std::int64_t>(*count - skip, 0, take);
  if (listed < due) return {trouble_of(Verdict::retry, missing_of(listed, due)), {}};
  return answer;
}

Answer read_list(const HttpReply& reply, std::string_view list) {
  auto answer = read_page(reply, list, static_cast<std::int64_t>(kMostListed), 0);
  const auto count = answer.trouble ? std::nullopt : integer_at(answer.body, {"count"});
  if (count && *count > static_cast<std::int64_t>(kMostListed))
    return {trouble_of(Verdict::retry, missing_of(static_cast<std::int64_t>(kMostListed), *count)), {}};
  return answer;
}

bool is_session_refused(const HttpReply& reply) noexcept { return reply.status == 401; }

}  // namespace ferry::medusa
