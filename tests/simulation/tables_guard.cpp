// Change sets that are held: sql/state/statements/guard.sql.
#include <algorithm>

#include "plugin/engine/guard.h"
#include "tests/simulation/feeds/amount.h"
#include "tests/simulation/law.h"
#include "tests/simulation/tables.h"

namespace ferry::simulation {

using engine::ChangeSet;
using engine::FeedRun;
using engine::FeedRunReport;
using engine::held_reason;
using engine::LaneId;
using engine::RunMode;

namespace {

constexpr Duration kQuiet = std::chrono::minutes(10);

bool is_held(const Publication& publication) { return publication.delivery.state == PublicationState::held; }

bool is_out_of_stock(Feed feed, const std::optional<std::string>& document) {
  return feed == Feed::stock && document && document->find(R"("quantity":"0")") != std::string::npos;
}

// Adds how a price changes, in hundredths of a percent.
void add_price(ChangeSet& set, Feed feed, const Publication& publication) {
  if ((feed != Feed::list_price && feed != Feed::cost) || !publication.desired) return;
  const auto before = amount_in(*publication.acknowledged), after = amount_in(*publication.desired);
  if (!before || !after || *before == 0) return;
  const std::int64_t change = (*after - *before) * 10'000 / *before;
  set.fall = std::max(set.fall, -change);
  set.rise = std::max(set.rise, change);
}

// Of the publications that `belongs` chooses; `run`: which marked them.
template <class Belongs>
ChangeSet change_set(const LaneRow& row, Feed feed, std::int64_t run, Instant now, Belongs belongs) {
  ChangeSet set;
  set.leaves_nothing = true;
  const bool is_anything_confirmed = std::ranges::any_of(row.publications, [](const auto& entry) {
    return entry.second.acknowledged.has_value();
  });
  for (const auto& [key, publication] : row.publications) {
    set.confirmed += publication.acknowledged || publication.delivery.state != PublicationState::settled;
    const bool was_on_its_way = publication.in_doubt || publication.run != run;
    const bool was_there = publication.acknowledged || (was_on_its_way && !is_anything_confirmed);
    if (was_there && publication.desired) set.leaves_nothing = false;
    if (!belongs(publication)) {
      const bool is_late = !publication.versions.empty() && !publication.desired && !publication.was_asked_about &&
                           publication.changed_at > now - std::chrono::days(1) && !is_held(publication);
      set.withdrawn_lately += is_late;
      set.gone += is_late && !publication.acknowledged;
      continue;
    }
    ++set.records;
    const bool is_withdrawn = (publication.acknowledged || publication.in_doubt) && !publication.desired;
    set.withdrawn += is_withdrawn;
    set.changed += is_withdrawn || (publication.acknowledged && publication.desired != publication.acknowledged);
    if (!publication.acknowledged) continue;
    add_price(set, feed, publication);
    set.zeroed += is_out_of_stock(feed, publication.desired) && !is_out_of_stock(feed, publication.acknowledged);
  }
  return set;
}

}  // namespace

void Tables::guard(LaneRow& row, const FeedRun& run, FeedRunReport& report) {
  if (!run.guard || mutant_ == Mutant::guard_asleep) return;
  const auto is_marked = [&](const Publication& publication) {
    return report.run != 0 && publication.run == report.run && publication.delivery.state == PublicationState::pending;
  };
  const auto found = breaches(run.feed, change_set(row, run.feed, report.run, agenda_.now(), is_marked), *run.guard);
  if (found.empty()) return row.hold ? review(row, run, report) : void();
  for (auto& [key, publication] : row.publications) {
    if (!is_marked(publication)) continue;
    publication.delivery = {PublicationState::held, 0, 0, {}, "held", publication.delivery.confirm_at};
    publication.was_asked_about = true;
  }
  row.hold = report.run;
  report.news = held_reason(found, {});
}

void Tables::review(LaneRow& row, const FeedRun& run, FeedRunReport& report) {
  if (report.counts.changed == 0 && report.mode == RunMode::hints) return;
  bool is_quiet = true;
  for (auto& [key, publication] : row.publications) {
    if (!is_held(publication)) continue;
    if (publication.desired != publication.acknowledged) {
      is_quiet = is_quiet && publication.changed_at < agenda_.now() - kQuiet;
    } else if (publication.in_doubt) {
      make_pending(publication);
    } else {
      publication.delivery = {PublicationState::settled, 0, 0, {}, "", publication.delivery.confirm_at};
      move_counts(publication.run, 1, 0);
    }
  }
  const ChangeSet set = change_set(row, run.feed, *row.hold, agenda_.now(), is_held);
  const bool may_go = is_quiet && report.mode != RunMode::hints && breaches(run.feed, set, *run.guard).empty();
  if (set.records > 0 && !may_go) return;
  report.news = "nothing is held any more";
  release_held(run.lease.lane);
}

void Tables::release_held(const LaneId& lane) {
  LaneRow& row = lanes_[lane];
  row.hold.reset();
  for (auto& [key, publication] : row.publications) {
    if (is_held(publication)) make_pending(publication);
  }
  notify(lane.job);
}

void Tables::discard_held(const LaneId& lane) {
  LaneRow& row = lanes_[lane];
  row.hold.reset();
  for (auto& [key, publication] : row.publications) {
    if (!is_held(publication)) continue;
    publication.delivery = {PublicationState::settled, 0, 0, {}, "discarded"};
    move_counts(publication.run, 1, 0);
  }
}

}  // namespace ferry::simulation
