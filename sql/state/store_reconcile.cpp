// Reconciliation: what is to be read of the portal next, and what it showed.
#include <charconv>

#include "sql/state/session.h"
#include "sql/state/store.h"

namespace ferry::sql {

using engine::Lease;
using engine::ReconciliationCounts;
using engine::Result;
using engine::SurveyKind;
using engine::SurveyProgress;
using engine::SurveyResult;
using engine::SurveyTask;
using engine::SurveyWish;

namespace {

constexpr std::int64_t kMostFindings = 10'000;  // of one reconciliation; the rest is counted
constexpr std::int64_t kMostShown = 100;        // of one reconciliation, to people
// A change on the portal is seen by the intake, desired again and sent within this time, when all is well.
constexpr auto kQuiet = std::chrono::seconds(20);
// How long a suspect waits for an intake that is in trouble.
constexpr auto kPatience = std::chrono::minutes(10);

ArrayLiteral names_of(const std::vector<Feed>& feeds) {
  ArrayLiteral names;
  for (const Feed feed : feeds) names.add_text(name_of(feed));
  return names;
}

// A statement with the sections `matched` and `expected` set in.
Statement& composed_of(Session& session, const std::string& name) {
  return session.composed_statement(name, [&name] {
    return composed(statement_source(name), {{"matched", statement_source("reconcile.matched")},
                                             {"expected", statement_source("reconcile.expected")}});
  });
}

// What statements name of a reconciliation, as far as this one does.
Statement& about(Statement& statement, const Lease& lease, std::int64_t reconciliation, Feed feed) {
  statement.set("reconciliation", reconciliation);
  if (statement.has_parameter("channel")) statement.set("channel", lease.lane.channel);
  if (statement.has_parameter("feed")) statement.set("feed", name_of(feed));
  return statement;
}

void bind_records(Statement& statement, const std::vector<connector::ShownRecord>& records) {
  ArrayLiteral labels, identities, documents;
  for (const auto& record : records) {
    labels.add_text(record.label);
    identities.add_text(record.identity);
    documents.add_text(record.document);
  }
  statement.set("labels", labels.text()).set("identities", identities.text()).set("documents", documents.text());
}

std::string asked(const SurveyResult& result) {
  ArrayLiteral labels;
  for (const auto& label : result.labels) labels.add_text(label);
  return labels.text();
}

// "key/part"
std::pair<std::int64_t, std::int64_t> position_in(const std::string& cursor) {
  std::pair<std::int64_t, std::int64_t> position{0, 0};
  const char* const end = cursor.data() + cursor.size();
  const auto key = std::from_chars(cursor.data(), end, position.first);
  if (key.ptr != end) std::from_chars(key.ptr + 1, end, position.second);
  return position;
}

// ---- what is next ---------------------------------------------------------------------------------------------------

// The oldest that is open; false: there is none.
bool open(Session& session, const Lease& lease, const SurveyWish& wish, SurveyTask& task, std::string& phase) {
  Statement& statement = session.statement("reconcile.open");
  statement.set("channel", lease.lane.channel).set("feeds", names_of(wish.feeds).text()).execute();
  if (!statement.fetch()) return false;
  task.reconciliation = statement.integer(0);
  task.feed = feed_from_name(statement.text(1)).value_or(Feed::stock);
  phase = statement.text(2);
  task.cursor = statement.text(3);
  task.window = {to_instant(statement.integer(4)), to_instant(statement.integer(5))};
  return true;
}

// Begins those that are due; false: there is nothing to begin either.
bool open_or_create(Session& session, const Lease& lease, const SurveyWish& wish, SurveyTask& task,
                    std::string& phase) {
  if (open(session, lease, wish, task, phase)) return true;
  const auto feeds = names_of(wish.feeds).text();
  session.statement("reconcile.dismiss").set("channel", lease.lane.channel).set("feeds", feeds).execute();
  if (wish.is_due) {
    Statement& create = session.statement("reconcile.create");
    create.set("channel", lease.lane.channel).set("feeds", feeds).set("heal", wish.heals).execute();
    if (open(session, lease, wish, task, phase)) return true;
  }
  Statement& nothing = session.statement("reconcile.nothing");
  set_lane(nothing, lease.lane);
  nothing.execute();
  return false;
}

std::string start(Session& session, const Lease& lease, const SurveyWish& wish, SurveyTask& task) {
  Statement& statement = about(session.statement("reconcile.start"), lease, task.reconciliation, task.feed);
  statement.set("orders_since", to_micros(wish.orders_since)).execute();
  statement.fetch();
  task.window = {to_instant(statement.integer(1)), to_instant(statement.integer(2))};
  return std::string(statement.text(0));
}

// False: everything was looked at.
bool choose_what_to_look_at(Session& session, const Lease& lease, const SurveyWish& wish, SurveyTask& task) {
  Statement& statement = about(composed_of(session, "reconcile.to_look"), lease, task.reconciliation, task.feed);
  statement.set("most", static_cast<std::int64_t>(wish.most_labels)).execute();
  while (statement.fetch()) {
    task.kind = SurveyKind::looking;
    task.cursor = std::string(statement.text(0)) + "/" + std::string(statement.text(1));
    std::string label(statement.text(2));
    if (task.labels.empty() || task.labels.back() != label) task.labels.push_back(std::move(label));
  }
  if (task.kind == SurveyKind::looking) return true;
  about(session.statement("reconcile.looked"), lease, task.reconciliation, task.feed).execute();
  return false;
}

// False: no suspect is left.
bool choose_what_to_confirm(Session& session, const Lease& lease, const SurveyWish& wish, SurveyTask& task) {
  Statement& statement = about(session.statement("reconcile.to_confirm"), lease, task.reconciliation, task.feed);
  statement.set("quiet", std::int64_t{Duration(kQuiet).count()})
      .set("patience", std::int64_t{Duration(kPatience).count()});
  statement.set("most", static_cast<std::int64_t>(wish.most_labels)).execute();
  std::int64_t waiting = 0;
  while (statement.fetch()) {
    waiting = statement.integer(1);
    if (statement.is_null(0)) {
      task.not_before = to_instant(statement.integer(2));
    } else {
      task.kind = SurveyKind::confirming;
      task.labels.emplace_back(statement.text(0));
    }
  }
  return waiting > 0;
}

SurveyTask finish(Session& session, const Lease& lease, SurveyTask task) {
  Statement& statement = session.statement("reconcile.finish");
  set_lane(statement, lease.lane);
  statement.set("reconciliation", task.reconciliation).set("most", kMostFindings).execute();
  Statement& row = session.statement("reconcile.counts");
  row.set("reconciliation", task.reconciliation).execute();
  row.fetch();
  task.kind = SurveyKind::finished;
  ReconciliationCounts& counts = task.counts;
  std::size_t column = 0;
  for (auto* count : {&counts.listed, &counts.lacking, &counts.agreed, &counts.left_out, &counts.differing,
                      &counts.missing, &counts.surplus, &counts.explained, &counts.unconfirmed, &counts.healed}) {
    *count = row.integer(column++);
  }
  counts.parity = row.text(column++);
  counts.variance = row.text(column++);
  counts.error = row.text(column);
  return task;
}

SurveyTask next(Session& session, const Lease& lease, const SurveyWish& wish) {
  SurveyTask task;
  std::string phase;
  if (!open_or_create(session, lease, wish, task, phase)) return task;
  if (phase == "waiting") phase = start(session, lease, wish, task);
  if (phase == "finished") return finish(session, lease, std::move(task));
  if (phase == "listing") {
    task.kind = SurveyKind::listing;
    return task;
  }
  if (phase == "looking" && choose_what_to_look_at(session, lease, wish, task)) return task;
  if (choose_what_to_confirm(session, lease, wish, task)) return task;
  return finish(session, lease, std::move(task));
}

// ---- what it showed -------------------------------------------------------------------------------------------------

SurveyProgress record_listing(Session& session, const Lease& lease, const SurveyResult& result) {
  Statement& statement = about(composed_of(session, "reconcile.list"), lease, result.reconciliation, result.feed);
  bind_records(statement, result.records);
  statement.set("cursor", storable(result.cursor)).set("most", kMostFindings).execute();
  SurveyProgress progress;
  if (statement.fetch()) progress.suspected = statement.integer(0);
  if (result.cursor.empty()) {
    about(composed_of(session, "reconcile.compare_ranges"), lease, result.reconciliation, result.feed).execute();
  }
  return progress;
}

SurveyProgress record_look(Session& session, const Lease& lease, const SurveyResult& result) {
  Statement& statement = about(composed_of(session, "reconcile.look"), lease, result.reconciliation, result.feed);
  bind_records(statement, result.records);
  const auto [key, part] = position_in(result.cursor);
  statement.set("asked", asked(result)).set("to_key", key).set("to_part", part).set("most", kMostFindings).execute();
  SurveyProgress progress;
  if (statement.fetch()) progress.suspected = statement.integer(0);
  return progress;
}

SurveyProgress record_confirmation(Session& session, const Lease& lease, const SurveyResult& result) {
  Statement& statement = about(composed_of(session, "reconcile.confirm"), lease, result.reconciliation, result.feed);
  bind_records(statement, result.records);
  statement.set("asked", asked(result)).set("quiet", std::int64_t{Duration(kQuiet).count()}).execute();
  SurveyProgress progress;
  if (statement.fetch()) progress = {0, statement.integer(0), statement.integer(1)};
  ArrayLiteral jobs;
  if (progress.resent > 0) jobs.add_text(name_of(result.feed));
  if (progress.looked_for > 0) jobs.add_text(kIntakeJob);
  session.statement("intake.notify").set("jobs", jobs.text()).execute();
  return progress;
}

}  // namespace

Result<SurveyTask> OdbcStore::next_survey(const Lease& lease, const SurveyWish& wish) {
  return fenced<SurveyTask>(lease, [&](Session& session) { return next(session, lease, wish); });
}

Result<SurveyProgress> OdbcStore::record_survey(const Lease& lease, const SurveyResult& result) {
  return fenced<SurveyProgress>(lease, [&](Session& session) {
    switch (result.kind) {
      case SurveyKind::listing: return record_listing(session, lease, result);
      case SurveyKind::looking: return record_look(session, lease, result);
      case SurveyKind::confirming: return record_confirmation(session, lease, result);
      case SurveyKind::none:
      case SurveyKind::finished: break;
    }
    return SurveyProgress{};
  });
}

Result<std::string> OdbcStore::request_reconciliation(std::int32_t channel, const std::vector<Feed>& feeds, bool heal) {
  return in_transaction<std::string>(Isolation::read_committed, [&](Session& session) {
    Statement& statement = session.statement("reconcile.request");
    set_lane(statement, {channel, std::string(kReconcileJob)});
    statement.set("feeds", names_of(feeds).text()).set("heal", heal).execute();
    statement.fetch();
    return std::string(statement.text(0));
  });
}

Result<std::string> OdbcStore::reconciliations_json(std::int32_t channel, std::string_view feed, std::int64_t most) {
  const auto bind = [&](Statement& statement) {
    statement.set("channel", channel).set("feed", feed).set("most", most).set("most_findings", kMostShown);
  };
  return first_row<std::string>("reconcile.show", bind, [](Statement& row) { return std::string(row.text(0)); });
}

}  // namespace ferry::sql
