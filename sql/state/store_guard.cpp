// Change sets that are held: by a run, and by people who release or discard them.
#include <utility>

#include "sql/state/catalogue.h"
#include "sql/state/guard.h"
#include "sql/state/session.h"
#include "sql/state/store.h"

namespace ferry::sql {

using engine::ChangeSet;
using engine::FeedRun;
using engine::FeedRunReport;
using engine::held_reason;
using engine::LaneId;
using engine::Result;
using engine::RunMode;

namespace {

constexpr std::int64_t kMostExamples = 3;
// What is held is not released by itself while somebody is still mending it.
constexpr auto kQuiet = std::chrono::minutes(10);

Statement& of_lane(Session& session, std::string_view name, const FeedRun& run) {
  Statement& statement = session.statement(name);
  statement.set("channel", run.lease.lane.channel).set("feed", name_of(run.feed));
  return statement;
}

std::int64_t confirmed(Session& session, const FeedRun& run, const ChangeSet& set) {
  const auto needed = confirmed_needed(run.feed, set, *run.guard);
  if (needed == 0) return 0;
  Statement& statement = of_lane(session, "guard.confirmed", run);
  statement.set("most", needed).execute();
  statement.fetch();
  return statement.integer(0);
}

// `of_run`: whose withdrawals the set counts already; 0: of none that is recorded.
std::vector<std::string> judged(Session& session, const FeedRun& run, ChangeSet set, std::int64_t of_run) {
  if (set.withdrawn > 0) {
    Statement& statement = of_lane(session, "guard.withdrawn", run);
    statement.set("run", of_run).execute();
    statement.fetch();
    if (of_run != 0) set.leaves_nothing = !statement.boolean(0);
    set.withdrawn_lately = statement.integer(1);
    set.gone = statement.integer(2);
  }
  set.confirmed = confirmed(session, run, set);
  return breaches(run.feed, set, *run.guard);
}

std::vector<engine::Example> largest(Session& session, const FeedRun& run) {
  Statement& statement = of_lane(session, "guard.largest", run);
  statement.set("most", kMostExamples).execute();
  std::vector<engine::Example> found;
  while (statement.fetch()) {
    found.push_back({std::string(statement.text(0)), std::string(statement.text(1)), std::string(statement.text(2)),
                     statement.boolean(3)});
  }
  return found;
}

void hold(Session& session, const FeedRun& run, const LaneHold& lane, const std::vector<std::string>& found,
          FeedRunReport& report) {
  Statement& held = of_lane(session, "guard.hold", run);
  held.set("run", report.run).set("reason", storable(held_reason(found, {}))).execute();
  const auto reason = held_reason(found, largest(session, run));
  if (lane.run != 0) of_lane(session, "guard.join", run).set("run", report.run).execute();
  Statement& note = of_lane(session, "guard.note", run);
  note.set("run", report.run).set("reason", storable(reason));
  note.set("is_first", lane.compares_first || lane.was_first).execute();
  report.news = "held for a person: " + reason;
}

void end(Session& session, const FeedRun& run, std::string_view outcome) {
  Statement& statement = of_lane(session, "guard.release", run);
  statement.set("run", 0).set("outcome", outcome).set("by", "").set("note", "").execute();
}

// The lane holds something: perhaps there is no reason for it any more.
void review(Session& session, const FeedRun& run, const LaneHold& lane, FeedRunReport& report) {
  if (report.counts.changed == 0 && report.mode == RunMode::hints) return;
  of_lane(session, "guard.restore", run).execute();
  Statement& row = session.composed_statement(
      "guard.held", [] { return with_figures(statement_source("guard.held"), {"p.acknowledged", "p.desired", "p.in_doubt"}); });
  row.set("channel", run.lease.lane.channel).set("feed", name_of(run.feed));
  row.set("quiet", std::int64_t{Duration(kQuiet).count()}).execute();
  row.fetch();
  ChangeSet held = change_set(row, 0);
  held.is_first = lane.was_first;
  const bool is_quiet = row.boolean(kChangeSetColumns);
  const std::string of_run = "run " + std::to_string(lane.run);
  if (held.records == 0) {
    end(session, run, "restored");
    report.news = "nothing of " + of_run + " is held any more: the ERP says again what the portal shows";
  } else if (is_quiet && report.mode != RunMode::hints && judged(session, run, held, lane.run).empty()) {
    end(session, run, "within_limits");
    report.news = "what was held of " + of_run + " is within the limits now and is sent: " +
                  std::to_string(held.records) + " records";
  }
}

OdbcStore::HoldEnd hold_end(Statement& row) { return {row.integer(0), row.integer(1)}; }

void set_end(Statement& statement, const LaneId& lane, const OdbcStore::HoldChoice& choice) {
  statement.set("channel", lane.channel).set("feed", storable(lane.job)).set("run", choice.run);
  statement.set("by", storable(choice.by)).set("note", storable(choice.note));
}

}  // namespace

std::string in_columns(std::string text, const FigureColumns& columns) {
  for (const auto& [mark, column] : {std::pair{std::string_view("{previous}"), columns.previous},
                                     std::pair{std::string_view("{document}"), columns.document},
                                     std::pair{std::string_view("{in_doubt}"), columns.in_doubt}}) {
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + column.size())) {
      text.replace(at, mark.size(), column);
    }
  }
  return text;
}

std::string with_figures(const std::string& source, const FigureColumns& columns) {
  return composed(source, {{"figures", in_columns(statement_source("guard.figures"), columns)},
                           {"change_set", statement_source("guard.change_set")}});
}

ChangeSet change_set(const Statement& row, std::size_t first_column) {
  ChangeSet set;
  for (auto* figure : {&set.records, &set.changed, &set.withdrawn, &set.zeroed, &set.fall, &set.rise}) {
    *figure = row.integer(first_column++);
  }
  return set;
}

void guard(Session& session, const FeedRun& run, const LaneHold& lane, const ChangeSet& marked, FeedRunReport& report) {
  if (!run.guard) return;
  ChangeSet set = marked;
  set.is_first = lane.compares_first;
  const auto found = set.records > 0 ? judged(session, run, set, report.run) : std::vector<std::string>{};
  if (!found.empty()) {
    hold(session, run, lane, found, report);
  } else if (lane.run != 0) {
    review(session, run, lane, report);
  }
}

std::string would_hold(Session& session, const FeedRun& run, ChangeSet set) {
  if (!run.guard || set.records == 0) return "";
  Statement& row = of_lane(session, "guard.first", run);
  row.execute();
  set.is_first = !row.fetch();
  return held_reason(judged(session, run, set, 0), {});
}

Result<std::string> OdbcStore::held_json(const LaneId& lane, std::int64_t most) {
  const auto bind = [&](Statement& statement) {
    set_lane(statement, lane);
    statement.set("most", most);
  };
  return first_row<std::string>("guard.list", bind, [](Statement& row) { return std::string(row.text(0)); });
}

Result<OdbcStore::HoldEnd> OdbcStore::release_held(const LaneId& lane, const HoldChoice& choice) {
  const auto bind = [&](Statement& statement) {
    set_end(statement, lane, choice);
    statement.set("outcome", "released");
  };
  return first_row<HoldEnd>("guard.release", bind, hold_end);
}

Result<OdbcStore::HoldEnd> OdbcStore::discard_held(const LaneId& lane, const HoldChoice& choice) {
  return first_row<HoldEnd>("guard.discard", [&](Statement& statement) { set_end(statement, lane, choice); }, hold_end);
}

}  // namespace ferry::sql
