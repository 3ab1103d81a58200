// Portal orders on their way in.
#include "sql/state/session.h"
#include "sql/state/store.h"

namespace ferry::sql {

using engine::Lease;
using engine::OrderOutcome;
using engine::OrderState;
using engine::ReadyOrder;
using engine::Result;
using engine::RuledOrder;
using engine::StoredPage;

namespace {

// In the same transaction, so that lanes in other processes look as soon as there is something to see.
void notify(Session& session, const char* jobs) { session.statement("intake.notify").set("jobs", jobs).execute(); }

void bind_orders(Statement& statement, std::span<const RuledOrder> orders) {
  ArrayLiteral references, portal_ids, states, placed, acknowledged, open, cancelled, documents, admissions, rulings;
  for (const auto& [order, ruling] : orders) {
    references.add_text(order.reference);
    portal_ids.add_text(order.portal_id);
    states.add_text(order.state);
    placed.add(to_micros(order.placed_at));
    acknowledged.add_bool(order.acknowledged);
    open.add_bool(order.open);
    cancelled.add_bool(order.cancelled);
    documents.add_text(order.document);
    admissions.add_text(engine::name_of(ruling.admission));
    rulings.add_text(ruling.reason);
  }
  statement.set("references", references.text()).set("portal_ids", portal_ids.text()).set("states", states.text());
  statement.set("placed", placed.text()).set("acknowledged", acknowledged.text()).set("open", open.text());
  statement.set("cancelled", cancelled.text()).set("documents", documents.text());
  statement.set("admissions", admissions.text()).set("rulings", rulings.text());
}

void bind_outcomes(Statement& statement, std::span<const OrderOutcome> outcomes) {
  ArrayLiteral references, states, reasons, attempts, next_attempts, erp_ids, erp_numbers;
  for (const auto& outcome : outcomes) {
    references.add_text(outcome.reference);
    states.add_text(engine::name_of(outcome.state));
    const bool silent = outcome.state == OrderState::review && outcome.reason.empty();
    reasons.add_text_or_null(silent ? std::string_view("no reason was given") : outcome.reason);
    attempts.add(outcome.attempts);
    next_attempts.add(to_micros(outcome.next_attempt_at));
    erp_ids.add(outcome.erp_id);
    erp_numbers.add_text(outcome.erp_number);
  }
  statement.set("references", references.text()).set("states", states.text()).set("reasons", reasons.text());
  statement.set("attempts", attempts.text()).set("next_attempts", next_attempts.text());
  statement.set("erp_ids", erp_ids.text()).set("erp_numbers", erp_numbers.text());
}

void bind_left_alone(Statement& statement, std::span<const OrderOutcome> outcomes) {
  ArrayLiteral left_alone;
  for (const auto& outcome : outcomes) left_alone.add_bool(outcome.is_left_alone);
  statement.set("left_alone", left_alone.text());
}

}  // namespace

Result<std::int64_t> OdbcStore::begin_intake(const Lease& lease) {
  return fenced<std::int64_t>(lease, [&](Session& session) {
    Statement& statement = session.statement("intake.begin");
    set_lane(statement, lease.lane);
    statement.set("holder", storable(lease.holder)).execute();
    statement.fetch();
    return statement.integer(0);
  });
}

Result<StoredPage> OdbcStore::store_orders(const Lease& lease, std::int64_t run, std::span<const RuledOrder> orders) {
  return fenced<StoredPage>(lease, [&](Session& session) {
    Statement& statement = session.statement("intake.store");
    bind_orders(statement, orders);
    statement.set("channel", lease.lane.channel).set("run", run).execute();
    statement.fetch();
    const StoredPage page{statement.integer(0), statement.integer(1)};
    if (page.changed == 0) return page;
    const std::string changed(statement.text(2));
    for (const auto* name : {"intake.store_lines", "intake.doubt_moved"}) {
      session.statement(name).set("channel", lease.lane.channel).set("references", changed).execute();
    }
    notify(session, "{stock}");
    return page;
  });
}

Result<std::vector<std::string>> OdbcStore::open_orders(const Lease& lease, Instant watched_since) {
  return attempt<std::vector<std::string>>([&](Session& session) {
    Statement& statement = session.statement("intake.open");
    statement.set("channel", lease.lane.channel).set("watched_since", to_micros(watched_since)).execute();
    std::vector<std::string> portal_ids;
    while (statement.fetch()) portal_ids.emplace_back(statement.text(0));
    return portal_ids;
  });
}

Result<std::vector<ReadyOrder>> OdbcStore::ready_orders(const Lease& lease, std::size_t most) {
  return fenced<std::vector<ReadyOrder>>(lease, [&](Session& session) {
    Statement& statement = session.statement("intake.ready");
    statement.set("channel", lease.lane.channel).set("most", static_cast<std::int64_t>(most)).execute();
    std::vector<ReadyOrder> orders;
    while (statement.fetch()) {
      ReadyOrder order{std::string(statement.text(0)), std::string(statement.text(1)),
                       static_cast<std::int32_t>(statement.integer(2))};
      if (!statement.is_null(3)) order.unwanted_for = Duration(statement.integer(3));
      order.is_linked = statement.boolean(4);
      order.was_left_alone = statement.boolean(5);
      orders.push_back(std::move(order));
    }
    return orders;
  });
}

Result<void> OdbcStore::record_orders(const Lease& lease, std::int64_t, std::span<const OrderOutcome> outcomes) {
  // each order counts in the run that saw it changed, which may be an older one than the caller's
  return fenced<void>(lease, [&](Session& session) {
    std::vector<OrderOutcome> entered, revised;
    for (const auto& outcome : outcomes) (outcome.is_revision ? revised : entered).push_back(outcome);
    std::int64_t moved = 0;
    const auto record = [&](const char* name, std::span<const OrderOutcome> chosen) {
      if (chosen.empty()) return;
      Statement& statement = session.statement(name);
      bind_outcomes(statement, chosen);
      if (!chosen.front().is_revision) bind_left_alone(statement, chosen);
      statement.set("channel", lease.lane.channel).execute();
      if (statement.fetch()) moved += statement.integer(0);
    };
    record("intake.record", entered);
    record("intake.record_revisions", revised);
    if (moved > 0) notify(session, "{order_status,stock}");
  });
}

Result<void> OdbcStore::finish_intake(const Lease& lease, std::int64_t run, Instant window_end,
                                      const engine::Unread& unread) {
  return fenced<void>(lease, [&](Session& session) {
    Statement& statement = session.statement("intake.finish");
    set_lane(statement, lease.lane);
    statement.set("run", run).set("window_end", to_micros(window_end));
    statement.set("unread_since", to_micros(unread.since)).set("unread", storable(unread.orders)).execute();
  });
}

}  // namespace ferry::sql
