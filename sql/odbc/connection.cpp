#include "sql/odbc/connection.h"

#include <sql.h>
#include <sqlext.h>

#include <algorithm>
#include <cctype>
#include <mutex>

namespace ferry::sql {
namespace {

constexpr std::size_t kMaxDiagnostics = 16;
constexpr std::size_t kMaxDiagnosticBytes = 2000;

SQLCHAR* sql_chars(std::string_view text) {
  return reinterpret_cast<SQLCHAR*>(const_cast<char*>(text.data()));  // ODBC's C interface is not const-correct
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool has_option(const std::string& lowered, std::string_view name) {
  const auto at = lowered.find(std::string(name) + "=");
  return at != std::string::npos && (at == 0 || lowered[at - 1] == ';');
}

// The caller's connect string with what Ferry relies on. The encoding must be set here: the ANSI driver would follow
// the process's locale. Keep-alive finds a server that vanished without closing.
std::string full_connect_string(const ConnectionSettings& settings) {
  std::string text = settings.connect_string;
  if (!text.empty() && text.back() != ';') text.push_back(';');
  const std::string lowered = lower(text);
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!has_option(lowered, lower(name))) text.append(name).append("=").append(value).append(";");
  };
  add("Protocol", "7.4-0");
  add("ConnSettings", "{set client_encoding to 'UTF8'}");
  add("KeepaliveTime", "30");
  add("KeepaliveInterval", "10");
  if (!settings.password.empty()) {
    std::string escaped;
    for (const char c : settings.password) escaped.append(c == '}' ? 2 : 1, c);
    text.append("PWD={").append(escaped).append("};");
  }
  return text;
}

std::string one_line(std::string text, std::string_view password) {
  for (auto at = text.find(password); !password.empty() && at != std::string::npos; at = text.find(password, at + 3)) {
    text.replace(at, password.size(), "***");
  }
  std::ranges::replace_if(
      text, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  if (text.size() > kMaxDiagnosticBytes) text.resize(kMaxDiagnosticBytes);
  return text;
}

std::vector<Diagnostic> diagnostics_of(short type, OdbcHandle handle, std::string_view password) {
  std::vector<Diagnostic> records;
  for (SQLSMALLINT number = 1; records.size() < kMaxDiagnostics; ++number) {
    SQLCHAR state[6] = {};
    SQLCHAR text[SQL_MAX_MESSAGE_LENGTH * 4] = {};
    SQLINTEGER native = 0;
    SQLSMALLINT length = 0;
    const auto code = SQLGetDiagRec(type, handle, number, state, &native, text, sizeof text, &length);
    if (!SQL_SUCCEEDED(code)) break;
    records.push_back({reinterpret_cast<char*>(state), one_line(reinterpret_cast<char*>(text), password)});
  }
  return records;
}

// unixODBC 2.3.11 finds where odbcinst.ini lies when it is first asked for it and keeps the answer in a buffer without a
// lock: two first connections at one moment could read half a path. So one thread asks, before any connects.
void settle_driver_manager() {
  static std::once_flag settled;
  std::call_once(settled, [] {
    SQLHANDLE environment = SQL_NULL_HANDLE;
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment))) return;  // connecting will tell
    SQLSetEnvAttr(environment, SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0);
    SQLCHAR driver[256] = {};
    SQLDrivers(environment, SQL_FETCH_FIRST, driver, sizeof driver, nullptr, nullptr, 0, nullptr);
    SQLFreeHandle(SQL_HANDLE_ENV, environment);
  });
}

}  // namespace

Connection::Connection(const ConnectionSettings& settings) : password_(settings.password) {
  try {
    connect(settings);
  } catch (...) {
    close();
    throw;
  }
}

Connection::~Connection() { close(); }

void Connection::connect(const ConnectionSettings& settings) {
  settle_driver_manager();
  check(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment_), SQL_HANDLE_ENV, environment_, "start ODBC");
  check(SQLSetEnvAttr(environment_, SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0),
        SQL_HANDLE_ENV, environment_, "start ODBC");
  check(SQLAllocHandle(SQL_HANDLE_DBC, environment_, &connection_), SQL_HANDLE_ENV, environment_, "start ODBC");
  const auto timeout = static_cast<std::uintptr_t>(settings.login_timeout.count());
  check(SQLSetConnectAttr(connection_, SQL_ATTR_LOGIN_TIMEOUT, reinterpret_cast<SQLPOINTER>(timeout), 0),
        SQL_HANDLE_DBC, connection_, "start ODBC");
  const std::string text = full_connect_string(settings);
  check(SQLDriverConnect(connection_, nullptr, sql_chars(text), static_cast<SQLSMALLINT>(text.size()), nullptr, 0,
                         nullptr, SQL_DRIVER_NOPROMPT),
        SQL_HANDLE_DBC, connection_, "connect to the database");
  // Planning a feed's comparison takes ten times as long as running it for a few keys: statements are prepared once and
  // planned once. The ones whose best plan depends on the values say so themselves (plan_cache_mode in the SQL files).
  run("SET TIME ZONE 'UTC'; SET application_name = 'ferry'; SET plan_cache_mode = force_generic_plan; SET jit = off;"
      " SET statement_timeout = " +
      std::to_string(settings.statement_timeout.count() * 1000));
}

void Connection::close() noexcept {
  if (connection_ != nullptr) {
    SQLEndTran(SQL_HANDLE_DBC, connection_, SQL_ROLLBACK);
    SQLDisconnect(connection_);
    SQLFreeHandle(SQL_HANDLE_DBC, connection_);
  }
  if (environment_ != nullptr) SQLFreeHandle(SQL_HANDLE_ENV, environment_);
  connection_ = environment_ = nullptr;
}

bool Connection::is_dead() const {
  SQLUINTEGER dead = SQL_CD_FALSE;
  const auto code = SQLGetConnectAttr(connection_, SQL_ATTR_CONNECTION_DEAD, &dead, sizeof dead, nullptr);
  return !SQL_SUCCEEDED(code) || dead == SQL_CD_TRUE;
}

void Connection::cancel() {
  std::lock_guard lock(executing_mutex_);
  if (executing_ != nullptr) SQLCancel(executing_);
}

void Connection::run(std::string_view sql) {
  OdbcHandle statement = nullptr;
  check(SQLAllocHandle(SQL_HANDLE_STMT, connection_, &statement), SQL_HANDLE_DBC, connection_, "prepare a statement");
  try {
    const Executing executing(*this, statement);
    const auto code = SQLExecDirect(statement, sql_chars(sql), static_cast<SQLINTEGER>(sql.size()));
    if (code != SQL_NO_DATA) check(code, SQL_HANDLE_STMT, statement, "run SQL");
    while (true) {
      const auto more = SQLMoreResults(statement);
      if (more == SQL_NO_DATA) break;
      check(more, SQL_HANDLE_STMT, statement, "run SQL");
    }
  } catch (...) {
    SQLFreeHandle(SQL_HANDLE_STMT, statement);
    throw;
  }
  SQLFreeHandle(SQL_HANDLE_STMT, statement);
}

void Connection::check(int code, short handle_type, OdbcHandle handle, std::string_view doing) const {
  if (code == SQL_SUCCESS || code == SQL_SUCCESS_WITH_INFO) return;
  auto records = diagnostics_of(handle_type, handle, password_);
  if (records.empty())
    records.push_back({"HY000", "the ODBC driver manager gave no reason (is the driver installed?)"});
  auto error_class = classify(records);
  // a broken connection is sometimes reported as a general error of the statement
  if (error_class == ErrorClass::invalid && handle_type == SQL_HANDLE_STMT && is_dead()) {
    error_class = ErrorClass::unavailable;
  }
  throw DatabaseError(error_class, doing, std::move(records));
}

Connection::Executing::Executing(Connection& connection, OdbcHandle statement) : connection_(connection) {
  std::lock_guard lock(connection_.executing_mutex_);
  connection_.executing_ = statement;
}

Connection::Executing::~Executing() {
  std::lock_guard lock(connection_.executing_mutex_);
  connection_.executing_ = nullptr;
}

Transaction::Transaction(Connection& connection, Isolation isolation) : connection_(connection) {
  connection_.check(
      SQLSetConnectAttr(connection_.handle(), SQL_ATTR_AUTOCOMMIT, reinterpret_cast<SQLPOINTER>(SQL_AUTOCOMMIT_OFF), 0),
      SQL_HANDLE_DBC, connection_.handle(), "begin a transaction");
  // for this transaction only: the driver's own attribute would change the whole session
  try {
    if (isolation == Isolation::repeatable_read) connection_.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  } catch (...) {
    roll_back();
    throw;
  }
  open_ = true;
}

void Transaction::roll_back() noexcept {
  SQLEndTran(SQL_HANDLE_DBC, connection_.handle(), SQL_ROLLBACK);
  SQLSetConnectAttr(connection_.handle(), SQL_ATTR_AUTOCOMMIT, reinterpret_cast<SQLPOINTER>(SQL_AUTOCOMMIT_ON), 0);
}

Transaction::~Transaction() {
  if (open_) roll_back();
}

void Transaction::commit() {
  connection_.check(SQLEndTran(SQL_HANDLE_DBC, connection_.handle(), SQL_COMMIT), SQL_HANDLE_DBC, connection_.handle(),
                    "commit");
  open_ = false;
  SQLSetConnectAttr(connection_.handle(), SQL_ATTR_AUTOCOMMIT, reinterpret_cast<SQLPOINTER>(SQL_AUTOCOMMIT_ON), 0);
}

}  // namespace ferry::sql
