// Construction and the lane: lease, error, pause.
#include "sql/state/store.h"

#include <algorithm>
#include <utility>

#include "sql/state/session.h"

namespace ferry::sql {

using engine::LaneId;
using engine::Lease;
using engine::LeaseAnswer;
using engine::Result;

namespace {

// How long a lane that became free is left to the process that drives its neighbours.
constexpr Duration kAffinity = std::chrono::seconds(2);

}  // namespace

OdbcStore::OdbcStore(ConnectionSettings settings) : settings_(std::move(settings)) {}
OdbcStore::~OdbcStore() = default;

Session& OdbcStore::session() {
  if (!session_ || session_->connection.is_dead()) {
    auto fresh = std::make_unique<Session>(settings_);
    std::lock_guard lock(session_mutex_);
    session_ = std::move(fresh);
  }
  return *session_;
}

void OdbcStore::cancel() {
  std::lock_guard lock(session_mutex_);
  if (session_) session_->connection.cancel();
}

Result<LeaseAnswer> OdbcStore::acquire(const LaneId& lane, std::string_view holder, Duration ttl,
                                       const engine::CredentialUse& credential) {
  return in_transaction<LeaseAnswer>(Isolation::read_committed, [&](Session& session) {
    Statement& meet = session.statement("lane.meet");
    set_lane(meet, lane);
    meet.set("credential", storable(credential.name)).execute();
    Statement& row = session.statement("lane.acquire");
    set_lane(row, lane);
    row.set("holder", storable(holder)).set("ttl", std::int64_t{ttl.count()});
    row.set("credential", storable(credential.name)).set("rate", credential.rate);
    row.set("affinity", std::int64_t{std::min(kAffinity, ttl).count()}).execute();
    row.fetch();
    LeaseAnswer answer;
    answer.held = row.boolean(0);
    answer.lease = {lane, std::string(holder), row.integer(1)};
    answer.remaining = Duration(row.integer(2));
    answer.paused = row.boolean(3);
    if (!row.is_null(4)) answer.requested = std::string(row.text(4));
    answer.compared_before = row.boolean(5);
    answer.compared_fully_at = to_instant(row.integer(6));
    answer.next_boundary = to_instant(row.integer(7));
    answer.portal_clock = to_instant(row.integer(8));
    answer.holders = static_cast<std::int32_t>(row.integer(9));
    answer.agreed = row.boolean(10);
    answer.taken_over_at = to_instant(row.integer(11));
    answer.unread_since = to_instant(row.integer(12));
    return answer;
  });
}

Result<void> OdbcStore::release(const Lease& lease) {
  return attempt<void>([&](Session& session) {
    Statement& statement = session.statement("lane.release");
    set_lease(statement, lease);
    statement.execute();
  });
}

Result<void> OdbcStore::report(const Lease& lease, std::string_view error) {
  return attempt<void>([&](Session& session) {
    Statement& statement = session.statement("lane.report");
    set_lease(statement, lease);
    statement.set("error", storable(error)).execute();
  });
}

Result<void> OdbcStore::pause(const LaneId& lane, std::string_view reason) {
  return attempt<void>([&](Session& session) {
    Statement& statement = session.statement("lane.pause");
    set_lane(statement, lane);
    statement.set("reason", storable(reason)).execute();
  });
}

Result<void> OdbcStore::resume(const LaneId& lane) {
  return attempt<void>([&](Session& session) {
    Statement& statement = session.statement("lane.resume");
    set_lane(statement, lane);
    statement.execute();
  });
}

Result<void> OdbcStore::request_run(const LaneId& lane, std::string_view mode) {
  return attempt<void>([&](Session& session) {
    Statement& statement = session.statement("lane.request");
    set_lane(statement, lane);
    statement.set("mode", storable(mode)).execute();
  });
}

}  // namespace ferry::sql
