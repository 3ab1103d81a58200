// Watching channels for alerts, and carrying their news.
#include <charconv>

#include "sql/state/session.h"
#include "sql/state/store.h"

namespace ferry::sql {

using engine::AlertDecision;
using engine::BacklogSample;
using engine::ChannelFigures;
using engine::JobFigures;
using engine::LastingAlert;
using engine::Result;

namespace {

// "micros:waiting micros:waiting ..."
std::vector<BacklogSample> samples(std::string_view text) {
  std::vector<BacklogSample> found;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    std::int64_t micros = 0, waiting = 0;
    at = std::from_chars(at, end, micros).ptr;
    if (at != end) at = std::from_chars(at + 1, end, waiting).ptr;
    if (at != end) ++at;
    found.push_back({to_instant(micros), waiting});
  }
  return found;
}

JobFigures job_figures(const Statement& row) {
  JobFigures job;
  job.job = row.text(0);
  job.is_active = row.boolean(1);
  job.is_paused = row.boolean(2);
  job.pause_reason = row.text(3);
  job.paused_at = to_instant(row.integer(4));
  job.last_success_at = to_instant(row.integer(5));
  job.last_error = row.text(6);
  job.watched_since = to_instant(row.integer(7));
  job.waiting = row.integer(8);
  job.oldest_waiting = to_instant(row.integer(9));
  job.successful = row.integer(10);
  job.failed = row.integer(11);
  job.backlog = samples(row.text(12));
  job.held_reason = row.text(15);
  job.held_at = to_instant(row.integer(16));
  job.held = row.integer(17);
  job.unread = row.text(18);
  job.unread_since = to_instant(row.integer(19));
  return job;
}

bool was_ours(Session& session, std::int32_t channel, const AlertDecision& decision) {
  Statement* statement = nullptr;
  switch (decision.news) {
    case engine::AlertNews::raised:
      statement = &session.statement("alerts.raise");
      statement->set("channel", channel).set("job", storable(decision.job)).set("rule", storable(decision.rule));
      statement->set("text", storable(decision.text));
      break;
    case engine::AlertNews::repeated:
      statement = &session.statement("alerts.repeat");
      statement->set("id", decision.id).set("news_at", to_micros(decision.news_at));
      statement->set("text", storable(decision.text));
      break;
    case engine::AlertNews::resolved:
      statement = &session.statement("alerts.resolve");
      statement->set("id", decision.id);
      break;
  }
  statement->execute();
  return statement->fetch();
}

std::vector<AlertLetter> letters(Statement& rows) {
  std::vector<AlertLetter> found;
  while (rows.fetch()) found.push_back({rows.integer(0), to_instant(rows.integer(1)), std::string(rows.text(2))});
  return found;
}

}  // namespace

Result<void> OdbcStore::report_breaker(std::int32_t channel, const engine::BreakerChange& change) {
  return attempt<void>([&](Session& session) {
    Statement& statement = session.statement("alerts.report_breaker");
    statement.set("channel", channel).set("state", storable(name_of(change.state)));
    statement.set("retry_at", to_micros(change.retry_at)).set("reason", storable(change.reason)).execute();
  });
}

Result<std::vector<std::int32_t>> OdbcStore::take_turns(Duration every, Duration gap) {
  return attempt<std::vector<std::int32_t>>([&](Session& session) {
    Statement& statement = session.statement("alerts.take_turns");
    statement.set("every", std::int64_t{every.count()}).set("gap", std::int64_t{gap.count()}).execute();
    std::vector<std::int32_t> channels;
    while (statement.fetch()) channels.push_back(static_cast<std::int32_t>(statement.integer(0)));
    return channels;
  });
}

Result<ChannelFigures> OdbcStore::figures(std::int32_t channel, Duration window) {
  return in_transaction<ChannelFigures>(Isolation::read_committed, [&](Session& session) {
    Statement& note = session.statement("alerts.note_backlog");
    note.set("channel", channel).set("window", std::int64_t{window.count()}).execute();
    Statement& rows = session.statement("alerts.figures");
    rows.set("channel", channel).set("window", std::int64_t{window.count()}).execute();
    ChannelFigures figures;
    figures.channel = channel;
    while (rows.fetch()) {
      figures.jobs.push_back(job_figures(rows));
      figures.name = rows.text(13);
      figures.now = to_instant(rows.integer(14));
    }
    return figures;
  });
}

Result<std::vector<LastingAlert>> OdbcStore::lasting_alerts(std::int32_t channel) {
  return attempt<std::vector<LastingAlert>>([&](Session& session) {
    Statement& rows = session.statement("alerts.lasting");
    rows.set("channel", channel).execute();
    std::vector<LastingAlert> found;
    while (rows.fetch()) {
      found.push_back({rows.integer(0), std::string(rows.text(1)), std::string(rows.text(2)), std::string(rows.text(3)),
                       to_instant(rows.integer(4)), rows.boolean(5)});
    }
    return found;
  });
}

Result<std::vector<AlertDecision>> OdbcStore::record_alerts(std::int32_t channel,
                                                            std::span<const AlertDecision> decisions) {
  return in_transaction<std::vector<AlertDecision>>(Isolation::read_committed, [&](Session& session) {
    std::vector<AlertDecision> ours;
    for (const AlertDecision& decision : decisions) {
      if (was_ours(session, channel, decision)) ours.push_back(decision);
    }
    return ours;
  });
}

Result<std::vector<AlertLetter>> OdbcStore::take_alert_calls() {
  return attempt<std::vector<AlertLetter>>([](Session& session) {
    Statement& rows = session.statement("alerts.take_calls");
    rows.execute();
    return letters(rows);
  });
}

Result<std::vector<AlertLetter>> OdbcStore::take_alert_posts(std::int32_t channel) {
  return attempt<std::vector<AlertLetter>>([&](Session& session) {
    Statement& rows = session.statement("alerts.take_posts");
    rows.set("channel", channel).execute();
    return letters(rows);
  });
}

Result<void> OdbcStore::alert_posted(const AlertLetter& letter) {
  return attempt<void>([&](Session& session) {
    Statement& statement = session.statement("alerts.posted");
    statement.set("id", letter.id).set("news_at", to_micros(letter.news_at)).execute();
  });
}

Result<std::string> OdbcStore::alerts_json(std::int32_t channel, bool all, std::int64_t most) {
  const auto bind = [&](Statement& statement) {
    statement.set("channel", channel).set("all", all).set("most", most);
  };
  return first_row<std::string>("alerts.list", bind, [](Statement& row) { return std::string(row.text(0)); });
}

Result<std::int64_t> OdbcStore::acknowledge(std::int32_t channel, std::span<const std::int64_t> ids,
                                            std::string_view by) {
  ArrayLiteral list;
  for (const auto id : ids) list.add(id);
  const auto bind = [&](Statement& statement) {
    statement.set("channel", channel).set("ids", list.text()).set("by", storable(by));
  };
  return first_row<std::int64_t>("alerts.acknowledge", bind, [](Statement& row) { return row.integer(0); });
}

}  // namespace ferry::sql
