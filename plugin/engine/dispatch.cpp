#include "plugin/engine/dispatch.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "plugin/domain/settle.h"
#include "plugin/engine/moment.h"

namespace ferry::engine {
namespace {

constexpr std::size_t kLeastLoad = 200;
constexpr std::size_t kMostLoad = 4000;
constexpr Backoff kUnreachable{std::chrono::seconds(2), std::chrono::minutes(1)};
constexpr Duration kLeastUnreachableWait = std::chrono::milliseconds(500);

Priority priority_of(Feed feed) noexcept {
  if (feed == Feed::stock) return Priority::stock;
  return feed == Feed::order_status ? Priority::orders : Priority::rest;
}

bool is_failure(const ItemVerdict& verdict) noexcept {
  return verdict.verdict == Verdict::retry || verdict.verdict == Verdict::ambiguous;
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
    bytes += queue_.front().item.document.size();
    if (!batch.empty() && bytes > max_bytes) break;
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return batch;
}

void Dispatch::begin_next(Instant now, double unit, std::vector<Action>& actions) {
  const bool is_half = !halves_.empty();
  const auto at = flights_.emplace(++last_flight_, Flight{next_batch(), {}, nullptr, is_half, false, 0, {}}).first;
  Flight& flight = at->second;
  for (const DueItem& item : flight.items) {
    flight.outbound.push_back(item.item);
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
  blocked_until_ = channel_.credential->blocked_until();
  while (blocked_until_ <= now && !findings_.unauthorized && flights_.size() < in_flight_cap_ &&
         !(queue_.empty() && halves_.empty())) {
    begin_next(now, unit, actions);
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
std::vector<ItemVerdict> Dispatch::complete(const Flight& flight, const connector::Finish& answer, double unit) {
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
  if (!flight.conversation->trail().is_unreachable) {
    unreachable_ = 0;
    return verdicts;
  }
  // The portal as a whole does not answer: that is no failure of a record, so no attempt is counted, and nobody asks
  // again before a while. Otherwise a night without network would leave a catalogue of dead letters.
  const Duration wait = std::max(backoff(kUnreachable, ++unreachable_, unit), kLeastUnreachableWait);
  findings_.portal_error = verdicts.front().reason;
  for (ItemVerdict& verdict : verdicts) {
    if (verdict.verdict != Verdict::retry) continue;
    verdict.verdict = Verdict::snooze;
    verdict.scope = SnoozeScope::credential;
    verdict.wait = wait;
  }
  return verdicts;
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

SettledItem Dispatch::settled(const DueItem& item, const ItemVerdict& verdict, Instant now, double unit) {
  SettledItem result{item.key, item.item.document, verdict.verdict,
                     settle(item.delivery, verdict, channel_.settings.retry, now, unit)};
  if (result.delivery.state == PublicationState::settled) ++findings_.delivered;
  if (result.delivery.state == PublicationState::dead) ++findings_.dead;
  return result;
}

void Dispatch::finish(Flights::iterator at, const connector::Finish& answer, Instant now, double unit) {
  Flight flight = std::move(at->second);
  flights_.erase(at);
  auto verdicts = complete(flight, answer, unit);
  const auto& trail = flight.conversation->trail();
  SettledExchange exchange{
      trail.requests > 0 ? trail.started_at : now, now, trail.requests, trail.status, trail.request, trail.reply, {}};
  Batch refused;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    ItemVerdict& verdict = verdicts[i];
    const bool stands_alone = verdict.verdict == Verdict::split && verdicts.size() == 1;
    if (stands_alone) verdict.verdict = Verdict::rejected;
    exchange.items.push_back(settled(flight.items[i], verdict, now, unit));
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
