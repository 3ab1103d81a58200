#include "sql/state/session.h"

namespace ferry::sql {

Statement& Session::statement(std::string_view name) {
  const auto found = statements_.find(name);
  if (found != statements_.end()) return *found->second;
  auto prepared = std::make_unique<Statement>(connection, statement_text(name), std::string(name));
  return *statements_.emplace(name, std::move(prepared)).first->second;
}

Statement& Session::composed_statement(const std::string& key, const std::function<std::string()>& compose) {
  const auto found = statements_.find(key);
  if (found != statements_.end()) return *found->second;
  auto prepared = std::make_unique<Statement>(connection, parse_sql(compose()), key);
  return *statements_.emplace(key, std::move(prepared)).first->second;
}

const std::set<std::string, std::less<>>& Session::missing_tables(const Sections& sections) {
  const auto found = missing_tables_.find(&sections);
  if (found != missing_tables_.end()) return found->second;
  ArrayLiteral names;
  for (const auto& table : optional_tables(sections)) names.add_text(table);
  Statement& look = statement("operations.missing_tables");
  look.set("names", names.text()).execute();
  auto& missing = missing_tables_[&sections];
  while (look.fetch()) missing.emplace(look.text(0));
  return missing;
}

void set_lane(Statement& statement, const engine::LaneId& lane) {
  statement.set("channel", lane.channel).set("job", storable(lane.job));
}

void set_lease(Statement& statement, const engine::Lease& lease) {
  set_lane(statement, lease.lane);
  statement.set("holder", storable(lease.holder)).set("epoch", lease.epoch);
}

void throw_fenced(const engine::Lease& lease) {
  throw Fenced{"the lease of channel " + std::to_string(lease.lane.channel) + ", " + lease.lane.job +
               " ended or went to another process; nothing was written"};
}

void require_lease(Session& session, const engine::Lease& lease) {
  Statement& fence = session.statement("lane.fence");
  set_lease(fence, lease);
  fence.execute();
  if (!fence.fetch()) throw_fenced(lease);
}

std::int64_t to_micros(Instant instant) { return instant.time_since_epoch().count(); }

Instant to_instant(std::int64_t micros) { return Instant(Duration(micros)); }

engine::Problem problem_of(const DatabaseError& error) {
  switch (error.error_class()) {
    case ErrorClass::unavailable:
      return {engine::Failure::unavailable, error.what()};
    case ErrorClass::conflict:
      return {engine::Failure::conflict, error.what()};
    case ErrorClass::rights:
      return {engine::Failure::rights, error.what()};
    case ErrorClass::invalid:
      break;
  }
  return {engine::Failure::invalid, error.what()};
}

}  // namespace ferry::sql
