#include "tests/bench/pg.h"

#include <libpq-fe.h>

#include <stdexcept>

namespace ferry::bench {
namespace {

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Answer = std::unique_ptr<PGresult, Clear>;

void check(pg_conn* connection, const Answer& answer, const std::string& sql) {
  const auto status = PQresultStatus(answer.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) return;
  throw std::runtime_error(std::string(PQerrorMessage(connection)) + "in: " + sql.substr(0, 300));
}

}  // namespace

void Pg::Close::operator()(pg_conn* connection) const { PQfinish(connection); }

Pg::Pg(const std::string& conninfo) : connection_(PQconnectdb(conninfo.c_str())) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_.get()));
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
}

void Pg::run(const std::string& sql) {
  const Answer answer(PQexec(connection_.get(), sql.c_str()));
  check(connection_.get(), answer, sql);
}

Pg::Rows Pg::rows(const std::string& sql, const std::vector<std::string>& parameters) {
  std::vector<const char*> values;
  for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
  const Answer answer(PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                                   values.data(), nullptr, nullptr, 0));
  check(connection_.get(), answer, sql);
  Rows rows(static_cast<std::size_t>(PQntuples(answer.get())));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (int column = 0; column < PQnfields(answer.get()); ++column) {
      rows[row].emplace_back(PQgetvalue(answer.get(), static_cast<int>(row), column));
    }
  }
  return rows;
}

std::string Pg::text(const std::string& sql, const std::vector<std::string>& parameters) {
  const Rows answer = rows(sql, parameters);
  return answer.empty() ? std::string() : answer.front().at(0);
}

std::int64_t Pg::integer(const std::string& sql, const std::vector<std::string>& parameters) {
  const std::string value = text(sql, parameters);
  return value.empty() ? 0 : std::stoll(value);
}

}  // namespace ferry::bench
