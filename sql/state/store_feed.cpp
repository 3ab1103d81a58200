// The feed run: candidates, desired, comparison, marking, watermark; and its preview.
#include <utility>

#include "sql/state/session.h"
#include "sql/state/store.h"

namespace ferry::sql {

using engine::FeedRun;
using engine::FeedRunReport;
using engine::Preview;
using engine::Result;
using engine::RunMode;

namespace {

// More candidates than this are compared as a full run: one pass over everything is then the cheaper plan.
constexpr std::int64_t kMostKeys = 100'000;
constexpr std::int64_t kMostHintsPurged = 50'000;
constexpr auto kHintPurgeInterval = std::chrono::minutes(1);

// What the lane's row and the snapshot say at the beginning of the transaction.
struct Opened {
  std::string now_snapshot, old_snapshot, since;
  bool comparable = false, another_cluster = false, anything_hinted = false;
};

struct Candidates {
  std::int64_t count = 0;
  std::string keys;  // array literal
};

std::string feed_name(const FeedRun& run) { return std::string(name_of(run.feed)); }

std::string key_of(const FeedRun& run, std::string_view kind, RunMode mode) {
  return run.profile + "/" + feed_name(run) + " " + std::string(kind) + " " + std::string(engine::name_of(mode));
}

// One feed of one profile, as this database can run it.
class Recipe {
 public:
  Recipe(Session& session, const FeedRun& run)
      : sections_(profile_sections(run.profile, name_of(run.feed))), missing_(session.missing_tables(sections_)) {}

  std::string section(std::string_view name, RunMode mode, std::string_view fallback) const {
    auto text = profile_section(sections_, name, mode == RunMode::full ? "full" : "keyed", missing_);
    return text.empty() ? std::string(fallback) : text;
  }
  std::string candidate_query(RunMode mode) const;
  std::string comparison(RunMode mode, std::string_view tail) const;

 private:
  const Sections& sections_;
  const std::set<std::string, std::less<>>& missing_;
};

std::string Recipe::candidate_query(RunMode mode) const {
  std::string sources = statement_source("feed.hinted");
  for (const std::string_view name : {"reported", "changed"}) {
    if (name == "changed" && mode != RunMode::watermark) continue;
    const auto text = section(name, mode, "");
    if (!text.empty()) sources += "\nUNION ALL SELECT s.key::bigint FROM (\n" + text + "\n) s(key)";
  }
  const auto related = section("related", mode, "SELECT NULL::bigint WHERE false");
  return composed(statement_source("feed.candidates"), {{"sources", sources}, {"related", related}});
}

std::string Recipe::comparison(RunMode mode, std::string_view tail) const {
  const auto source = statement_source(mode == RunMode::full ? "feed.full" : "feed.keyed") +
                      statement_source("feed.compared") + "\n" + statement_source(tail);
  auto urgent = section("urgent", mode, "false");
  for (const auto& [mark, column] : {std::pair{"{previous}", "p.acknowledged"}, {"{document}", "EXCLUDED.desired"}}) {
    for (auto at = urgent.find(mark); at != std::string::npos; at = urgent.find(mark)) {
      urgent.replace(at, std::string_view(mark).size(), column);
    }
  }
  return composed(source,
                  {{"desired", section("desired", mode, "")}, {"all", section("all", mode, "")}, {"urgent", urgent}});
}

// The parameters that a composed statement uses, of all that there are.
void set_known(Statement& statement, const FeedRun& run, const Opened& opened) {
  const auto set = [&](std::string_view name, std::string value) {
    if (statement.has_parameter(name)) statement.set(name, std::move(value));
  };
  set("channel", std::to_string(run.lease.lane.channel));
  set("feed", feed_name(run));
  set("on_hand", run.stock_meaning == connector::StockMeaning::on_hand ? "true" : "false");
  set("since", opened.since);
  set("snapshot", opened.old_snapshot);
}

Opened open(Session& session, const FeedRun& run) {
  Statement& statement = session.statement("feed.open");
  set_lease(statement, run.lease);
  statement.execute();
  if (!statement.fetch()) throw_fenced(run.lease);
  Opened opened;
  opened.now_snapshot = statement.text(0);
  opened.old_snapshot = statement.text(1);
  opened.since = statement.text(2);
  opened.comparable = statement.boolean(3);
  opened.another_cluster = statement.boolean(4);
  opened.anything_hinted = statement.boolean(5);
  return opened;
}

void refresh_fingerprints(Session& session, const FeedRun& run) {
  Statement& statement = session.statement("feed.refresh_fingerprints");
  statement.set("channel", run.lease.lane.channel).set("feed", feed_name(run)).execute();
}

Candidates candidates(Session& session, const FeedRun& run, const Opened& opened) {
  Statement& statement = session.composed_statement(key_of(run, "candidates", run.mode),
                                                    [&] { return Recipe(session, run).candidate_query(run.mode); });
  set_known(statement, run, opened);
  statement.set("most", kMostKeys + 1).execute();
  statement.fetch();
  return {statement.integer(0), std::string(statement.text(1))};
}

FeedRunReport mark(Session& session, const FeedRun& run, const Opened& opened, RunMode mode, const std::string& keys) {
  Statement& statement = session.composed_statement(key_of(run, "mark", mode),
                                                    [&] { return Recipe(session, run).comparison(mode, "feed.mark"); });
  set_known(statement, run, opened);
  if (statement.has_parameter("keys")) statement.set("keys", keys);
  statement.set("mode", engine::name_of(mode)).set("holder", storable(run.lease.holder)).execute();
  FeedRunReport report;
  report.mode = mode;
  if (!statement.fetch()) return report;
  report.run = statement.integer(0);
  report.counts.inbound = statement.integer(1);
  report.counts.changed = report.counts.deferred = statement.integer(2);
  report.counts.unchanged = report.counts.inbound - report.counts.changed;
  return report;
}

Instant finish(Session& session, const FeedRun& run, const Opened& opened, const FeedRunReport& report) {
  Statement& statement = session.composed_statement(key_of(run, "finish", RunMode::full), [&] {
    const auto boundary = Recipe(session, run).section("boundary", RunMode::full, "SELECT NULL::timestamptz");
    return composed(statement_source("feed.finish"), {{"boundary", boundary}});
  });
  set_known(statement, run, opened);
  statement.set("now_snapshot", opened.now_snapshot).set("mode", engine::name_of(report.mode));
  statement.set("run", report.run).set("changed", report.counts.changed).execute();
  return statement.fetch() ? to_instant(statement.integer(0)) : Instant{};
}

FeedRunReport run_once(Session& session, const FeedRun& run) {
  const Opened opened = open(session, run);
  RunMode mode = opened.comparable && !opened.anything_hinted ? run.mode : RunMode::full;
  Candidates found;
  if (mode != RunMode::full) found = candidates(session, run, opened);
  if (found.count > kMostKeys) mode = RunMode::full;
  FeedRunReport report;
  report.mode = mode;
  if (mode == RunMode::full) {
    if (opened.another_cluster) refresh_fingerprints(session, run);
    session.connection.run("SET LOCAL work_mem = '64MB'; SET LOCAL plan_cache_mode = force_custom_plan");
  }
  if (mode == RunMode::full || found.count > 0) report = mark(session, run, opened, mode, found.keys);
  report.next_boundary = finish(session, run, opened, report);
  return report;
}

}  // namespace

Result<FeedRunReport> OdbcStore::run_feed(const FeedRun& run) {
  auto report = in_transaction<FeedRunReport>(Isolation::repeatable_read,
                                              [&](Session& session) { return run_once(session, run); });
  if (report.has_value()) purge_hints_now_and_then();
  return report;
}

void OdbcStore::purge_hints_now_and_then() {
  const auto now = std::chrono::steady_clock::now();
  if (hints_purged_at_ != std::chrono::steady_clock::time_point{} && now - hints_purged_at_ < kHintPurgeInterval)
    return;
  hints_purged_at_ = now;
  // a failure is met again, and reported, by the next run's own statements; unpurged hints only take room
  std::ignore = in_transaction<void>(Isolation::read_committed, [](Session& session) {
    session.statement("feed.purge_hints").set("most", kMostHintsPurged).execute();
  });
}

Result<Preview> OdbcStore::preview(const FeedRun& run, std::size_t most) {
  return in_transaction<Preview>(Isolation::repeatable_read, [&](Session& session) {
    Statement& statement = session.composed_statement(key_of(run, "preview", RunMode::full), [&] {
      return Recipe(session, run).comparison(RunMode::full, "feed.show");
    });
    set_known(statement, run, {});
    statement.set("most", static_cast<std::int64_t>(most)).execute();
    Preview preview;
    while (statement.fetch()) {
      preview.inbound = statement.integer(0);
      preview.changed = statement.integer(1);
      if (statement.is_null(2)) break;  // nothing would change
      preview.changes.push_back(
          {std::string(statement.text(2)), std::string(statement.text(3)), std::string(statement.text(4))});
    }
    return preview;
  });
}

}  // namespace ferry::sql
