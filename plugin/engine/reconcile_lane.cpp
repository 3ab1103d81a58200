#include "plugin/engine/reconcile_lane.h"

#include <algorithm>
#include <utility>

#include "plugin/domain/settle.h"
#include "plugin/engine/moment.h"

namespace ferry::engine {
namespace {

constexpr Backoff kPortalBackoff{std::chrono::seconds(10), std::chrono::minutes(10)};
constexpr int kRestShare = 4;  // reading takes at most a fifth of the time: a portal answers one request at a time
constexpr Duration kLeastRest = std::chrono::milliseconds(100);
constexpr Duration kLongestRest = std::chrono::seconds(30);

std::vector<Feed> surveyed_feeds(const Channel& channel) {
  std::vector<Feed> feeds;
  for (const Feed feed : channel.connector->capabilities().surveys) {
    const auto& jobs = channel.settings.jobs;
    if (std::find(jobs.begin(), jobs.end(), name_of(feed)) != jobs.end()) feeds.push_back(feed);
  }
  return feeds;
}

}  // namespace

ReconcileLane::ReconcileLane(std::shared_ptr<const Channel> channel) : LaneBase(std::move(channel)) {}

// ---- inputs -----------------------------------------------------------------------------------------------------

void ReconcileLane::take(Input input) {
  std::visit([this](auto&& part) { on(std::forward<decltype(part)>(part)); }, std::move(input));
}

// Woken: somebody asked for a reconciliation, which stands in its table, or resumed the lane, which stands in its row.
void ReconcileLane::send() {
  if (!std::exchange(is_woken_, false) || task_) return;
  next_ask_ = now_;
  if (lease_.is_held(now_)) lease_.ask_now();
}

// Forgets the page under way: the tables will ask for it again.
void ReconcileLane::drop() {
  task_.reset();
  conversation_.reset();
  page_.reset();
  request_ = 0;
  is_orphan_ = call_ != Call::none && call_ != Call::acquire;
}

void ReconcileLane::gain() {
  gained_at_ = now_;
  next_ask_ = now_;  // what another process left open
  is_open_ = false;
  cursors_.clear();
}

void ReconcileLane::read_row(const LeaseAnswer& row) {
  is_paused_ = row.paused;
  if (is_paused_) drop();
  reconciled_at_ = row.compared_fully_at;
  const bool was_requested = std::exchange(is_requested_, row.requested.has_value());
  if (is_requested_ && !was_requested) next_ask_ = std::min(next_ask_, now_);
}

void ReconcileLane::on(SurveyGiven given) {
  if (!expects(Call::next) || !succeeded(given.task)) return;
  SurveyTask task = std::move(*given.task);
  if (task.kind == SurveyKind::finished) {
    out_.actions.emplace_back(ReconciliationSummary{task.reconciliation, task.feed, task.counts});
    lease_.ask_now();  // what it wrote into the lane's row
    next_ask_ = now_;
  } else if (task.kind != SurveyKind::none) {
    is_open_ = true;
    if (!is_stopping_) begin(std::move(task));
  } else if (task.not_before != Instant{}) {
    is_open_ = true;
    next_ask_ = std::max(task.not_before, now_ + kLeastRest);
  } else {
    is_open_ = is_requested_ = false;
    next_ask_ = Instant::max();
    not_due_before_ = now_ + kFirstWait;  // it may have been due, and there was nothing that can be compared yet
  }
}

void ReconcileLane::on(const SurveyRecorded& recorded) {
  const SurveyProgress* progress = answer_to(Call::record, recorded.progress);
  if (progress == nullptr) return;
  if (page_->kind == SurveyKind::listing) cursors_.insert(page_->cursor);
  page_.reset();
  task_.reset();
  trouble_.portal("");
  portal_failures_ = 0;
  wake_others(*progress);
  next_ask_ = now_ + rest_;
}

void ReconcileLane::on(const Replied& replied) {
  if (request_ == 0 || replied.request != request_) return;
  request_ = 0;
  take_turn(conversation_->on_reply(replied.reply, now_));
}

// ---- the round --------------------------------------------------------------------------------------------------

Instant ReconcileLane::due_at() const {
  if (channel_->settings.reconcile_interval <= Duration(0)) return Instant::max();
  const Instant due =
      reconciled_at_ == Instant{} ? gained_at_ + kFirstWait : reconciled_at_ + channel_->settings.reconcile_interval;
  return std::max(due, not_due_before_);
}

// One round after the other: what is open is finished first.
Instant ReconcileLane::ask_at() const { return is_open_ ? next_ask_ : std::min(next_ask_, due_at()); }

bool ReconcileLane::is_due() const { return is_requested_ || due_at() <= now_; }

void ReconcileLane::advance() {
  if (lease_.is_due(now_)) return start(Call::acquire, lease_.ask(now_));
  if (!lease_.is_held(now_) || trouble_.retry_at() > now_) return;
  if (page_) return start(Call::record, RecordSurvey{*page_});
  if (conversation_) {
    if (request_ == 0 && resume_at_ <= now_) take_turn(conversation_->resume(now_));
    if (page_) start(Call::record, RecordSurvey{*page_});
    return;
  }
  if (!is_paused_ && ask_at() <= now_) ask_next();
}

void ReconcileLane::ask_next() {
  SurveyWish wish;
  wish.feeds = surveyed_feeds(*channel_);
  wish.is_due = is_due();
  wish.heals = channel_->settings.reconcile_heals;
  wish.orders_since = channel_->settings.order_since.value_or(Instant{});
  wish.most_labels = std::max<std::size_t>(1, channel_->connector->capabilities().max_batch_items);
  start(Call::next, NextSurvey{std::move(wish)});
}

void ReconcileLane::begin(SurveyTask task) {
  if (task.kind == SurveyKind::listing && std::exchange(listing_, task.reconciliation) != task.reconciliation) {
    cursors_.clear();
  }
  const auto& portal = *channel_->connector;
  task_ = std::move(task);
  auto survey = task_->kind == SurveyKind::listing ? portal.survey(task_->feed, task_->window, task_->cursor)
                                                   : portal.survey_labels(task_->feed, task_->labels);
  conversation_ = std::make_unique<Conversation>(portal, *channel_->credential, Priority::spare, std::move(survey));
  resume_at_ = now_;
}

void ReconcileLane::take_turn(Conversation::Turn turn) {
  if (const auto* wait = std::get_if<Conversation::Wait>(&turn)) {
    resume_at_ = wait->until;
    return;
  }
  if (auto* ask = std::get_if<Conversation::Ask>(&turn)) {
    request_ = ++last_request_;
    sent_at_ = now_;
    out_.actions.emplace_back(Request{request_, std::move(ask->request)});
    return;
  }
  const bool was_unreachable = conversation_->trail().is_unreachable;
  conversation_.reset();
  auto& outcome = std::get<Conversation::Outcome>(turn);
  if (auto* page = std::get_if<connector::SurveyPage>(&outcome)) return take_page(std::move(*page));
  take_failure(std::get<connector::Finish>(outcome).items.front(), was_unreachable);
}

void ReconcileLane::take_page(connector::SurveyPage page) {
  const bool is_listing = task_->kind == SurveyKind::listing;
  if (is_listing && !page.next_cursor.empty() && cursors_.contains(page.next_cursor)) {
    ItemVerdict circle;
    circle.reason = "the portal's pages of " + std::string(name_of(task_->feed)) + " run in a circle";
    return take_failure(circle, false);
  }
  rest_ = std::clamp(kRestShare * (now_ - sent_at_), kLeastRest, kLongestRest);
  page_ = SurveyResult{task_->kind,   task_->reconciliation,
                       task_->feed,   is_listing ? std::move(page.next_cursor) : task_->cursor,
                       task_->labels, std::move(page.records)};
}

// Nothing is concluded from what could not be read; the same page is asked for later.
void ReconcileLane::take_failure(const ItemVerdict& verdict, bool was_unreachable) {
  task_.reset();
  next_ask_ = now_ + backoff(kPortalBackoff, ++portal_failures_, unit_);
  if (verdict.verdict == Verdict::unauthorized) {
    pause(verdict.reason);
  } else if (verdict.verdict == Verdict::snooze) {
    const Instant until = now_ + snooze_wait(verdict, channel_->settings.retry);
    if (verdict.scope == SnoozeScope::credential) channel_->credential->block_until(until);
    next_ask_ = std::max(next_ask_, until);
  } else if (!verdict.reason.empty()) {
    trouble_.portal(verdict.reason);
  } else {
    trouble_.portal(was_unreachable ? "the portal does not answer" : "the portal does not say what it shows");
  }
}

// Before a suspect is looked at again, the intake has looked at the portal's orders, which may explain it.
void ReconcileLane::wake_others(const SurveyProgress& progress) {
  if (progress.suspected > 0 || progress.looked_for > 0) {
    out_.actions.emplace_back(WakeJob{channel_->id, std::string(kIntakeJob)});
  }
  if (progress.resent == 0) return;
  for (const Feed feed : surveyed_feeds(*channel_)) {
    out_.actions.emplace_back(WakeJob{channel_->id, std::string(name_of(feed))});
  }
}

Instant ReconcileLane::next_wake() const {
  if (call_ != Call::none || is_stopping_) return Instant{};
  const Instant at = lease_.ask_at();
  if (!lease_.is_held(now_)) return at;
  if (trouble_.retry_at() > now_) return earlier(at, trouble_.retry_at());
  if (conversation_) return request_ == 0 ? earlier(at, resume_at_) : at;
  return is_paused_ ? at : earlier(at, ask_at());
}

}  // namespace ferry::engine
