// A connection with its prepared statements, and the way from exceptions to the engine's Problems.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "sql/odbc/array.h"
#include "sql/odbc/statement.h"
#include "sql/state/catalogue.h"
#include "sql/state/store.h"

namespace ferry::sql {

// The lane's lease went to somebody else.
struct Fenced {
  std::string message;
};

class Session {
 public:
  explicit Session(const ConnectionSettings& settings) : connection(settings) {}

  // Prepared once per connection.
  Statement& statement(std::string_view name);
  // A composed statement, known by `key`; `compose` is asked once per connection.
  Statement& composed_statement(const std::string& key, const std::function<std::string()>& compose);

  // Which of the tables that a profile can do without are not there; looked up once per connection.
  const std::set<std::string, std::less<>>& missing_tables(const Sections& sections);

  Connection connection;

 private:
  std::map<const Sections*, std::set<std::string, std::less<>>> missing_tables_;
  std::map<std::string, std::unique_ptr<Statement>, std::less<>> statements_;
};

// Sets the parameters that name a lane and its lease.
void set_lane(Statement& statement, const engine::LaneId& lane);
void set_lease(Statement& statement, const engine::Lease& lease);

// Throws Fenced unless the lease is good; holds it for the rest of the transaction.
void require_lease(Session& session, const engine::Lease& lease);
[[noreturn]] void throw_fenced(const engine::Lease& lease);

std::int64_t to_micros(Instant instant);
Instant to_instant(std::int64_t micros);  // 0 (NULL reads so): Instant{}, never

engine::Problem problem_of(const DatabaseError& error);

template <class T>
engine::Result<T> OdbcStore::attempt(const std::function<T(Session&)>& work) {
  constexpr int kAttempts = 3;
  for (int tried = 1;; ++tried) {
    try {
      if constexpr (std::is_void_v<T>) {
        work(session());
        return {};
      } else {
        return work(session());
      }
    } catch (const Fenced& fenced) {
      return engine::Problem{engine::Failure::fenced, fenced.message};
    } catch (const DatabaseError& error) {
      if (error.error_class() == ErrorClass::conflict && tried < kAttempts) continue;
      if (error.error_class() == ErrorClass::unavailable) {
        std::lock_guard lock(session_mutex_);
        session_.reset();
      }
      return problem_of(error);
    } catch (const std::exception& error) {
      return engine::Problem{engine::Failure::invalid, error.what()};
    }
  }
}

template <class T>
engine::Result<T> OdbcStore::in_transaction(Isolation isolation, const std::function<T(Session&)>& work) {
  return attempt<T>([&](Session& session) -> T {
    Transaction transaction(session.connection, isolation);
    if constexpr (std::is_void_v<T>) {
      work(session);
      transaction.commit();
    } else {
      T result = work(session);
      transaction.commit();
      return result;
    }
  });
}

template <class T>
engine::Result<T> OdbcStore::fenced(const engine::Lease& lease, const std::function<T(Session&)>& work) {
  return in_transaction<T>(Isolation::read_committed, [&](Session& session) -> T {
    require_lease(session, lease);
    return work(session);
  });
}

template <class T>
engine::Result<T> OdbcStore::first_row(std::string_view name, const std::function<void(Statement&)>& bind,
                                       const std::function<T(Statement&)>& read) {
  return attempt<T>([&](Session& session) -> T {
    Statement& statement = session.statement(name);
    bind(statement);
    statement.execute();
    statement.fetch();
    return read(statement);
  });
}

}  // namespace ferry::sql
