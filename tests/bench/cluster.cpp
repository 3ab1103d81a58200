#include "tests/bench/cluster.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace ferry::bench {
namespace {

namespace fs = std::filesystem;

constexpr int kPort = 5432;  // names the socket in our folder; nothing listens on the network

// The newest PostgreSQL server programs of the machine.
fs::path programs() {
  fs::path newest;
  int version = 14;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql")) {
    const int found = std::atoi(entry.path().filename().c_str());
    if (found > version && fs::exists(entry.path() / "bin/initdb")) newest = entry.path() / "bin", version = found;
  }
  if (newest.empty()) throw std::runtime_error("PostgreSQL 15 or newer is missing: run installer/install-packages");
  return newest;
}

void shell(const std::string& command, const std::string& log) {
  const std::string as = geteuid() == 0 ? "runuser -u postgres -- " : "";
  if (std::system((as + command + " >>'" + log + "' 2>&1 </dev/null").c_str()) != 0) {
    throw std::runtime_error("failed: " + command + "; see " + log);
  }
}

}  // namespace

Cluster::Cluster() {
  std::string name = "/var/tmp/ferry-bench-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder below /var/tmp can be made");
  folder_ = name;
  if (geteuid() == 0 && std::system(("chown postgres: '" + folder_ + "'").c_str()) != 0) {
    throw std::runtime_error("there is no user postgres");
  }
  shell((programs() / "initdb").string() + " -D " + folder_ +
            "/data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync",
        folder_ + ".log");
  configure(false);
  control("start");
  is_running_ = true;
}

Cluster::~Cluster() {
  if (!is_kept_) remove();
}

void Cluster::remove() {
  std::call_once(removed_, [this] { stop_and_delete(); });
}

void Cluster::stop_and_delete() {
  try {
    if (is_running_) control("-m immediate stop");
  } catch (const std::exception&) {
    return;  // said in the log, which stays
  }
  std::error_code ignored;
  // the last of its processes may still be tidying up
  for (int tries = 0; tries < 20 && fs::exists(folder_, ignored); ++tries) {
    fs::remove_all(folder_, ignored);
    if (ignored) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  fs::remove(folder_ + ".log", ignored);
}

void Cluster::configure(bool durable) const {
  std::ofstream file(folder_ + "/data/postgresql.auto.conf");
  file << "listen_addresses = ''\nunix_socket_directories = '" << folder_ << "'\nport = " << kPort
       << "\nshared_buffers = 1GB\nmax_wal_size = 8GB\ncheckpoint_timeout = 1h\njit = off\nautovacuum = off\n"
          "max_parallel_workers_per_gather = 0\nmaintenance_work_mem = 512MB\nlog_min_messages = error\n"
          "max_wal_senders = 0\nshared_preload_libraries = 'pg_stat_statements'\n";
  file << (durable ? "wal_level = replica\nfsync = on\n" : "wal_level = minimal\nfsync = off\nwork_mem = 256MB\n");
}

void Cluster::control(const std::string& action) const {
  shell((programs() / "pg_ctl").string() + " -D " + folder_ + "/data -l " + folder_ + "/server.log -w -t 120 -s " +
            action,
        folder_ + ".log");
}

void Cluster::make_durable() {
  control("-m fast stop");
  is_running_ = false;
  ::sync();  // what was loaded without flushing
  configure(true);
  control("start");
  is_running_ = true;
}

std::string Cluster::conninfo(const std::string& database) const {
  return "host='" + folder_ + "' port=" + std::to_string(kPort) + " dbname=" + database + " user=postgres";
}

std::string Cluster::odbc(const std::string& database) const {
  return "Driver=PostgreSQL ANSI;Servername=" + folder_ + ";Port=" + std::to_string(kPort) + ";Database=" + database +
         ";UID=postgres";
}

}  // namespace ferry::bench
