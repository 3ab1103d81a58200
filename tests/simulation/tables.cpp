// Feeds: sql/state/statements/feed.sql, dispatch.sql.
#include "tests/simulation/tables.h"

#include <algorithm>
#include <tuple>

#include "plugin/domain/waiting.h"
#include "tests/simulation/feed_model.h"
#include "tests/simulation/law.h"

namespace ferry::simulation {

using engine::FeedRun;
using engine::FeedRunReport;
using engine::LaneId;
using engine::Lease;
using engine::Result;
using engine::RunMode;

namespace {

// Of what the portal confirmed something must remain, whatever the ERP says: nobody withdraws the last record here.
void must_not_empty(const LaneRow& row, const engine::SettledItem& item) {
  const auto& publication = row.publications.at(item.key);
  if (!item.document.empty() || !publication.acknowledged) return;
  const bool is_anything_left = std::ranges::any_of(row.publications, [&](const auto& entry) {
    return entry.first != item.key && entry.second.acknowledged.has_value();
  });
  must(is_anything_left, "no portal is emptied",
       [&] { return "the withdrawal of " + publication.label + " left nothing on the portal"; });
}

}  // namespace

engine::Counts& Tables::counts(std::int64_t run) { return runs_.at(static_cast<std::size_t>(run - 1)); }

void Tables::move_counts(std::int64_t run, int successful, int failed) {
  auto& row = counts(run);
  row.successful += successful;
  row.failed += failed;
  row.deferred -= successful + failed;
  must(balanced(row), "counts balance", [&] {
    return "run " + std::to_string(run) + " has changed=" + std::to_string(row.changed) +
           " successful=" + std::to_string(row.successful) + " failed=" + std::to_string(row.failed) +
           " deferred=" + std::to_string(row.deferred);
  });
}

bool Tables::can_compare(const LaneRow& row) const { return row.snapshot && row.snapshot->xmin >= hint_horizon_; }

std::set<std::int64_t> Tables::candidates(const FeedRun& run, const LaneRow& row, const FeedModel& feed) {
  const View view{erp_, *this, run.lease.lane.channel, run.stock_meaning, agenda_.now()};
  std::set<std::int64_t> keys;
  Snapshot before = run.mode == RunMode::hints ? *row.hint_snapshot : *row.snapshot;
  // the mistake: what was written before the last run is taken for seen, also when it was not committed then
  if (mutant_ == Mutant::watermark_by_write_date) before = {before.xmax, before.xmax, {}};
  for (const Hint& hint : erp_.hints) {
    if (hint.feed == run.feed && hint.xid >= before.xmin && !before.sees(hint.xid)) keys.insert(hint.key);
  }
  feed.add_reported(view, before, keys);
  if (run.mode == RunMode::watermark) feed.add_changed(view, before.xmin, keys);
  return keys;
}

void Tables::mark(LaneRow& row, const FeedRun& run, const FeedModel& feed, const std::set<std::int64_t>& keys,
                  FeedRunReport& report) {
  const View view{erp_, *this, run.lease.lane.channel, run.stock_meaning, agenda_.now()};
  const auto id = static_cast<std::int64_t>(runs_.size()) + 1;
  for (const auto key : keys) {
    const auto wanted = feed.wanted(view, key);
    const auto known = row.publications.find({key, 0});
    if (!wanted && (known == row.publications.end() || !known->second.desired)) continue;
    ++report.counts.inbound;
    if (wanted && known != row.publications.end() && known->second.desired == wanted->document) continue;
    ++report.counts.changed;
    Publication& publication = row.publications[{key, 0}];
    const std::string document = wanted ? wanted->document : "";
    publication.is_urgent = publication.acknowledged && feed.is_urgent(*publication.acknowledged, document);
    if (wanted) publication.label = wanted->label;
    if (is_divided(run.feed))
      publication.exposed =
          std::max({publication.exposed.value_or(0), feed.exposure(publication.acknowledged.value_or("")),
                    feed.exposure(publication.desired.value_or("")), feed.exposure(document)});
    publication.desired = wanted ? std::optional(document) : std::nullopt;
    const auto state = publication.delivery.state;
    publication.in_doubt = publication.in_doubt || (!publication.versions.empty() && state != PublicationState::settled &&
                                                    state != PublicationState::held);
    if (state != PublicationState::held) make_pending(publication);
    publication.run = id;
    publication.changed_at = agenda_.now();
    publication.was_asked_about = false;
    publication.versions.push_back(document);
  }
  report.counts.deferred = report.counts.changed;
  report.counts.unchanged = report.counts.inbound - report.counts.changed;
  if (report.counts.inbound == 0 && report.mode != RunMode::full) return;
  runs_.push_back(report.counts);
  report.run = id;
}

// Afresh, and at once. What is in doubt stays so.
void Tables::make_pending(Publication& publication) {
  publication.delivery = {PublicationState::pending, 0, 0, agenda_.now(), "", publication.delivery.confirm_at};
}

Result<FeedRunReport> Tables::run_feed(const FeedRun& run) {
  if (is_fenced(run.lease)) return fenced(run.lease);
  LaneRow& row = lanes_[run.lease.lane];
  const FeedModel& feed = *find_feed_model(run.feed);
  const Snapshot snapshot = transactions_.snapshot();
  const View view{erp_, *this, run.lease.lane.channel, run.stock_meaning, agenda_.now()};
  FeedRunReport report;
  const bool has_boundary_come = run.mode != RunMode::hints && row.next_boundary != Instant{} &&
                                 row.next_boundary <= agenda_.now();
  report.mode = can_compare(row) && !has_boundary_come ? run.mode : RunMode::full;
  std::set<std::int64_t> keys;
  if (report.mode == RunMode::full) {
    keys = feed.all(view);
    for (const auto& [key, publication] : row.publications) keys.insert(key.key);
  } else {
    keys = candidates(run, row, feed);
  }
  mark(row, run, feed, keys, report);
  guard(row, run, report);
  row.hint_snapshot = snapshot;
  if (report.mode != RunMode::hints) row.snapshot = snapshot;
  if (report.mode == RunMode::full) row.compared_fully_at = agenda_.now();
  if (report.mode != RunMode::hints) row.next_boundary = feed.boundary(agenda_.now());
  if (report.mode == RunMode::full || row.requested == "incremental") row.requested.reset();
  report.next_boundary = row.next_boundary;
  on_compared(run.lease, report.mode);
  if (erp_.hints.size() > 50) purge_hints();
  return report;
}

void Tables::purge_hints() {
  std::optional<Xid> least;
  for (const auto& [lane, row] : lanes_) {
    const bool rests = row.is_paused || !row.snapshot || row.expires_at + std::chrono::days(1) <= agenda_.now();
    if (!rests) least = std::min(least.value_or(row.snapshot->xmin), row.snapshot->xmin);
  }
  if (!least || *least <= hint_horizon_) return;
  hint_horizon_ = *least;
  std::erase_if(erp_.hints, [&](const Hint& hint) { return hint.xid < hint_horizon_; });
}

Result<engine::DueItems> Tables::due(const Lease& lease, std::size_t most, std::span<const RecordKey> except) {
  if (is_fenced(lease)) return fenced(lease);
  struct Candidate {
    int rank = 0;
    Instant due_at{};
    const RecordKey* key = nullptr;
    const Publication* publication = nullptr;
  };
  engine::DueItems due;
  std::vector<Candidate> found;
  for (const auto& [key, publication] : lanes_[lease.lane].publications) {
    const auto state = publication.delivery.state;
    const bool is_settled = state == PublicationState::settled;
    const Instant at = is_settled ? publication.delivery.confirm_at : publication.delivery.next_attempt_at;
    if (state == PublicationState::dead || at == Instant{}) continue;
    if (at > agenda_.now()) {
      due.next_due = due.next_due == Instant{} ? at : std::min(due.next_due, at);
    } else if (std::find(except.begin(), except.end(), key) == except.end()) {
      const int rank = (state == PublicationState::absent ? 3 : 0) + (publication.is_urgent ? 0 : 2);
      found.push_back({is_settled ? 1 : rank, at, &key, &publication});
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.rank, a.due_at) < std::tie(b.rank, b.due_at);
  });
  if (found.size() > most) found.resize(most);
  for (const auto& [rank, due_at, key, publication] : found) {
    const Publication& p = *publication;
    due.items.push_back({*key, {p.label, p.desired.value_or(""), p.acknowledged.value_or("")}, p.delivery});
  }
  return due;
}

Result<void> Tables::settle(const Lease& lease, std::span<const engine::SettledExchange> exchanges) {
  if (is_fenced(lease)) return fenced(lease);
  LaneRow& row = lanes_[lease.lane];
  for (const auto& exchange : exchanges) {
    for (const auto& item : exchange.items) {
      const auto found = row.publications.find(item.key);
      if (found == row.publications.end()) continue;
      Publication& publication = found->second;
      const Delivery before = publication.delivery;
      const bool is_delivered = item.verdict == Verdict::delivered;
      const bool waits = item.verdict == Verdict::snooze || item.verdict == Verdict::drifted;
      const bool is_afresh = !is_delivered && before.attempts < item.delivery.attempts - int{!waits};
      const bool has_moved_on = publication.desired.value_or("") != item.document || is_afresh;
      const bool waits_for_person = before.state == PublicationState::held || is_discarded(publication);
      const bool stays = waits_for_person && (has_moved_on || !is_delivered);
      if (is_delivered) must_not_empty(row, item);
      publication.in_doubt = publication.in_doubt && !is_delivered;
      if (is_delivered)
        publication.acknowledged = item.document.empty() ? std::nullopt : std::optional(item.document);
      publication.delivery = item.delivery;
      if (mutant_ == Mutant::attempt_on_snooze && item.verdict == Verdict::snooze) ++publication.delivery.attempts;
      Instant& confirm_at = publication.delivery.confirm_at;
      if (before.confirm_at > exchange.started_at) confirm_at = std::max(confirm_at, before.confirm_at);
      if (mutant_ == Mutant::doubt_forgotten) confirm_at = {};
      if (publication.exposed && confirm_at == Instant{}) release_exposed(publication, item.key, item);
      const Instant doubted_until = confirm_at;
      if (has_moved_on) make_pending(publication);
      if (stays) {
        publication.delivery = before;
        publication.delivery.confirm_at = doubted_until;
      }
      const auto state = publication.delivery.state;
      on_settled(lease, before, publication, exchange, item);
      if (engine::may_have_brought(item)) wake_absent(lease, publication.label);
      if (state == before.state) continue;
      move_counts(publication.run,
                  int{state == PublicationState::settled} - int{before.state == PublicationState::settled},
                  int{state == PublicationState::dead} - int{before.state == PublicationState::dead});
    }
  }
  return {};
}

void Tables::wake_absent(const Lease& lease, const std::string& label) {
  for (const Feed feed : waiting_for(*feed_from_name(lease.lane.job))) {
    bool is_any_woken = false;
    for (auto& [key, waiting] : lanes_[{lease.lane.channel, std::string(name_of(feed))}].publications) {
      if (waiting.label != label || waiting.delivery.state != PublicationState::absent) continue;
      if (waiting.delivery.next_attempt_at <= agenda_.now()) continue;
      waiting.delivery.next_attempt_at = agenda_.now();
      is_any_woken = true;
    }
    if (is_any_woken) notify(std::string(name_of(feed)));
  }
}

// What the others may have of it is theirs to find.
void Tables::release_exposed(Publication& publication, const RecordKey& key, const engine::SettledItem& item) {
  const FeedModel& feed = *find_feed_model(Feed::stock);
  const auto before = *publication.exposed;
  if (item.verdict == Verdict::delivered)
    publication.exposed = std::max(feed.exposure(item.document), feed.exposure(publication.desired.value_or("")));
  if (item.verdict == Verdict::absent) publication.exposed = feed.exposure(publication.desired.value_or(""));
  if (*publication.exposed >= before) return;
  const Xid xid = transactions_.begin();
  erp_.hints.push_back({Feed::stock, key.key, xid});
  transactions_.end(xid);
  notify("stock");
}

void Tables::replay(const LaneId& lane, const RecordKey& key) {
  Publication& publication = lanes_[lane].publications.at(key);
  if (publication.delivery.state != PublicationState::dead) return;
  make_pending(publication);
  move_counts(publication.run, 0, -1);
  notify(lane.job);
}

}  // namespace ferry::simulation
