// For tests of what the tables say to those who listen: a listener of a test's database.
#pragma once

#include <string>
#include <vector>

#include "sql/notify/listener.h"
#include "sql/testing/private_cluster.h"

namespace ferry::sql::testing {

class Ear {
 public:
  // Hears from now on.
  explicit Ear(const std::string& database)
      : listener_(PrivateCluster::instance().conninfo(database), "", "ferry") {
    listener_.wait(kLong);
  }
  // What was said since, once something was.
  std::vector<std::string> heard() { return listener_.wait(kLong).payloads; }

 private:
  static constexpr auto kLong = std::chrono::seconds(60);
  Listener listener_;
};

}  // namespace ferry::sql::testing
