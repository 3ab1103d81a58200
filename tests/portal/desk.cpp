#include "tests/portal/desk.h"

namespace ferry::portal {
namespace {

Asked kind_of(std::string_view operation) {
  if (operation == "FerryLogin") return Asked::login;
  if (operation == "FerryOrders") return Asked::page;
  return Shop::writes(operation) ? Asked::write : Asked::read;
}

PageTrick trick_of(const Fate& fate) {
  if (fate.fault == Fault::duplicated_page) return PageTrick::page_before;
  if (fate.fault == Fault::repeated_cursor) return PageTrick::nothing_new;
  return fate.fault == Fault::page_drift ? PageTrick::drift : PageTrick::none;
}

}  // namespace

Desk::Outcome Desk::receive(const Call& call, Instant now) {
  Entry entry;
  entry.operation = Shop::operation_of(call.body);
  entry.arrived_at = now;
  Outcome outcome;
  outcome.fate = weather.next(now, kind_of(entry.operation));
  entry.fault = outcome.fate.fault;
  outcome.answer = say(call, outcome.fate, now, entry);
  if (outcome.fate.is_answered()) {
    entry.status = outcome.answer.status;
    entry.bytes = outcome.answer.body.size();
  }
  entry.answered_at = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  journal.add(std::move(entry));
  return outcome;
}

void Desk::apply(const Call& call) {
  std::size_t items = 0;
  (void)shop.answer(call.body, items);
}

Answer Desk::say(const Call& call, const Fate& fate, Instant now, Entry& entry) {
  if (auto refusal = refusal_of(fate, now)) return {refusal->status, std::move(refusal->headers), std::move(refusal->body)};
  if (fate.fault == Fault::token_expired) {
    tokens_.erase(call.token);
    return session_refused();
  }
  if (!fate.is_applied_at_once()) return {};
  const bool is_login = entry.operation == "FerryLogin";
  if (!is_login && !accepts(call.token, now)) return session_refused();
  Answer answer;
  answer.headers = {{"content-type", "application/json; charset=utf-8"}, {"date", date_header(fate, now)}};
  if (is_login) answer.headers.emplace_back("vendure-auth-token", log_in(now));
  answer.body = mangled(shop.answer(call.body, entry.items, trick_of(fate)), fate);
  return answer;
}

// As Vendure says it: HTTP 200, an error inside, and its token header there but empty.
Answer Desk::session_refused() const {
  return {200,
          {{"content-type", "application/json; charset=utf-8"}, {"vendure-auth-token", ""}},
          R"({"errors":[{"message":"You are not currently authorized to perform this action","path":["me"],)"
          R"("extensions":{"code":"FORBIDDEN"}}],"data":null})"};
}

bool Desk::accepts(const std::string& token, Instant now) const {
  if (token_lifetime_ == Duration(0)) return true;
  const auto known = tokens_.find(token);
  return known != tokens_.end() && now < known->second;
}

std::string Desk::log_in(Instant now) {
  std::erase_if(tokens_, [now](const auto& token) { return token.second <= now; });
  const auto token = "stand-in-token-" + std::to_string(++last_token_);
  tokens_[token] = now + token_lifetime_;
  return token;
}

}  // namespace ferry::portal
