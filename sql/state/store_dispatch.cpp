// What is due, and what became of it.
#include <optional>

#include "plugin/domain/waiting.h"
#include "sql/state/session.h"
#include "sql/state/store.h"

namespace ferry::sql {

using engine::DueItems;
using engine::Lease;
using engine::Result;
using engine::SettledExchange;

namespace {

PublicationState state_from(std::string_view name) {
  for (const auto state : {PublicationState::settled, PublicationState::dead, PublicationState::absent}) {
    if (name_of(state) == name) return state;
  }
  return PublicationState::pending;
}

engine::DueItem due_item(const Statement& row) {
  engine::DueItem due;
  due.key = {row.integer(2), static_cast<std::int32_t>(row.integer(3))};
  due.item = {std::string(row.text(4)), std::string(row.text(5)), std::string(row.text(6))};
  due.delivery.state = state_from(row.text(7));
  due.delivery.attempts = static_cast<std::int32_t>(row.integer(8));
  due.delivery.snoozes = static_cast<std::int32_t>(row.integer(9));
  due.delivery.next_attempt_at = to_instant(row.integer(10));
  due.delivery.reason = row.text(11);
  due.delivery.confirm_at = to_instant(row.integer(12));
  return due;
}

struct ExchangeColumns {
  ArrayLiteral started, finished, requests, statuses, sent, replies;

  void add(const SettledExchange& exchange) {
    started.add(to_micros(exchange.started_at));
    finished.add(to_micros(exchange.finished_at));
    requests.add(exchange.requests);
    statuses.add(exchange.status);
    sent.add_text(exchange.request);
    replies.add_text(exchange.reply);
  }
  void bind(Statement& statement) const {
    statement.set("started", started.text()).set("finished", finished.text()).set("requests", requests.text());
    statement.set("statuses", statuses.text()).set("sent", sent.text()).set("replies", replies.text());
  }
};

struct ItemColumns {
  ArrayLiteral numbers, keys, parts, documents, verdicts, states, attempts, snoozes, next_attempts, reasons, confirms;

  void add(std::int64_t number, const engine::SettledItem& item) {
    numbers.add(number);
    keys.add(item.key.key);
    parts.add(item.key.part);
    documents.add_text(item.document);
    verdicts.add_text(name_of(item.verdict));
    states.add_text(name_of(item.delivery.state));
    attempts.add(item.delivery.attempts);
    snoozes.add(item.delivery.snoozes);
    next_attempts.add(to_micros(item.delivery.next_attempt_at));
    confirms.add(to_micros(item.delivery.confirm_at));
    // a dead letter must say why: the table insists
    const bool silent = item.delivery.state == PublicationState::dead && item.delivery.reason.empty();
    reasons.add_text_or_null(silent ? std::string_view("refused without a reason") : item.delivery.reason);
  }
  void bind(Statement& statement) const {
    statement.set("numbers", numbers.text()).set("keys", keys.text()).set("parts", parts.text());
    statement.set("documents", documents.text()).set("verdicts", verdicts.text()).set("states", states.text());
    statement.set("attempts", attempts.text()).set("snoozes", snoozes.text());
    statement.set("next_attempts", next_attempts.text()).set("reasons", reasons.text());
    statement.set("confirms", confirms.text());
  }
};

// Within the transaction that records the exchanges.
void wake_absent(Session& session, const Lease& lease, Feed feed, std::span<const SettledExchange> exchanges) {
  const auto feeds = waiting_for(feed);
  if (feeds.empty()) return;
  ArrayLiteral keys, parts, waiting;
  bool has_brought = false;
  for (const auto& exchange : exchanges) {
    for (const auto& item : exchange.items) {
      if (!engine::may_have_brought(item)) continue;
      has_brought = true;
      keys.add(item.key.key);
      parts.add(item.key.part);
    }
  }
  if (!has_brought) return;
  for (const Feed other : feeds) waiting.add_text(name_of(other));
  Statement& statement = session.statement("dispatch.wake_absent");
  statement.set("channel", lease.lane.channel).set("feed", name_of(feed));
  statement.set("keys", keys.text()).set("parts", parts.text()).set("waiting", waiting.text()).execute();
}

// Within the same transaction.
void look_again_for_what_came(Session& session, const Lease& lease, Feed feed, std::span<const SettledExchange> exchanges) {
  const auto feeds = awaited_by(feed);
  if (feeds.empty()) return;
  ArrayLiteral keys, parts, started, awaited;
  bool is_any_absent = false;
  for (const auto& exchange : exchanges) {
    for (const auto& item : exchange.items) {
      if (item.delivery.state != PublicationState::absent) continue;
      is_any_absent = true;
      keys.add(item.key.key);
      parts.add(item.key.part);
      started.add(to_micros(exchange.started_at));
    }
  }
  if (!is_any_absent) return;
  for (const Feed other : feeds) awaited.add_text(name_of(other));
  Statement& statement = session.statement("dispatch.came_meanwhile");
  statement.set("channel", lease.lane.channel).set("feed", name_of(feed)).set("started", started.text());
  statement.set("keys", keys.text()).set("parts", parts.text()).set("awaited", awaited.text()).execute();
}

}  // namespace

Result<DueItems> OdbcStore::due(const Lease& lease, Feed feed, std::size_t most, std::span<const RecordKey> except) {
  return attempt<DueItems>([&](Session& session) {
    ArrayLiteral keys, parts;
    for (const auto& key : except) {
      keys.add(key.key);
      parts.add(key.part);
    }
    Statement& statement = session.statement("dispatch.due");
    set_lease(statement, lease);
    statement.set("feed", name_of(feed)).set("most", static_cast<std::int64_t>(most));
    statement.set("except_keys", keys.text()).set("except_parts", parts.text()).execute();
    DueItems due;
    while (statement.fetch()) {
      if (!statement.boolean(0)) throw_fenced(lease);
      due.next_due = to_instant(statement.integer(1));
      if (!statement.is_null(2)) due.items.push_back(due_item(statement));
    }
    return due;
  });
}

Result<void> OdbcStore::settle(const Lease& lease, Feed feed, std::span<const SettledExchange> exchanges) {
  ExchangeColumns exchange_columns;
  ItemColumns item_columns;
  std::int64_t number = 0;
  for (const auto& exchange : exchanges) {
    ++number;
    exchange_columns.add(exchange);
    for (const auto& item : exchange.items) item_columns.add(number, item);
  }
  return fenced<void>(lease, [&](Session& session) {
    Statement& statement = session.statement("dispatch.settle");
    statement.set("channel", lease.lane.channel).set("feed", name_of(feed));
    exchange_columns.bind(statement);
    item_columns.bind(statement);
    statement.execute();
    wake_absent(session, lease, feed, exchanges);
    look_again_for_what_came(session, lease, feed, exchanges);
  });
}

}  // namespace ferry::sql
