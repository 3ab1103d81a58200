// One ODBC connection to PostgreSQL. RAII; errors are thrown as DatabaseError; one thread at a time, except cancel().
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "sql/odbc/error.h"

namespace ferry::sql {

struct ConnectionSettings {
  std::string
      connect_string;    // ODBC, without password: "Driver={PostgreSQL Unicode};Servername=...;Database=...;UID=..."
  std::string password;  // a secret: handed to the driver only, never in a message
  std::chrono::seconds login_timeout{10};
  std::chrono::seconds statement_timeout{600};  // ended by the server: `unavailable`
};

// unixODBC's handle types, kept out of this header.
using OdbcHandle = void*;

class Connection {
 public:
  // Connects. The session speaks UTF-8 and UTC, and an error aborts the whole transaction (no savepoint per statement).
  explicit Connection(const ConnectionSettings& settings);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Whether the driver knows the connection to be lost; asks the network nothing.
  bool is_dead() const;

  // Any thread: breaks off the statement that is being executed, which then fails as `unavailable`. Nothing runs:
  // nothing happens.
  void cancel();

  // Runs statements without parameters or result (SET, DDL; several separated by ';').
  void run(std::string_view sql);

  // Throws DatabaseError with every diagnostic record of the handle unless `code` is success.
  void check(int code, short handle_type, OdbcHandle handle, std::string_view doing) const;
  OdbcHandle handle() const { return connection_; }

  // Marks `statement` as the one being executed, for cancel(). Used by Statement.
  class Executing {
   public:
    Executing(Connection& connection, OdbcHandle statement);
    ~Executing();
    Executing(const Executing&) = delete;
    Executing& operator=(const Executing&) = delete;

   private:
    Connection& connection_;
  };

 private:
  void connect(const ConnectionSettings& settings);
  void close() noexcept;

  OdbcHandle environment_ = nullptr;
  OdbcHandle connection_ = nullptr;
  std::string password_;
  std::mutex executing_mutex_;
  OdbcHandle executing_ = nullptr;
};

enum class Isolation : std::uint8_t { read_committed = 1, repeatable_read };

// Open from construction; rolled back by the destructor unless committed. At most one per connection.
class Transaction {
 public:
  Transaction(Connection& connection, Isolation isolation);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  void roll_back() noexcept;
  Connection& connection_;
  bool open_ = false;
};

// What stands in odbcinst.ini that would hurt: with Threading=3 the driver manager lets only one connection of the
// process work at a time, so that one slow statement delays every lane. Empty: all is well. One line per finding.
std::vector<std::string> driver_warnings(std::string_view connect_string);

}  // namespace ferry::sql
