// Portal orders on their way in: sql/state/statements/intake.sql.
#include <algorithm>
#include <boost/json.hpp>
#include <regex>
#include <tuple>

#include "tests/simulation/law.h"
#include "tests/simulation/tables.h"

namespace ferry::simulation {

using connector::PulledOrder;
using engine::Admission;
using engine::Failure;
using engine::Lease;
using engine::OrderState;
using engine::Problem;
using engine::Result;
using engine::RuledOrder;
using engine::Ruling;

namespace {

constexpr Duration kAskedAgainAfter = std::chrono::hours(1);

// Not to be entered any more.
bool is_unwanted(const StoredOrder& order) { return order.seen.cancelled || order.skip_asked_at != Instant{}; }

bool has_refunds(const PulledOrder& order) { return order.document.find(R"("refunds":)") != std::string::npos; }

bool is_done(OrderState state) { return state == OrderState::linked || state == OrderState::skipped; }

bool is_same(const PulledOrder& a, const PulledOrder& b) {
  return std::tie(a.state, a.acknowledged, a.open, a.cancelled, a.document) ==
         std::tie(b.state, b.acknowledged, b.open, b.cancelled, b.document);
}

bool is_same(const Ruling& a, const Ruling& b) {
  return a.admission == b.admission && (a.admission == Admission::import || a.reason == b.reason);
}

// Without what is still to be shipped there, of which the ERP revises nothing.
std::string to_be_revised(const PulledOrder& order) {
  static const std::regex open(R"("open_quantity":"[^"]*")");
  return std::regex_replace(order.document, open, "");
}

// Too late for a rule: the ERP may have it, or a person has asked for it.
Admission ruled(const StoredOrder* old, const Ruling& ruling) {
  const bool may_be_entered = old && old->is_handed_over && old->ask_again_at == Instant{};
  return may_be_entered || (old && old->is_admitted) ? Admission::import : ruling.admission;
}

bool is_as_ruled(OrderState state, Admission admission) {
  return (admission == Admission::never && state == OrderState::skipped) ||
         (admission == Admission::review && state == OrderState::review) ||
         (admission == Admission::wait && state == OrderState::waiting);
}

// Whole pieces; the portals of the simulation have no others.
std::int64_t pieces(const boost::json::object& line, std::string_view name) {
  const auto* member = line.if_contains(name);
  const auto* text = member ? member->if_string() : nullptr;
  const bool is_number = text && !text->empty() && std::all_of(text->begin(), text->end(), [](char c) {
    return c >= '0' && c <= '9';
  });
  return is_number && text->size() < 15 ? std::stoll(std::string(*text)) : 0;
}

}  // namespace

const std::map<std::string, StoredOrder>& Tables::orders(std::int32_t channel) const {
  static const std::map<std::string, StoredOrder> none;
  const auto found = orders_.find(channel);
  return found == orders_.end() ? none : found->second;
}

Result<std::int64_t> Tables::begin_intake(const Lease& lease) {
  if (is_fenced(lease)) return fenced(lease);
  runs_.emplace_back();
  return static_cast<std::int64_t>(runs_.size());
}

OrderState Tables::decide(const StoredOrder* old, const RuledOrder& order) const {
  const PulledOrder& given = order.order;
  const Admission admission = ruled(old, order.ruling);
  if (old && is_done(old->state) && !old->is_left_alone) return old->state;
  const bool is_looked_for = old && old->is_handed_over && mutant_ != Mutant::skipped_unsought;
  if (given.cancelled) return is_looked_for ? OrderState::ready : OrderState::skipped;
  if (is_looked_for && old->skip_asked_at != Instant{}) return OrderState::ready;
  if (admission == Admission::never) return OrderState::skipped;
  if (given.acknowledged && admission == Admission::import) return OrderState::ready;
  if (given.acknowledged && admission == Admission::review) return OrderState::review;
  const bool is_in_review = old && old->state == OrderState::review && admission != Admission::wait;
  return is_in_review ? OrderState::review : OrderState::waiting;
}

void Tables::store_order(std::int32_t channel, std::int64_t run, const RuledOrder& ruled_order, Xid xid,
                         engine::StoredPage& page) {
  const auto& [given, ruling] = ruled_order;
  auto& orders = orders_[channel];
  for (auto& [reference, other] : orders) {
    if (other.seen.portal_id != given.portal_id || reference == given.reference) continue;
    other.reason = "the portal now calls this order '" + given.reference + "': check both numbers by hand";
    return;
  }
  const auto found = orders.find(given.reference);
  const StoredOrder* old = found == orders.end() ? nullptr : &found->second;
  if (old && is_same(old->seen, given) && is_same(old->ruling, ruling)) {
    if (agenda_.now() - old->last_seen_at > std::chrono::minutes(1)) found->second.last_seen_at = agenda_.now();
    return;
  }
  ++page.changed;
  const bool is_known = old != nullptr;
  const OrderState state = decide(old, ruled_order);
  const bool is_ruled = !given.cancelled && is_as_ruled(state, ruled(old, ruling)) &&
                        (!old || old->state != OrderState::skipped || old->is_left_alone);
  const bool is_as_before = old && old->state == state && old->seen.cancelled == given.cancelled;
  StoredOrder& order = orders[given.reference];
  if (!given.cancelled) {
    order.cancelled_at = {};
  } else if (order.cancelled_at == Instant{}) {
    order.cancelled_at = agenda_.now();
  }
  const bool is_revised =
      old && (order.seen.cancelled != given.cancelled || to_be_revised(order.seen) != to_be_revised(given));
  if (is_revised && state == OrderState::linked && mutant_ != Mutant::change_forgotten) {
    order.revision = StoredOrder::Revision::due;
    order.revise_at = agenda_.now();
  }
  const Instant known_placed_at = is_known ? order.seen.placed_at : agenda_.now();
  order.seen = given;
  if (given.placed_at == Instant{}) order.seen.placed_at = known_placed_at;
  order.ruling = ruling;
  order.state = state;
  order.is_left_alone = is_ruled && state == OrderState::skipped;
  if (order.ask_again_at != Instant{}) order.ask_again_at = Instant::max();
  if (!is_as_before) {
    order.reason = state == OrderState::skipped ? "cancelled on the portal before it was imported" : "";
    order.attempts = 0;
    order.next_attempt_at = state == OrderState::ready ? agenda_.now() : Instant{};
  }
  if (is_ruled) order.reason = ruling.reason;
  order.last_seen_at = agenda_.now();
  order.run = run;
  order.xid = xid;
  store_lines(order);
  doubt_moved(channel, order, is_known);
  auto& counted = counts(run);
  ++counted.changed;
  ++counted.deferred;
  ++counted.inbound;
  move_counts(run, int{is_done(state)}, int{state == OrderState::review});
}

void Tables::doubt_moved(std::int32_t channel, const StoredOrder& order, bool is_known) {
  if (mutant_ == Mutant::doubt_forgotten) return;
  for (const auto& line : order.lines) {
    if (!is_known && line.open_quantity == line.quantity) continue;
    for (auto& [key, publication] : lanes_[{channel, std::string(name_of(Feed::stock))}].publications) {
      Instant& confirm_at = publication.delivery.confirm_at;
      if (publication.label == line.sku && !is_discarded(publication)) confirm_at = std::max(confirm_at, agenda_.now());
    }
  }
}

// What the order holds back, as its document says. A line that is gone stays and holds nothing: feeds find its product
// by it. So does a line under its former SKU.
void Tables::store_lines(StoredOrder& order) {
  for (auto& line : order.lines) line.quantity = line.open_quantity = 0;
  boost::system::error_code error;
  const auto document = boost::json::parse(order.seen.document, error);
  const auto* object = error ? nullptr : document.if_object();
  const auto* given = object ? object->if_contains("lines") : nullptr;
  if (!given || !given->is_array()) return;
  for (const auto& value : given->get_array()) {
    const auto& line = value.as_object();
    const std::string id(line.at("line").as_string()), sku(line.at("sku").as_string());
    auto at = std::find_if(order.lines.begin(), order.lines.end(),
                           [&](const auto& known) { return known.line == id && known.sku == sku; });
    if (at == order.lines.end()) at = order.lines.insert(at, {id, sku, 0, 0});
    at->quantity += pieces(line, "quantity");
    at->open_quantity += std::min(pieces(line, "open_quantity"), pieces(line, "quantity"));
  }
}

Result<engine::StoredPage> Tables::store_orders(const Lease& lease, std::int64_t run,
                                                std::span<const RuledOrder> orders) {
  if (is_fenced(lease)) return fenced(lease);
  std::map<std::string, const RuledOrder*> latest;
  for (const auto& ruled : orders) latest[ruled.order.reference] = &ruled;
  engine::StoredPage page;
  page.inbound = static_cast<std::int64_t>(latest.size());
  const Xid xid = transactions_.begin();
  for (const auto& [reference, order] : latest) store_order(lease.lane.channel, run, *order, xid, page);
  transactions_.end(xid);
  auto& counted = counts(run);
  counted.inbound += page.inbound - page.changed;
  counted.unchanged += page.inbound - page.changed;
  if (page.changed > 0) notify(std::string(name_of(Feed::stock)));
  return page;
}

Result<std::vector<std::string>> Tables::open_orders(const Lease& lease, Instant watched_since) {
  std::vector<const StoredOrder*> open;
  for (const auto& [reference, order] : orders(lease.lane.channel)) {
    const bool is_watched = order.state == OrderState::linked && watched_since != Instant{} &&
                            order.seen.placed_at >= watched_since &&
                            order.last_seen_at < agenda_.now() - std::chrono::hours(1);
    if (order.seen.open || is_watched) open.push_back(&order);
  }
  std::stable_sort(open.begin(), open.end(),
                   [](const auto* a, const auto* b) { return a->last_seen_at < b->last_seen_at; });
  std::vector<std::string> ids;
  for (const auto* order : open) ids.push_back(order->seen.portal_id);
  if (ids.size() > 1000) ids.resize(1000);
  return ids;
}

Result<std::vector<engine::ReadyOrder>> Tables::ready_orders(const Lease& lease, std::size_t most) {
  if (is_fenced(lease)) return fenced(lease);
  std::vector<const StoredOrder*> ready;
  for (const auto& [reference, order] : orders(lease.lane.channel)) {
    if (order.state == OrderState::ready && order.next_attempt_at <= agenda_.now()) ready.push_back(&order);
    if (order.revision == StoredOrder::Revision::due && order.revise_at <= agenda_.now()) ready.push_back(&order);
    const bool is_asked_again = order.state == OrderState::skipped && order.is_left_alone && order.seen.open &&
                                order.ask_again_at != Instant{} && order.ask_again_at <= agenda_.now();
    if (is_asked_again && mutant_ != Mutant::left_alone_for_good) ready.push_back(&order);
  }
  const auto since = [](const StoredOrder& order) {
    return order.state == OrderState::linked    ? order.revise_at
           : order.state == OrderState::skipped ? order.ask_again_at
                                                : order.seen.placed_at;
  };
  std::ranges::stable_sort(ready, {}, [&](const auto* order) { return std::pair(since(*order), order->seen.reference); });
  if (ready.size() > most) ready.resize(most);
  std::vector<engine::ReadyOrder> orders;
  for (const auto* order : ready) {
    orders.push_back({order->seen.reference, order->seen.document, order->attempts});
    orders.back().is_linked = order->state == OrderState::linked;
    orders.back().was_left_alone = order->state == OrderState::skipped;
    if (!orders.back().is_linked && is_unwanted(*order)) {
      const Instant never = Instant::max();
      const Instant cancelled_at = order->seen.cancelled ? order->cancelled_at : never;
      const Instant skip_asked_at = order->skip_asked_at != Instant{} ? order->skip_asked_at : never;
      orders.back().unwanted_for = agenda_.now() - std::min(cancelled_at, skip_asked_at);
    } else {
      StoredOrder& handed = orders_[lease.lane.channel].at(order->seen.reference);
      handed.is_handed_over = true;
      handed.ask_again_at = orders.back().was_left_alone ? agenda_.now() + kAskedAgainAfter : Instant{};
      handed.handed = handed.seen;
    }
  }
  return orders;
}

// True: the ERP has taken what the portal shows.
bool Tables::record_revision(StoredOrder& order, const engine::OrderOutcome& outcome) {
  if (order.revision != StoredOrder::Revision::due) return false;
  const bool is_outdated = !is_same(order.seen, order.handed);
  const bool is_taken = outcome.state == OrderState::linked;
  order.reason = is_taken ? "" : outcome.reason;
  order.attempts = is_outdated ? 0 : outcome.attempts;
  if (is_outdated || outcome.state == OrderState::ready) {
    order.revise_at = is_outdated ? agenda_.now() : outcome.next_attempt_at;
  } else {
    order.revision = is_taken ? StoredOrder::Revision::none : StoredOrder::Revision::review;
  }
  return is_taken;
}

Result<void> Tables::record_orders(const Lease& lease, std::span<const engine::OrderOutcome> outcomes) {
  if (is_fenced(lease)) return fenced(lease);
  auto& orders = orders_[lease.lane.channel];
  std::map<std::string, const engine::OrderOutcome*> latest;
  for (const auto& outcome : outcomes) {
    if (!outcome.is_revision) latest[outcome.reference] = &outcome;
  }
  const Xid xid = transactions_.begin();
  bool has_moved = false;
  for (const auto& outcome : outcomes) {
    const auto found = outcome.is_revision ? orders.find(outcome.reference) : orders.end();
    if (found == orders.end() || !record_revision(found->second, outcome)) continue;
    found->second.xid = xid;
    has_moved = true;
  }
  for (const auto& [reference, outcome] : latest) {
    const auto found = orders.find(reference);
    if (found == orders.end()) continue;
    StoredOrder& order = found->second;
    const OrderState old = order.state;
    if (old == OrderState::linked) continue;
    if (old == OrderState::skipped && outcome->state != OrderState::linked && !order.is_left_alone) continue;
    if (outcome->state == OrderState::skipped && !outcome->is_left_alone && !is_unwanted(order)) continue;
    const bool is_moot = (outcome->state == OrderState::review || outcome->is_left_alone) && is_unwanted(order);
    const bool is_outdated = outcome->is_left_alone && !is_same(order.seen, order.handed);
    order.state = is_moot || is_outdated ? OrderState::ready : outcome->state;
    order.is_left_alone = outcome->is_left_alone && order.state == OrderState::skipped;
    order.ask_again_at = order.is_left_alone ? agenda_.now() + kAskedAgainAfter : Instant{};
    order.reason = outcome->reason;
    order.attempts = outcome->attempts;
    order.next_attempt_at = order.state == OrderState::ready ? outcome->next_attempt_at : Instant{};
    order.erp_id = outcome->state == OrderState::linked ? outcome->erp_id : 0;
    order.erp_number = outcome->state == OrderState::linked ? outcome->erp_number : "";
    if (order.state == OrderState::linked && mutant_ != Mutant::change_forgotten &&
        (order.seen.cancelled || has_refunds(order.seen) || !is_same(order.seen, order.handed))) {
      order.revision = StoredOrder::Revision::due;
      order.revise_at = agenda_.now();
    }
    if (old == order.state) continue;
    has_moved = true;
    order.xid = xid;
    move_counts(order.run, int{is_done(order.state)} - int{is_done(old)},
                int{order.state == OrderState::review} - int{old == OrderState::review});
  }
  transactions_.end(xid);
  if (has_moved) {
    notify(std::string(name_of(Feed::order_status)));
    notify(std::string(name_of(Feed::stock)));
  }
  return {};
}

Result<void> Tables::finish_intake(const Lease& lease, std::int64_t, Instant window_end, const engine::Unread& unread) {
  if (is_fenced(lease)) return fenced(lease);
  LaneRow& row = lanes_[lease.lane];
  if (window_end != Instant{}) row.portal_clock = window_end;
  row.unread_since = unread.since;
  row.requested.reset();
  return {};
}

void Tables::retry_order(std::int32_t channel, const std::string& reference) {
  StoredOrder& order = orders_[channel].at(reference);
  if (order.revision == StoredOrder::Revision::review) {
    order.revision = StoredOrder::Revision::due;
    order.revise_at = agenda_.now();
    order.reason.clear();
    order.attempts = 0;
    notify(std::string(kIntakeJob));
  }
  if (order.state != OrderState::review) return;
  order.state = OrderState::ready;
  order.skip_asked_at = {};
  order.is_admitted = true;
  order.reason.clear();
  order.attempts = 0;
  order.next_attempt_at = agenda_.now();
  order.xid = transactions_.begin();
  transactions_.end(order.xid);
  move_counts(order.run, 0, -1);
  notify(std::string(kIntakeJob));
}

void Tables::skip_order(std::int32_t channel, const std::string& reference) {
  StoredOrder& order = orders_[channel].at(reference);
  const OrderState old = order.state;
  if (order.revision == StoredOrder::Revision::review) {
    order.revision = StoredOrder::Revision::none;
    order.reason.clear();
  }
  if (is_done(old)) return;
  const bool is_looked_for = order.is_handed_over && mutant_ != Mutant::skipped_unsought;
  order.state = is_looked_for ? OrderState::ready : OrderState::skipped;
  if (order.skip_asked_at == Instant{}) order.skip_asked_at = agenda_.now();
  order.reason = "skipped by a person";
  order.attempts = 0;
  order.next_attempt_at = is_looked_for ? agenda_.now() : Instant{};
  order.xid = transactions_.begin();
  transactions_.end(order.xid);
  move_counts(order.run, int{is_done(order.state)}, -int{old == OrderState::review});
  notify(is_looked_for ? std::string(kIntakeJob) : std::string(name_of(Feed::stock)));
}

}  // namespace ferry::simulation
