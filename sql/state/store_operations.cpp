// What people ask of the tables.
#include "sql/state/session.h"
#include "sql/state/store.h"

namespace ferry::sql {

using engine::LaneId;
using engine::Result;

namespace {

constexpr std::int64_t kMostPurged = 5000;

std::string first_text(Statement& row) { return std::string(row.text(0)); }

ChannelRow channel_row(const Statement& row) {
  ChannelRow channel;
  channel.id = static_cast<std::int32_t>(row.integer(0));
  channel.name = row.text(1);
  channel.profile = row.text(2);
  channel.connector = row.text(3);
  channel.active = row.boolean(4);
  channel.settings = row.text(5);
  channel.changed_at = to_instant(row.integer(6));
  return channel;
}

Chosen chosen(Statement& row) { return {row.integer(0), std::string(row.text(1))}; }

std::string labels_of(const ReplayChoice& choice) {
  ArrayLiteral labels;
  for (const auto& label : choice.labels) labels.add_text(label);
  return labels.text();
}

void set_choice(Statement& statement, const LaneId& lane, const ReplayChoice& choice) {
  set_lane(statement, lane);
  statement.set("labels", labels_of(choice)).set("only_labels", !choice.labels.empty());
  statement.set("reason", storable(choice.reason)).set("group", storable(choice.group));
}

}  // namespace

Result<Migrated> OdbcStore::migrate() {
  return attempt<Migrated>([](Session& session) { return sql::migrate(session.connection); });
}

Result<std::int32_t> OdbcStore::schema_version() {
  return attempt<std::int32_t>([](Session& session) { return current_migration(session.connection); });
}

Result<std::vector<ChannelRow>> OdbcStore::channels() {
  return attempt<std::vector<ChannelRow>>([](Session& session) {
    Statement& statement = session.statement("operations.channels");
    statement.execute();
    std::vector<ChannelRow> rows;
    while (statement.fetch()) rows.push_back(channel_row(statement));
    return rows;
  });
}

Result<void> OdbcStore::upsert_channel(const ChannelRow& channel) {
  return in_transaction<void>(Isolation::read_committed, [&](Session& session) {
    Statement& statement = session.statement("operations.upsert_channel");
    statement.set("id", channel.id).set("name", storable(channel.name)).set("profile", storable(channel.profile));
    statement.set("connector", storable(channel.connector)).set("active", channel.active);
    statement.set("settings", storable(channel.settings)).execute();
    session.statement("intake.notify").set("jobs", "{channel}").execute();
  });
}

Result<std::string> OdbcStore::status_json(std::int32_t channel, std::string_view holder) {
  const auto bind = [&](Statement& statement) { statement.set("channel", channel).set("holder", storable(holder)); };
  return first_row<std::string>("operations.status", bind, first_text);
}

Result<std::string> OdbcStore::runs_json(const LaneId& lane, std::int64_t most) {
  const auto bind = [&](Statement& statement) {
    set_lane(statement, lane);
    statement.set("most", most);
  };
  return first_row<std::string>("operations.runs", bind, first_text);
}

Result<std::string> OdbcStore::dead_letters_json(const LaneId& lane, std::string_view group, std::int64_t most) {
  const auto bind = [&](Statement& statement) {
    set_lane(statement, lane);
    statement.set("group", storable(group)).set("most", most);
  };
  return first_row<std::string>("operations.dead_letters", bind, first_text);
}

Result<std::string> OdbcStore::explain_json(std::int32_t channel, std::string_view label) {
  const auto bind = [&](Statement& statement) { statement.set("channel", channel).set("label", storable(label)); };
  return first_row<std::string>("operations.explain", bind, first_text);
}

Result<Chosen> OdbcStore::replay(const LaneId& lane, const ReplayChoice& choice) {
  return first_row<Chosen>("operations.replay", [&](Statement& statement) { set_choice(statement, lane, choice); }, chosen);
}

Result<Chosen> OdbcStore::discard(const LaneId& lane, const ReplayChoice& choice, std::string_view note) {
  const auto bind = [&](Statement& statement) {
    set_choice(statement, lane, choice);
    statement.set("note", storable(note));
  };
  return first_row<Chosen>("operations.discard", bind, chosen);
}

Result<Chosen> OdbcStore::undo_discard(const LaneId& lane, std::span<const std::string> labels) {
  const ReplayChoice choice{{labels.begin(), labels.end()}, "", ""};
  const auto bind = [&](Statement& statement) {
    set_lane(statement, lane);
    statement.set("labels", labels_of(choice)).set("only_labels", !choice.labels.empty());
  };
  return first_row<Chosen>("operations.undo_discard", bind, chosen);
}

Result<OdbcStore::Retried> OdbcStore::retry_orders(std::int32_t channel, std::string_view reference) {
  const auto bind = [&](Statement& statement) {
    statement.set("channel", channel).set("reference", storable(reference));
  };
  return first_row<Retried>("operations.retry_order", bind, [](Statement& row) {
    return Retried{row.integer(0), row.integer(1), std::string(row.text(2))};
  });
}

Result<OdbcStore::Skipped> OdbcStore::skip_order(std::int32_t channel, std::string_view reference,
                                                 std::string_view reason) {
  const auto bind = [&](Statement& statement) {
    statement.set("channel", channel).set("reference", storable(reference)).set("reason", storable(reason));
  };
  return first_row<Skipped>("operations.skip_order", bind, [](Statement& row) {
    return Skipped{row.integer(0), row.integer(1), std::string(row.text(2)), std::string(row.text(3))};
  });
}

Result<std::int64_t> OdbcStore::purge(std::int32_t days) {
  return in_transaction<std::int64_t>(Isolation::read_committed, [&](Session& session) {
    // planned for this very day: a plan for any would expect much that is old, and read the whole history to find none
    session.connection.run("SET LOCAL plan_cache_mode = force_custom_plan");
    Statement& statement = session.statement("operations.purge");
    statement.set("days", days).set("most", kMostPurged).execute();
    statement.fetch();
    return statement.integer(0);
  });
}

}  // namespace ferry::sql
