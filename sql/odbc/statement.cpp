#include "sql/odbc/statement.h"

#include <sql.h>
#include <sqlext.h>

#include <charconv>
#include <stdexcept>
#include <utility>

namespace ferry::sql {
namespace {

static_assert(sizeof(SQLLEN) == sizeof(std::int64_t) && sizeof(SQLULEN) == sizeof(std::uint64_t));

SQLLEN* as_length(std::int64_t* length) { return reinterpret_cast<SQLLEN*>(length); }

[[noreturn]] void throw_invalid(const std::string& doing, std::string text) {
  throw DatabaseError(ErrorClass::invalid, doing, {{"HY000", std::move(text)}});
}

}  // namespace

Statement::Statement(Connection& connection, SqlText sql, std::string doing)
    : connection_(connection), sql_(std::move(sql)), doing_(std::move(doing)) {
  connection_.check(SQLAllocHandle(SQL_HANDLE_STMT, connection_.handle(), &handle_), SQL_HANDLE_DBC,
                    connection_.handle(), doing_);
  for (const auto& name : sql_.parameters) parameters_.try_emplace(name);
  try {
    check(SQLPrepare(handle_, reinterpret_cast<SQLCHAR*>(sql_.text.data()), static_cast<SQLINTEGER>(sql_.text.size())));
  } catch (...) {
    SQLFreeHandle(SQL_HANDLE_STMT, handle_);
    throw;
  }
}

Statement::~Statement() { SQLFreeHandle(SQL_HANDLE_STMT, handle_); }

void Statement::check(int code) const { connection_.check(code, SQL_HANDLE_STMT, handle_, doing_); }

Statement::Parameter& Statement::parameter(std::string_view name) {
  const auto found = parameters_.find(name);
  if (found == parameters_.end()) throw std::logic_error(doing_ + ": no parameter named '" + std::string(name) + "'");
  found->second.is_set = true;
  return found->second;
}

Statement& Statement::set(std::string_view name, std::string value) {
  if (value.size() > kMaxValueBytes) throw_invalid(doing_, "parameter '" + std::string(name) + "' is too large");
  parameter(name).value = std::move(value);
  return *this;
}

Statement& Statement::set_null(std::string_view name) {
  parameter(name).value.reset();
  return *this;
}

void Statement::bind_parameters() {
  SQLUSMALLINT number = 0;
  for (const auto& name : sql_.parameters) {
    auto& bound = parameters_.find(name)->second;
    if (!bound.is_set) throw std::logic_error(doing_ + ": parameter '" + name + "' was not set");
    static char nothing[1] = {};
    char* data = bound.value && !bound.value->empty() ? bound.value->data() : nothing;
    const auto size = bound.value ? bound.value->size() : 0;
    bound.length_or_null = bound.value ? static_cast<std::int64_t>(size) : SQL_NULL_DATA;
    check(SQLBindParameter(handle_, ++number, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_LONGVARCHAR, size == 0 ? 1 : size, 0,
                           data, static_cast<SQLLEN>(size), as_length(&bound.length_or_null)));
  }
}

void Statement::execute() {
  close_result();
  bind_parameters();
  {
    const Connection::Executing executing(connection_, handle_);
    const auto code = SQLExecute(handle_);
    if (code != SQL_NO_DATA) check(code);
  }
  SQLSMALLINT count = 0;
  check(SQLNumResultCols(handle_, &count));
  if (columns_.size() != static_cast<std::size_t>(count)) {
    columns_.clear();
    columns_.resize(static_cast<std::size_t>(count));
    if (count > 0) bind_columns(block_rows_);
  }
  open_ = true;
}

void Statement::bind_columns(std::size_t rows) {
  const auto set = [this](SQLINTEGER attribute, void* value) { check(SQLSetStmtAttr(handle_, attribute, value, 0)); };
  set(SQL_ATTR_ROW_ARRAY_SIZE, reinterpret_cast<void*>(rows));
  set(SQL_ATTR_ROWS_FETCHED_PTR, &rows_in_block_);
  SQLUSMALLINT number = 0;
  for (auto& column : columns_) {
    // not initialised on purpose: pages that no row reaches are never touched
    column.cells.reset(new char[rows * kCellBytes]);
    column.lengths.reset(new std::int64_t[rows]);
    check(SQLBindCol(handle_, ++number, SQL_C_CHAR, column.cells.get(), kCellBytes, as_length(column.lengths.get())));
  }
  block_rows_ = rows;
}

bool Statement::fetch() {
  if (!open_) return false;
  if (columns_.empty() || (++row_ >= rows_in_block_ && !fetch_block())) {
    close_result();
    return false;
  }
  return true;
}

bool Statement::fetch_block() {
  if (rows_in_block_ == block_rows_ && block_rows_ < kBlockRows) bind_columns(kBlockRows);
  row_ = 0;
  rows_in_block_ = 0;
  const auto code = SQLFetch(handle_);
  if (code == SQL_NO_DATA) return false;
  check(code);
  for (auto& column : columns_) column.long_values.clear();
  if (code == SQL_SUCCESS_WITH_INFO) read_long_values();
  return rows_in_block_ > 0;
}

void Statement::read_long_values() {
  for (std::size_t row = 0; row < rows_in_block_; ++row) {
    for (std::size_t column = 0; column < columns_.size(); ++column) {
      const auto length = columns_[column].lengths[row];
      if (length == SQL_NO_TOTAL || length >= static_cast<std::int64_t>(kCellBytes)) {
        columns_[column].long_values[row] = read_long_value(row, column);
      }
    }
  }
}

std::string Statement::read_long_value(std::size_t row, std::size_t column) {
  check(SQLSetPos(handle_, static_cast<SQLSETPOSIROW>(row + 1), SQL_POSITION, SQL_LOCK_NO_CHANGE));
  const auto known = columns_[column].lengths[row];
  std::string value;
  std::vector<char> piece(known > 0 ? static_cast<std::size_t>(known) + 1 : 65536);
  while (true) {
    SQLLEN left = 0;
    const auto code = SQLGetData(handle_, static_cast<SQLUSMALLINT>(column + 1), SQL_C_CHAR, piece.data(),
                                 static_cast<SQLLEN>(piece.size()), &left);
    if (code == SQL_NO_DATA) return value;
    check(code);
    value.append(piece.data());
    if (value.size() > kMaxValueBytes) throw_invalid(doing_, "a value of the result is too large");
    if (code == SQL_SUCCESS) return value;
  }
}

void Statement::close_result() {
  if (open_) SQLFreeStmt(handle_, SQL_CLOSE);
  open_ = false;
  rows_in_block_ = 0;
  row_ = 0;
}

bool Statement::is_null(std::size_t column) const { return columns_.at(column).lengths[row_] == SQL_NULL_DATA; }

std::string_view Statement::text(std::size_t column) const {
  const Column& from = columns_.at(column);
  const auto length = from.lengths[row_];
  if (length == SQL_NULL_DATA) return {};
  const auto found = from.long_values.find(row_);
  if (found != from.long_values.end()) return found->second;
  return {from.cells.get() + row_ * kCellBytes, static_cast<std::size_t>(length)};
}

std::int64_t Statement::integer(std::size_t column) const {
  const auto value = text(column);
  std::int64_t number = 0;
  if (value.empty()) return number;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size()) {
    throw_invalid(doing_, "column " + std::to_string(column + 1) + " is not an integer");
  }
  return number;
}

bool Statement::boolean(std::size_t column) const {
  const auto value = text(column);
  return value == "1" || value == "t" || value == "true";
}

}  // namespace ferry::sql
