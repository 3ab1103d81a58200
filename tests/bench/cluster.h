// A private PostgreSQL cluster in a folder of its own, reachable through a socket there and nowhere else; gone with the
// object. Runs as the user postgres when we are root.
#pragma once

#include <mutex>
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

  // What the end of the object does. Any thread; a second call waits for the first and does nothing.
  void remove();

  // Leaves it running, for a look at what was measured.
  void keep() { is_kept_ = true; }

  std::string conninfo(const std::string& database) const;  // for libpq
  std::string odbc(const std::string& database) const;      // connect string for ODBC
  const std::string& folder() const { return folder_; }

 private:
  void stop_and_delete();
  void configure(bool durable) const;
  void control(const std::string& action) const;

  std::string folder_;
  std::once_flag removed_;
  bool is_running_ = false;
  bool is_kept_ = false;
};

}  // namespace ferry::bench
