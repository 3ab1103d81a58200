// A libpq connection for what the benchmark does beside the engine: loading, changing, counting, and the SQL that
// PostgreSQL alone is measured with. Errors are thrown as std::runtime_error.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn;

namespace ferry::bench {

class Pg {
 public:
  explicit Pg(const std::string& conninfo);

  // Several statements separated by ';'; results are dropped.
  void run(const std::string& sql);
  // One statement with text parameters ($1...); its rows.
  using Rows = std::vector<std::vector<std::string>>;
  Rows rows(const std::string& sql, const std::vector<std::string>& parameters = {});
  std::string text(const std::string& sql, const std::vector<std::string>& parameters = {});
  std::int64_t integer(const std::string& sql, const std::vector<std::string>& parameters = {});

 private:
  struct Close {
    void operator()(pg_conn* connection) const;
  };
  std::unique_ptr<pg_conn, Close> connection_;
};

}  // namespace ferry::bench
