// The feed run: candidates, what only the ERP can evaluate, desired, comparison, marking, watermark; and its preview.
#include <optional>
#include <utility>

#include "sql/state/evaluation.h"
#include "sql/state/guard.h"
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
  bool comparable = false, another_cluster = false, anything_hinted = false, owner_changed = false;
  bool is_shared = false;  // what the channel publishes is divided among channels
  LaneHold hold;
};

struct Candidates {
  std::int64_t count = 0;
  std::string keys;  // array literal
};

std::string feed_name(const FeedRun& run) { return std::string(name_of(run.feed)); }

// A feed that is told in part alone, and one that is divided among channels, have statements of their own: the others do
// without that part.
std::string key_of(const FeedRun& run, std::string_view kind, RunMode mode, bool is_shared = false) {
  return run.profile + "/" + feed_name(run) + " " + std::string(kind) + " " + std::string(engine::name_of(mode)) +
         (is_shared ? " shared" : "") + (run.disowned.empty() ? "" : " owned");
}

std::string disowned(const FeedRun& run) {
  ArrayLiteral members;
  for (const std::string& member : run.disowned) members.add_text(member);
  return members.text();
}

// One feed of one profile, as this database can run it.
class Recipe {
 public:
  Recipe(Session& session, const FeedRun& run, bool is_shared = false)
      : sections_(profile_sections(run.profile, name_of(run.feed))),
        missing_(session.missing_tables(sections_)),
        is_shared_(is_shared),
        is_owned_in_part_(!run.disowned.empty()) {}

  std::string section(std::string_view name, RunMode mode, std::string_view fallback) const {
    const std::string kind = std::string(mode == RunMode::full ? "full" : "keyed") + (is_shared_ ? " shared" : "");
    auto text = profile_section(sections_, name, kind, missing_);
    return text.empty() ? std::string(fallback) : text;
  }
  bool has_questions() const { return sections_.contains("questions"); }
  std::string candidate_query(RunMode mode, bool asks_erp) const;
  std::string needed_query(RunMode mode) const;
  std::string comparison(RunMode mode, std::string_view tail) const;

 private:
  const Sections& sections_;
  const std::set<std::string, std::less<>>& missing_;
  const bool is_shared_, is_owned_in_part_;
};

std::string Recipe::candidate_query(RunMode mode, bool asks_erp) const {
  std::string sources = statement_source("feed.hinted");
  for (const std::string_view name : {"reported", "changed"}) {
    if (name == "changed" && mode != RunMode::watermark) continue;
    const auto text = section(name, mode, "");
    if (!text.empty()) sources += "\nUNION ALL SELECT s.key::bigint FROM (\n" + text + "\n) s(key)";
  }
  if (asks_erp && has_questions() && mode == RunMode::watermark) {
    sources += "\nUNION ALL " + statement_source("evaluation.due");
  }
  const auto related = section("related", mode, "SELECT NULL::bigint WHERE false");
  return composed(statement_source("feed.candidates"), {{"sources", sources}, {"related", related}});
}

std::string Recipe::needed_query(RunMode mode) const {
  const bool is_full = mode == RunMode::full;
  return composed(statement_source("evaluation.needed"),
                  {{"candidates", is_full ? section("all", mode, "") : statement_source("evaluation.given")},
                   {"among", is_full ? "true" : statement_source("evaluation.among_given")},
                   {"questions", section("questions", mode, "")}});
}

std::string Recipe::comparison(RunMode mode, std::string_view tail) const {
  const auto source = statement_source(mode == RunMode::full ? "feed.full" : "feed.keyed") +
                      statement_source("feed.compared") + "\n" + statement_source(tail);
  const auto urgent = in_columns(section("urgent", mode, "false"), {"p.acknowledged", "EXCLUDED.desired", "p.in_doubt"});
  auto desired = section("desired", mode, "");
  if (is_owned_in_part_) desired = composed(statement_source("feed.owned"), {{"desired", desired}});
  const bool is_preview = tail == "feed.show";
  const FigureColumns columns{"p.acknowledged", is_preview ? "c.document" : "p.desired",
                              is_preview ? "coalesce(p.in_doubt OR p.state NOT IN ('settled', 'held'), false)" : "p.in_doubt"};
  return composed(with_figures(source, columns),
                  {{"desired", desired},
                   {"all", section("all", mode, "")},
                   {"urgent", urgent},
                   {"exposed", is_shared_ ? statement_source("feed.exposed") : "NULL"}});
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
  set("disowned", disowned(run));
}

Opened open(Session& session, const FeedRun& run) {
  Statement& statement = session.composed_statement(key_of(run, "open", RunMode::full), [&] {
    const auto shared = Recipe(session, run).section("shared", RunMode::full, "false");
    return composed(statement_source("feed.open"), {{"shared", shared}});
  });
  set_lease(statement, run.lease);
  statement.set("mode", engine::name_of(run.mode)).set("disowned", disowned(run)).execute();
  if (!statement.fetch()) throw_fenced(run.lease);
  Opened opened;
  opened.now_snapshot = statement.text(0);
  opened.old_snapshot = statement.text(1);
  opened.since = statement.text(2);
  opened.comparable = statement.boolean(3);
  opened.another_cluster = statement.boolean(4);
  opened.anything_hinted = statement.boolean(5);
  opened.is_shared = statement.boolean(6);
  opened.owner_changed = statement.boolean(8);
  opened.hold = {statement.integer(9), statement.boolean(10), statement.boolean(7)};
  return opened;
}

// For a preview, which has no lane.
bool is_shared(Session& session, const FeedRun& run) {
  Statement& statement = session.composed_statement(key_of(run, "shared", RunMode::full), [&] {
    return "SELECT (" + Recipe(session, run).section("shared", RunMode::full, "false") + ")";
  });
  set_known(statement, run, {});
  statement.execute();
  return statement.fetch() && statement.boolean(0);
}

void refresh_fingerprints(Session& session, const FeedRun& run) {
  Statement& statement = session.statement("feed.refresh_fingerprints");
  statement.set("channel", run.lease.lane.channel).set("feed", feed_name(run)).execute();
}

void disown(Session& session, const FeedRun& run) {
  Statement& statement = session.statement("feed.disown");
  statement.set("channel", run.lease.lane.channel).set("feed", feed_name(run)).set("disowned", disowned(run)).execute();
}

Candidates candidates(Session& session, const FeedRun& run, const Opened& opened) {
  Statement& statement =
      session.composed_statement(key_of(run, run.asks_erp ? "candidates asking" : "candidates", run.mode),
                                 [&] { return Recipe(session, run).candidate_query(run.mode, run.asks_erp); });
  set_known(statement, run, opened);
  statement.set("most", kMostKeys + 1).execute();
  statement.fetch();
  return {statement.integer(0), std::string(statement.text(1))};
}

// What has to be asked before this run can compare; empty: nothing, or the run does not ask.
std::vector<engine::ErpQuestion> questions(Session& session, const FeedRun& run, RunMode mode, const std::string& keys,
                                           const std::string& round) {
  if (!Recipe(session, run).has_questions()) return {};
  take_evaluations(session, run, round);
  const auto unanswered = [&] {
    Statement& statement = session.composed_statement(key_of(run, "needed", mode),
                                                      [&] { return Recipe(session, run).needed_query(mode); });
    set_known(statement, run, {});
    if (statement.has_parameter("keys")) statement.set("keys", keys);
    statement.set("round", round).set("most", kMostQuestions).execute();
    return questions_of(statement);
  };
  auto found = unanswered();
  if (run.asks_erp) return found;
  put_off(session, run, round, std::move(found), unanswered);
  return {};
}

FeedRunReport mark(Session& session, const FeedRun& run, const Opened& opened, RunMode mode, const std::string& keys,
                   engine::ChangeSet& marked) {
  Statement& statement = session.composed_statement(key_of(run, "mark", mode, opened.is_shared), [&] {
    return Recipe(session, run, opened.is_shared).comparison(mode, "feed.mark");
  });
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
  marked = change_set(statement, 3);
  return report;
}

Instant finish(Session& session, const FeedRun& run, const Opened& opened, const FeedRunReport& report) {
  Statement& statement = session.composed_statement(key_of(run, "finish", RunMode::full), [&] {
    const auto boundary = Recipe(session, run).section("boundary", RunMode::full, "SELECT NULL::timestamptz");
    return composed(statement_source("feed.finish"), {{"boundary", boundary}});
  });
  set_known(statement, run, opened);
  statement.set("now_snapshot", run.round.empty() ? opened.now_snapshot : run.round).set("mode", engine::name_of(report.mode));
  statement.set("run", report.run).set("changed", report.counts.changed).execute();
  return statement.fetch() ? to_instant(statement.integer(0)) : Instant{};
}

// Empty: others share what this channel publishes, so the run has to take its turn first.
std::optional<FeedRunReport> run_once(Session& session, const FeedRun& run, bool is_its_turn) {
  if (is_its_turn) session.connection.run(statement_source("feed.take_turn"));
  const Opened opened = open(session, run);
  if (opened.is_shared && !is_its_turn) return std::nullopt;
  const bool is_void = !opened.comparable || opened.anything_hinted || opened.owner_changed;
  RunMode mode = is_void ? RunMode::full : run.mode;
  Candidates found;
  if (mode != RunMode::full) found = candidates(session, run, opened);
  if (found.count > kMostKeys) mode = RunMode::full;
  FeedRunReport report;
  report.mode = mode;
  if (mode == RunMode::full) {
    if (opened.another_cluster) refresh_fingerprints(session, run);
    if (opened.owner_changed) disown(session, run);
    session.connection.run("SET LOCAL work_mem = '64MB'; SET LOCAL plan_cache_mode = force_custom_plan");
  }
  const bool has_candidates = mode == RunMode::full || found.count > 0;
  // What was asked for was true when the run first looked: nothing that was written since may be passed over.
  report.round = run.round.empty() ? opened.now_snapshot : run.round;
  if (has_candidates) report.questions = questions(session, run, mode, found.keys, report.round);
  if (!report.questions.empty()) return report;
  engine::ChangeSet marked;
  if (has_candidates) report = mark(session, run, opened, mode, found.keys, marked);
  guard(session, run, opened.hold, marked, report);
  report.next_boundary = finish(session, run, opened, report);
  return report;
}

}  // namespace

Result<FeedRunReport> OdbcStore::run_feed(const FeedRun& run) {
  using Report = std::optional<FeedRunReport>;
  const auto attempt = [&](bool is_its_turn) {
    return in_transaction<Report>(Isolation::repeatable_read,
                                  [&](Session& session) { return run_once(session, run, is_its_turn); });
  };
  auto report = attempt(false);
  if (report.has_value() && !*report) report = attempt(true);
  if (report.has_error()) return report.error();
  purge_hints_now_and_then();
  return **report;
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

Result<std::vector<std::string>> OdbcStore::feed_findings(const ChannelRow& channel, Feed feed) {
  FeedRun run;
  run.lease.lane = {channel.id, std::string(name_of(feed))};
  run.feed = feed;
  run.profile = channel.profile;
  return in_transaction<std::vector<std::string>>(Isolation::repeatable_read, [&](Session& session) {
    Statement& statement = session.composed_statement(key_of(run, "findings", RunMode::full), [&] {
      return Recipe(session, run).section("findings", RunMode::full, "SELECT NULL::text WHERE false");
    });
    set_known(statement, run, {});
    statement.execute();
    std::vector<std::string> found;
    while (statement.fetch()) found.emplace_back(statement.text(0));
    return found;
  });
}

Result<Preview> OdbcStore::preview(const FeedRun& run, std::size_t most) {
  return in_transaction<Preview>(Isolation::repeatable_read, [&](Session& session) {
    const bool shared = is_shared(session, run);
    Statement& statement = session.composed_statement(key_of(run, "preview", RunMode::full, shared), [&] {
      return Recipe(session, run, shared).comparison(RunMode::full, "feed.show");
    });
    set_known(statement, run, {});
    statement.set("most", static_cast<std::int64_t>(most)).execute();
    Preview preview;
    engine::ChangeSet set;
    constexpr std::size_t kBehind = 2 + kChangeSetColumns;
    while (statement.fetch()) {
      preview.inbound = statement.integer(0);
      preview.changed = statement.integer(1);
      set = change_set(statement, 2);
      set.leaves_nothing = statement.boolean(kBehind);
      preview.added = statement.integer(kBehind + 1);
      preview.held = statement.integer(kBehind + 2);
      if (statement.is_null(kBehind + 3)) break;  // nothing would change
      preview.changes.push_back({std::string(statement.text(kBehind + 3)), std::string(statement.text(kBehind + 4)),
                                 std::string(statement.text(kBehind + 5))});
    }
    preview.withdrawn = set.withdrawn;
    preview.would_hold = would_hold(session, run, set);
    return preview;
  });
}

}  // namespace ferry::sql
