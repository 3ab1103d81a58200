// One prepared statement: parameters by name, rows in blocks.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/odbc/connection.h"
#include "sql/odbc/sql_text.h"

namespace ferry::sql {

// Every value crosses as text; the SQL names the type of each parameter (`:channel::integer`), so that nothing depends
// on what the driver guesses. Use: set every parameter, execute(), fetch() until false. May be executed again.
class Statement {
 public:
  // Rows per network-free block: few at first, because most statements answer a few rows and a process keeps dozens of
  // them prepared; many once one has answered more. A cell takes kCellBytes; a longer value is read again in full,
  // never cut.
  static constexpr std::size_t kFirstBlockRows = 16;
  static constexpr std::size_t kBlockRows = 1000;
  static constexpr std::size_t kCellBytes = 256;
  // A single value larger than this is refused as `invalid`: it would be a defect, not data.
  static constexpr std::size_t kMaxValueBytes = 64U << 20;

  // Precondition: the connection outlives the statement. `doing` begins every error message.
  Statement(Connection& connection, SqlText sql, std::string doing);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // An unknown name throws std::logic_error. Text must be storable() (sql/odbc/array.h).
  Statement& set(std::string_view name, std::string value);
  Statement& set(std::string_view name, std::string_view value) { return set(name, std::string(value)); }
  Statement& set(std::string_view name, const char* value) { return set(name, std::string(value)); }
  Statement& set(std::string_view name, std::int64_t value) { return set(name, std::to_string(value)); }
  Statement& set(std::string_view name, std::int32_t value) { return set(name, std::to_string(value)); }
  Statement& set(std::string_view name, bool value) { return set(name, std::string(value ? "true" : "false")); }
  Statement& set_null(std::string_view name);

  bool has_parameter(std::string_view name) const { return parameters_.find(name) != parameters_.end(); }

  // Throws std::logic_error when a parameter was never set. Closes an earlier result.
  void execute();
  // Moves to the next row; false: there is none, and the result is closed.
  bool fetch();

  // The current row's columns, from 0. Views are valid until the next fetch() or execute().
  bool is_null(std::size_t column) const;
  std::string_view text(std::size_t column) const;  // NULL reads as empty
  std::int64_t integer(std::size_t column) const;  // NULL reads as 0; anything else but an integer throws DatabaseError
  bool boolean(std::size_t column) const;          // NULL reads as false

 private:
  struct Parameter {
    std::optional<std::string> value;
    std::int64_t length_or_null = 0;
    bool is_set = false;
  };
  struct Column {
    std::unique_ptr<char[]> cells;
    std::unique_ptr<std::int64_t[]> lengths;
    std::map<std::size_t, std::string> long_values;  // by row of the block
  };

  Parameter& parameter(std::string_view name);
  void bind_parameters();
  void bind_columns(std::size_t rows);
  bool fetch_block();
  void read_long_values();
  std::string read_long_value(std::size_t row, std::size_t column);
  void close_result();
  void check(int code) const;

  Connection& connection_;
  SqlText sql_;
  std::string doing_;
  OdbcHandle handle_ = nullptr;
  std::map<std::string, Parameter, std::less<>> parameters_;
  std::vector<Column> columns_;
  std::size_t block_rows_ = kFirstBlockRows;
  std::uint64_t rows_in_block_ = 0;  // written by the driver
  std::size_t row_ = 0;              // current row within the block
  bool open_ = false;
};

}  // namespace ferry::sql
