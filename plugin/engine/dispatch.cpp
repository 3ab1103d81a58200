#include "plugin/engine/dispatch.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "plugin/domain/settle.h"
#include "plugin/engine/moment.h"

namespace ferry::engine {
namespace {

constexpr std::size_t kLeastLoad = 200;
constexpr std::size_t kMostLoad = 4000;
constexpr std::int32_t kFailuresInCompany = 2;  // one that failed so often may be what makes its whole batch fail
constexpr Duration kLeastBreakerWait = std::chrono::milliseconds(1);  // another lane may have closed it just now

Priority priority_of(Feed feed) noexcept {
  if (feed == Feed::stock) return Priority::stock;
  return feed == Feed::order_status ? Priority::orders : Priority::rest;
}

bool is_failure(const ItemVerdict& verdict) noexcept {
  return verdict.verdict == Verdict::retry || verdict.verdict == Verdict::ambiguous;
}

// What the portal itself said of one record alone is first of all a failure of that record. Silence, and what a gateway
// says in the portal's place, is not.
bool is_of_the_record(const Conversation::Trail& trail, std::size_t items) noexcept {
  return items == 1 && trail.status != 0 && trail.status != 502 && trail.status != 503 && trail.status != 504;
}

// Of a record that fails while the portal may be ill: the attempt counts, so that the record comes the more seldom, but
// only up to half of them. The rest, and with it a dead letter, takes a portal that is well for others.
Delivery failed_in_doubt(const DueItem& item, const ItemVerdict& verdict, RetryPolicy policy, Duration cooling,
                         Instant now, double unit) {
  const std::int32_t most = std::max(item.delivery.attempts, policy.max_attempts / 2);
  policy.max_attempts = std::numeric_limits<std::int32_t>::max();
  Delivery after = settle(item.delivery, verdict, policy, now, unit);
  after.attempts = std::min(after.attempts, most);
  after.next_attempt_at = std::max(after.next_attempt_at, now + cooling);
  return after;
}

// Of what can neither be made once by a key nor be taken back: money that is paid back. A lost request that arrives late may
// still do it, though it is not there yet.
bool is_irrevocable(Feed feed, const DueItem& item) noexcept {
  return feed == Feed::order_status && item.item.document.find(R"("refunds":[)") != std::string::npos;
}

SettledExchange waiting_for_certainty(const DueItem& item, Instant until, const RetryPolicy& policy, Instant now, double unit) {
  ItemVerdict verdict;
  verdict.verdict = Verdict::snooze;
  verdict.wait = until - now;
  verdict.reason = "a request of which the answer was lost may still be carried out; before that no money is paid back";
  return {now, now, 0, 0, {}, {}, {{item.key, item.item.document, verdict.verdict, settle(item.delivery, verdict, policy, now, unit)}}};
}

bool says_nothing_of_the_portal(const ItemVerdict& verdict) noexcept {
  return verdict.verdict == Verdict::unauthorized || verdict.verdict == Verdict::snooze;
}

}  // namespace

Dispatch::Dispatch(const Channel& channel, Feed feed)
    : channel_(channel),
      feed_(feed),
      priority_(priority_of(feed)),
      batch_cap_(std::max<std::size_t>(
          1, std::min(channel.settings.batch_cap, channel.connector->capabilities().max_batch_items))),
      in_flight_cap_(std::max<std::size_t>(1, channel.connector->capabilities().max_in_flight)) {}

std::size_t Dispatch::most_items() const noexcept {
  return std::clamp(batch_cap_ * in_flight_cap_ * 20, kLeastLoad, kMostLoad);
}

void Dispatch::offer(std::vector<DueItem> items) {
  for (DueItem& item : items) {
    if (held_.insert(item.key).second) queue_.push_back(std::move(item));
  }
}

Dispatch::Batch Dispatch::next_batch() {
  if (!halves_.empty()) {
    Batch batch = std::move(halves_.front());
    halves_.pop_front();
    return batch;
  }
  const std::size_t max_bytes = channel_.connector->capabilities().max_batch_bytes;
  Batch batch;
  std::size_t bytes = 0;
  while (!queue_.empty() && batch.size() < batch_cap_) {
    const bool travels_alone = queue_.front().delivery.attempts >= kFailuresInCompany;
    bytes += queue_.front().item.document.size();
    if (!batch.empty() && (travels_alone || bytes > max_bytes)) break;
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
    if (travels_alone) break;
  }
  return batch;
}

// One record: a bad one cannot make a portal that is well look ill for the others. The one that failed and waited
// least, however urgent the others are: a record that alone makes the portal fail must not be the probe for ever.
Dispatch::Batch Dispatch::next_probe() {
  auto chosen = std::ranges::min_element(
      queue_, {}, [](const DueItem& item) { return item.delivery.attempts + item.delivery.snoozes; });
  Batch probe;
  if (chosen != queue_.end()) {
    probe.push_back(std::move(*chosen));
    queue_.erase(chosen);
    return probe;
  }
  Batch& half = halves_.front();
  probe.push_back(std::move(half.front()));
  half.erase(half.begin());
  if (half.empty()) halves_.pop_front();
  return probe;
}

void Dispatch::begin_next(Breaker::Pass pass, Instant now, double unit, std::vector<Action>& actions) {
  const bool is_half = pass.is_probe() ? queue_.empty() : !halves_.empty();
  auto batch = pass.is_probe() ? next_probe() : next_batch();
  const auto at = flights_.emplace(++last_flight_, Flight{}).first;
  Flight& flight = at->second;
  flight.items = std::move(batch);
  flight.is_half = is_half;
  flight.pass = std::move(pass);
  for (const DueItem& item : flight.items) {
    flight.outbound.push_back(item.item);
    flight.outbound.back().part = item.key.part;
    // what the portal shows is not explained by its orders: set it without comparing
    if (drift_is_unexplained(item.delivery)) flight.outbound.back().acknowledged.clear();
  }
  flight.conversation =
      std::make_unique<Conversation>(*channel_.connector, *channel_.credential, priority_,
                                     channel_.connector->push(feed_, flight.outbound), flight.items.size());
  handle(at, flight.conversation->resume(now), now, unit, actions);
}

void Dispatch::advance(Instant now, double unit, std::vector<Action>& actions) {
  for (auto at = flights_.begin(); at != flights_.end();) {
    const auto flight = at++;  // handle() may end it
    if (flight->second.request != 0 || flight->second.resume_at > now) continue;
    handle(flight, flight->second.conversation->resume(now), now, unit, actions);
  }
  for (auto at = queue_.begin(); at != queue_.end();) {
    const Instant certain_at = std::max(at->delivery.confirm_at, doubted_until_);
    if (certain_at <= now || !is_irrevocable(feed_, *at)) {
      ++at;
      continue;
    }
    finished_.push_back(waiting_for_certainty(*at, certain_at, channel_.settings.retry, now, unit));
    at = queue_.erase(at);
  }
  blocked_until_ = channel_.credential->blocked_until();
  while (blocked_until_ <= now && !findings_.unauthorized && flights_.size() < in_flight_cap_ &&
         !(queue_.empty() && halves_.empty())) {
    auto pass = channel_.breaker->enter(priority_, now);
    if (!pass) {
      blocked_until_ = std::max(channel_.breaker->ask_at(priority_, now), now + kLeastBreakerWait);
      break;
    }
    begin_next(std::move(*pass), now, unit, actions);
    blocked_until_ = channel_.credential->blocked_until();
  }
}

void Dispatch::handle(Flights::iterator at, Conversation::Turn turn, Instant now, double unit,
                      std::vector<Action>& actions) {
  Flight& flight = at->second;
  if (const auto* outcome = std::get_if<Conversation::Outcome>(&turn)) {
    // an exchange never yields a Page
    const auto* answer = std::get_if<connector::Finish>(outcome);
    finish(at, answer != nullptr ? *answer : connector::Finish{}, now, unit);
  } else if (is_stopping_) {
    drop(at);
  } else if (const auto* wait = std::get_if<Conversation::Wait>(&turn)) {
    flight.resume_at = wait->until;
  } else {
    flight.request = ++last_request_;
    by_request_.emplace(flight.request, at->first);
    actions.emplace_back(Request{flight.request, std::move(std::get<Conversation::Ask>(turn).request)});
  }
}

bool Dispatch::on_reply(const Replied& replied, Instant now, double unit, std::vector<Action>& actions) {
  const auto found = by_request_.find(replied.request);
  if (found == by_request_.end()) return false;
  const auto at = flights_.find(found->second);
  by_request_.erase(found);
  at->second.request = 0;
  if (at->second.is_given_up) {
    drop(at);
    findings_.has_freed_keys = true;
    return true;
  }
  handle(at, at->second.conversation->on_reply(replied.reply, now), now, unit, actions);
  return true;
}

// Exactly one verdict per index: the first one given. An item that the answer does not mention was sent and is unknown.
std::vector<ItemVerdict> Dispatch::complete(const Flight& flight, const connector::Finish& answer) {
  ItemVerdict missing;
  missing.verdict = Verdict::ambiguous;
  missing.reason = "the portal's answer does not mention this record";
  std::vector<ItemVerdict> verdicts(flight.items.size(), missing);
  std::vector<bool> given(flight.items.size(), false);
  for (const ItemVerdict& verdict : answer.items) {
    if (verdict.index >= verdicts.size() || given[verdict.index]) continue;
    given[verdict.index] = true;
    verdicts[verdict.index] = verdict;
  }
  return verdicts;
}

// Tells the breaker how the exchange ended. A portal that is ill as a whole is no failure of a record: once the breaker
// is open, or when nothing even reached the portal, no attempt is counted, or a night without it would leave a
// catalogue of dead letters. Returns how long the records wait instead; none: settled as usual.
std::optional<Dispatch::Cooling> Dispatch::ask_breaker(Flight& flight, const std::vector<ItemVerdict>& verdicts,
                                                       Instant now, double unit) {
  if (!std::ranges::all_of(verdicts, is_failure)) {
    if (auto change = flight.pass.well(now)) findings_.breaker = std::move(change);
    return std::nullopt;
  }
  const bool was_unreachable = flight.conversation->trail().is_unreachable;
  if (auto change = flight.pass.ill(verdicts.front().reason, now, unit)) findings_.breaker = std::move(change);
  const bool is_closed = channel_.breaker->state() == BreakerState::closed;
  if (is_closed && !was_unreachable) return std::nullopt;
  return Cooling{std::max(channel_.breaker->retry_at() - now, channel_.settings.retry.least_snooze),
                 is_of_the_record(flight.conversation->trail(), verdicts.size())};
}

void Dispatch::note(const std::vector<ItemVerdict>& verdicts, Instant now) {
  for (const ItemVerdict& verdict : verdicts) {
    if (verdict.verdict == Verdict::unauthorized) findings_.unauthorized = verdict.reason;
    if (verdict.verdict == Verdict::drifted) findings_.drifted = true;
    if (verdict.verdict == Verdict::snooze && verdict.scope == SnoozeScope::credential) {
      channel_.credential->block_until(now + snooze_wait(verdict, channel_.settings.retry));
    }
  }
  if (std::all_of(verdicts.begin(), verdicts.end(), is_failure)) {
    findings_.portal_error = verdicts.front().reason;
  } else if (!std::any_of(verdicts.begin(), verdicts.end(), says_nothing_of_the_portal)) {
    findings_.portal_error = "";
  }
}

SettledItem Dispatch::settled(const DueItem& item, const ItemVerdict& verdict, const std::optional<Cooling>& cooling,
                              Instant began, Instant now, double unit) {
  const RetryPolicy& policy = channel_.settings.retry;
  ItemVerdict effective = verdict;
  if (cooling) {
    effective.verdict = Verdict::snooze;
    effective.wait = cooling->wait;
  }
  SettledItem result{item.key, item.item.document, verdict.verdict,
                     cooling && cooling->is_of_the_record
                         ? failed_in_doubt(item, verdict, policy, cooling->wait, now, unit)
                         : settle(item.delivery, effective, policy, now, unit)};
  result.delivery.confirm_at = confirm_at(item.delivery, verdict.verdict, began, doubted_until_, policy, now);
  // one that is only confirmed was counted when it was delivered
  const bool is_news = item.delivery.state != PublicationState::settled;
  if (result.delivery.state == PublicationState::settled && is_news) ++findings_.delivered;
  if (result.delivery.state == PublicationState::dead) ++findings_.dead;
  return result;
}

void Dispatch::finish(Flights::iterator at, const connector::Finish& answer, Instant now, double unit) {
  Flight flight = std::move(at->second);
  flights_.erase(at);
  auto verdicts = complete(flight, answer);
  const auto cooling = ask_breaker(flight, verdicts, now, unit);
  const auto& trail = flight.conversation->trail();
  SettledExchange exchange{
      trail.requests > 0 ? trail.started_at : now, now, trail.requests, trail.status, trail.request, trail.reply, {}};
  Batch refused;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    ItemVerdict& verdict = verdicts[i];
    const bool stands_alone = verdict.verdict == Verdict::split && verdicts.size() == 1;
    if (stands_alone) verdict.verdict = Verdict::rejected;
    exchange.items.push_back(settled(flight.items[i], verdict, cooling, exchange.started_at, now, unit));
    if (verdict.verdict == Verdict::split) refused.push_back(std::move(flight.items[i]));
  }
  note(verdicts, now);
  if (!is_stopping_) halve(std::move(refused));
  finished_.push_back(std::move(exchange));
}

void Dispatch::halve(Batch refused) {
  if (refused.empty()) return;
  const auto middle = refused.begin() + static_cast<std::ptrdiff_t>((refused.size() + 1) / 2);
  Batch second(std::make_move_iterator(middle), std::make_move_iterator(refused.end()));
  refused.erase(middle, refused.end());
  if (!second.empty()) halves_.push_front(std::move(second));
  halves_.push_front(std::move(refused));
}

Dispatch::Flights::iterator Dispatch::drop(Flights::iterator at) {
  for (const DueItem& item : at->second.items) held_.erase(item.key);
  by_request_.erase(at->second.request);
  return flights_.erase(at);
}

void Dispatch::forget_unsent() {
  for (const DueItem& item : queue_) held_.erase(item.key);
  queue_.clear();
  for (auto at = flights_.begin(); at != flights_.end();) {
    const bool is_unsent = at->second.conversation->trail().requests == 0 && !at->second.is_half;
    at = is_unsent ? drop(at) : std::next(at);
  }
}

void Dispatch::stop() {
  is_stopping_ = true;
  queue_.clear();
  halves_.clear();
  for (auto at = flights_.begin(); at != flights_.end();) {
    const bool is_awaited = at->second.request != 0 && !at->second.is_given_up;
    at = is_awaited ? std::next(at) : drop(at);
  }
}

void Dispatch::give_up() {
  queue_.clear();
  halves_.clear();
  finished_.clear();
  findings_ = {};
  held_.clear();
  for (auto at = flights_.begin(); at != flights_.end();) {
    Flight& flight = at->second;
    flight.is_given_up = flight.request != 0;
    if (flight.is_given_up) {
      for (const DueItem& item : flight.items) held_.insert(item.key);
    }
    at = flight.is_given_up ? std::next(at) : flights_.erase(at);
  }
}

std::vector<SettledExchange> Dispatch::take_finished() { return std::exchange(finished_, {}); }

void Dispatch::release(const std::vector<SettledExchange>& recorded) {
  for (const SettledExchange& exchange : recorded) {
    for (const SettledItem& item : exchange.items) {
      // items of a refused batch go on in its halves
      if (item.verdict != Verdict::split) held_.erase(item.key);
    }
  }
}

Findings Dispatch::take_findings() { return std::exchange(findings_, {}); }

Instant Dispatch::wake_at() const noexcept {
  Instant at{};
  for (const auto& [id, flight] : flights_) {
    if (flight.request == 0) at = earlier(at, flight.resume_at);
  }
  const bool is_held_up = flights_.size() < in_flight_cap_ && !(queue_.empty() && halves_.empty());
  return is_held_up ? earlier(at, blocked_until_) : at;
}

}  // namespace ferry::engine
