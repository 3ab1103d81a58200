#include "plugin/engine/intake_lane.h"

#include <algorithm>
#include <utility>

#include "plugin/engine/moment.h"

namespace ferry::engine {
namespace {

constexpr const char* kCircle =
    "the portal's pages of orders run in a circle; the orders behind them were not read";
constexpr Duration kLeastOverlap = std::chrono::seconds(120);
constexpr Duration kFirstWindow = std::chrono::days(1);
// The portal's clock may be ahead of ours, and a window that ends too late costs nothing.
constexpr Duration kWindowAhead = std::chrono::hours(1);
constexpr Duration kLeastRunInterval = std::chrono::milliseconds(250);
constexpr Duration kPatience = std::chrono::seconds(5);  // with a portal that asks to wait, before the ERP's turn
constexpr std::size_t kMostPages = 20'000;               // of one window; what has more has no end
constexpr Duration kLongestUnread = std::chrono::days(30);  // as far as reconciliation looks back
constexpr int kOpenLookShare = 4;                        // looking at open orders takes at most a fifth of the time

}  // namespace

IntakeLane::IntakeLane(std::shared_ptr<const Channel> channel)
    : LaneBase(std::move(channel)), entry_(channel_->settings.retry) {}

// ---- inputs -----------------------------------------------------------------------------------------------------

void IntakeLane::take(Input input) {
  std::visit([this](auto&& part) { on(std::forward<decltype(part)>(part)); }, std::move(input));
}

void IntakeLane::on_stop() {
  hang_up();
  entry_.forget_ready();
}

void IntakeLane::end_call_in_trouble() {
  end_run();
  next_run_ = trouble_.retry_at();
}

void IntakeLane::lose() {
  end_run();
  entry_.drop_all();
  is_orphan_ = call_ != Call::none && call_ != Call::acquire;
}

// Leaves the run where it is; what is not recorded yet is recorded by the next one.
void IntakeLane::end_run() {
  phase_ = Phase::idle;
  hang_up();
  entry_.forget_ready();
}

void IntakeLane::hang_up() {
  conversation_.reset();
  outcome_.reset();
  pass_ = {};
  request_ = 0;
}

void IntakeLane::gain() {
  next_run_ = now_;
  next_unread_look_ = Instant{};
  unread_.clear();
}

void IntakeLane::read_row(const LeaseAnswer& row) {
  is_paused_ = row.paused;
  if (row.requested) is_woken_ = true;
  wants_all_ = row.requested == "full";
  if (phase_ != Phase::idle) return;
  portal_clock_ = row.portal_clock;
  unread_since_ = row.unread_since;
}

void IntakeLane::on(const Begun& begun) {
  const auto* run = answer_to(Call::begin, begun.run);
  if (run == nullptr || is_stopping_) return;
  run_ = *run;
  phase_ = Phase::pulling;
  if (channel_->credential->blocked_until() > now_) return begin_import();
  pull_window("");
}

void IntakeLane::on(const Stored& stored) {
  const auto* page = answer_to(Call::store, stored.page);
  if (page == nullptr) return;
  counts_.inbound += page->inbound;
  counts_.changed += page->changed;
  if (page->changed > 0) wake_others();
  if (!is_stopping_) after_page();
}

void IntakeLane::on(const OpenListed& listed) {
  const auto* portal_ids = answer_to(Call::open, listed.portal_ids);
  if (portal_ids == nullptr || is_stopping_) return;
  open_ids_ = *portal_ids;
  std::erase_if(open_ids_, [this](const std::string& id) { return seen_.contains(id); });
  pull_open();
}

void IntakeLane::on(const ReadyListed& listed) {
  const auto* orders = answer_to(Call::ready, listed.orders);
  if (orders != nullptr && !is_stopping_) entry_.offer(*orders);
}

void IntakeLane::on(const ErpReplied& replied) { entry_.on_answer(replied, now_, unit_); }

void IntakeLane::on(const Replied& replied) {
  if (replied.request != request_ || !conversation_) return;
  request_ = 0;
  take_turn(conversation_->on_reply(replied.reply, now_));
}

void IntakeLane::on(const Recorded& recorded) {
  const Call call = call_;
  if ((call != Call::record && call != Call::finish) || !expects(call) || !succeeded(recorded.result)) return;
  if (call == Call::finish) return note_finished();
  entry_.recorded(recording_);
  if (entry_.take_linked()) wake_others();
}

// ---- the run ------------------------------------------------------------------------------------------------------

Instant IntakeLane::run_due_at() const {
  const bool is_urgent = is_woken_ || !entry_.outcomes().empty();
  return is_urgent ? std::min(next_run_, began_at_ + kLeastRunInterval) : next_run_;
}

void IntakeLane::advance() {
  if (lease_.is_due(now_)) return start(Call::acquire, lease_.ask(now_));
  if (!lease_.is_held(now_)) return;
  if (phase_ == Phase::idle) {
    if (!is_paused_ && trouble_.retry_at() <= now_ && run_due_at() <= now_) begin_run();
  } else if (phase_ == Phase::importing) {
    advance_import();
  } else {
    advance_pull();
  }
}

void IntakeLane::advance_pull() {
  while (phase_ == Phase::pulling && call_ == Call::none) {
    if (!outcome_ && request_ == 0 && resume_at_ <= now_) take_turn(conversation_->resume(now_));
    if (!outcome_) break;
    take_outcome(*std::exchange(outcome_, std::nullopt));
  }
  if (phase_ == Phase::importing && call_ == Call::none) advance_import();
}

void IntakeLane::begin_run() {
  began_at_ = now_;
  counts_ = {};
  cursors_.clear();
  seen_.clear();
  open_ids_.clear();
  pulling_ids_ = 0;
  is_window_complete_ = false;
  has_failed_ = false;
  unread_here_.clear();
  window_end_ = Instant{};
  looks_at_open_ = std::exchange(is_woken_, false) || next_open_look_ <= now_;
  entry_.begin_run();

  const auto& settings = channel_->settings;
  const Duration overlap = std::max(kLeastOverlap, channel_->connector->capabilities().order_visibility_lag);
  const Instant first = settings.order_since.value_or(now_ - kFirstWindow);
  window_.from = portal_clock_ == Instant{} ? first : std::min(portal_clock_, now_) - overlap;
  if (std::exchange(wants_all_, false)) window_.from = std::min(window_.from, first);
  if (unread_since_ != Instant{}) {
    unread_since_ = std::max({unread_since_, now_ - kLongestUnread, settings.order_since.value_or(Instant{})});
    if (next_unread_look_ <= now_) window_.from = std::min(window_.from, unread_since_);
  }
  if (settings.order_since) window_.from = std::max(window_.from, *settings.order_since);
  looks_at_unread_ = unread_since_ != Instant{} && window_.from <= unread_since_;
  looks_at_open_ = looks_at_open_ || looks_at_unread_;
  window_.to = std::max({now_, portal_clock_, seen_clock_}) + kWindowAhead;
  start(Call::begin, BeginIntake{});
}

void IntakeLane::pull_window(std::string_view cursor) {
  pulling_ids_ = 0;
  converse(channel_->connector->pull_orders(window_, cursor));
}

void IntakeLane::tell_breaker(const ItemVerdict* failure) {
  const bool is_ill =
      failure != nullptr && (failure->verdict == Verdict::retry || failure->verdict == Verdict::ambiguous);
  const auto change = is_ill ? pass_.ill(failure->reason, now_, unit_) : pass_.well(now_);
  if (change) report(*change);
}

// A portal that is ill is left alone; the ERP's part goes on meanwhile.
void IntakeLane::converse(std::unique_ptr<connector::Pull> pull) {
  auto pass = channel_->breaker->enter(Priority::orders, now_);
  if (!pass) return begin_import();
  pass_ = std::move(*pass);
  conversation_ =
      std::make_unique<Conversation>(*channel_->connector, *channel_->credential, Priority::orders, std::move(pull));
  resume_at_ = now_;
}

void IntakeLane::take_turn(Conversation::Turn turn) {
  if (auto* outcome = std::get_if<Conversation::Outcome>(&turn)) {
    outcome_ = std::move(*outcome);
  } else if (const auto* wait = std::get_if<Conversation::Wait>(&turn)) {
    resume_at_ = wait->until;
    // a long wait for the portal is no reason to leave the ERP's part undone
    if (resume_at_ > now_ + kPatience) begin_import();
  } else {
    request_ = ++last_request_;
    out_.actions.emplace_back(Request{request_, std::move(std::get<Conversation::Ask>(turn).request)});
  }
}

void IntakeLane::take_outcome(Conversation::Outcome outcome) {
  const bool was_unreachable = conversation_->trail().is_unreachable;
  conversation_.reset();
  if (auto* page = std::get_if<connector::Page>(&outcome)) {
    tell_breaker(nullptr);
    return take_page(std::move(*page));
  }
  ItemVerdict verdict = std::get<connector::Finish>(outcome).items.front();
  if (was_unreachable && verdict.reason.empty()) verdict.reason = "the portal does not answer";
  tell_breaker(&verdict);
  take_failure(verdict);
}

void IntakeLane::take_page(connector::Page page) {
  const bool is_of_window = pulling_ids_ == 0;
  if (is_of_window && !page.orders.empty() && has_seen_all(page)) return take_endless(kCircle);
  // the portal's clock when the first page was taken: whatever is placed while the others are read is found next time.
  // Where it is ahead of ours it may be wrong: to look too far back costs nothing, and a clock that lies must not hide
  // orders once it is mended
  if (is_of_window && window_end_ == Instant{}) {
    const bool is_believed = page.portal_clock && *page.portal_clock <= now_;
    // whoever stood still between the begin of the run and the answer has not asked for what was placed after the window
    window_end_ = std::min(is_believed ? *page.portal_clock : began_at_, window_.to);
  }
  seen_clock_ = page.portal_clock.value_or(seen_clock_);
  cursor_ = is_of_window ? std::move(page.next_cursor) : std::string();
  for (const auto& order : page.orders) seen_.insert(order.portal_id);
  for (auto& order : page.unread) {
    if (unread_here_.size() < kMostUnread) unread_here_.insert(std::move(order));
  }
  if (page.orders.empty()) return after_page();
  StoreOrders store{run_, {}};
  for (auto& order : page.orders) {
    Ruling ruling = rule(channel_->settings.admission, order);
    store.orders.push_back({std::move(order), std::move(ruling)});
  }
  start(Call::store, std::move(store));
}

// The watermark stays: what this run did not see is looked for again.
void IntakeLane::take_failure(const ItemVerdict& verdict) {
  ++portal_failures_;
  has_failed_ = true;
  if (pulling_ids_ > 0) next_open_look_ = now_ + backoff(kPortalBackoff, portal_failures_, unit_);
  if (verdict.verdict == Verdict::unauthorized) {
    pause(verdict.reason);
  } else if (verdict.verdict == Verdict::snooze) {
    const Instant until = now_ + snooze_wait(verdict, channel_->settings.retry);
    if (verdict.scope == SnoozeScope::credential) channel_->credential->block_until(until);
  } else {
    trouble_.portal(verdict.reason.empty() ? "the portal does not give its orders" : verdict.reason);
  }
  begin_import();
}

void IntakeLane::after_page() {
  if (pulling_ids_ > 0) return pull_open();
  if (!cursor_.empty()) return follow_cursor();
  is_window_complete_ = true;
  after_window();
}

// A list that is not read to its end is an error: the watermark stays.
void IntakeLane::follow_cursor() {
  if (!cursors_.insert(cursor_).second) return take_endless(kCircle);
  if (cursors_.size() < kMostPages) return pull_window(cursor_);
  take_endless("the portal's list of orders has more than " + std::to_string(kMostPages) +
               " pages; what is behind them was not read: set 'order_since' to a later moment");
}

bool IntakeLane::has_seen_all(const connector::Page& page) const {
  return std::all_of(page.orders.begin(), page.orders.end(),
                     [this](const auto& order) { return seen_.contains(order.portal_id); });
}

void IntakeLane::take_endless(std::string reason) {
  ItemVerdict verdict;
  verdict.reason = std::move(reason);
  take_failure(verdict);
}

void IntakeLane::after_window() {
  if (!looks_at_open_) return begin_import();
  open_look_began_ = now_;
  const Duration watch = channel_->settings.order_watch;
  start(Call::open, ListOpen{watch > Duration(0) ? now_ - watch : Instant{}});
}

void IntakeLane::pull_open() {
  open_ids_.erase(open_ids_.begin(), open_ids_.begin() + static_cast<std::ptrdiff_t>(pulling_ids_));
  pulling_ids_ =
      std::min(open_ids_.size(), std::max<std::size_t>(1, channel_->connector->capabilities().max_batch_items));
  if (pulling_ids_ == 0) {
    next_open_look_ =
        now_ + std::max(channel_->settings.order_poll_interval, kOpenLookShare * (now_ - open_look_began_));
    return begin_import();
  }
  converse(channel_->connector->pull_orders_by_id(std::span(open_ids_).first(pulling_ids_)));
}

// ---- the end ------------------------------------------------------------------------------------------------------

// What the ERP still answers is recorded, the run closed, the lane freed for others.
void IntakeLane::advance_stop() {
  const bool may_write = lease_.is_held(now_) && trouble_.retry_at() <= now_ && run_ != 0;
  if (entry_.is_waiting() && may_write) return;
  if (may_write && !entry_.outcomes().empty()) return start_record();
  if (may_write && phase_ != Phase::idle) return start_finish();
  release_lease();
}

Instant IntakeLane::next_wake() const {
  if (call_ != Call::none || is_stopping_) return Instant{};
  const Instant at = lease_.ask_at();
  if (!lease_.is_held(now_)) return at;
  if (trouble_.retry_at() > now_) return earlier(at, trouble_.retry_at());
  if (phase_ == Phase::importing) return earlier(at, import_until_ > now_ ? import_until_ : std::max(import_until_, next_look_));
  if (phase_ == Phase::pulling) return request_ == 0 ? earlier(at, resume_at_) : at;
  return is_paused_ ? at : earlier(at, run_due_at());
}

}  // namespace ferry::engine
