// A private PostgreSQL cluster in a folder of its own, reachable through a socket there and nowhere else; gone with the
// object. Runs as the user postgres when we are root.
#pragma once

#include <string>

namespace ferry::bench {

class Cluster {
 public:
  // Makes the cluster and starts it for loading: nothing is flushed to disk yet.
  Cluster();
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  // Restarts it as it is measured: durable (facts are in settings() of cluster.cpp).
  void make_durable();

  void remove();  // what the end of the object does; once

  // Leaves it running, for a look at what was measured.
  void keep() { is_kept_ = true; }

  std::string conninfo(const std::string& database) const;  // for libpq
  std::string odbc(const std::string& database) const;      // connect string for ODBC
  const std::string& folder() const { return folder_; }

 private:
  void configure(bool durable) const;
  void control(const std::string& action) const;

  std::string folder_;
  bool is_running_ = false;
  bool is_kept_ = false;
};

}  // namespace ferry::bench
