// For tests: a PostgreSQL cluster of the test's own, made once per test program, gone when it ends.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "sql/odbc/connection.h"

#if defined(__SANITIZE_ADDRESS__)
// The driver loses a few bytes with each connection.
extern "C" __attribute__((visibility("default"), used, weak)) const char* __lsan_default_suppressions() {
  return "leak:psqlodbc";
}
#endif

namespace ferry::sql::testing {

// Needs PostgreSQL 15's server programs and the driver "PostgreSQL Unicode". Started as user postgres when run by root,
// which the server refuses to be. Durability is off.
class PrivateCluster {
 public:
  static PrivateCluster& instance() {
    static PrivateCluster cluster;
    return cluster;
  }

  int port() const { return port_; }
  std::string connect_string(const std::string& database, const std::string& user = "postgres") const {
    return "Driver={PostgreSQL Unicode};Servername=127.0.0.1;Port=" + std::to_string(port_) + ";Database=" + database +
           ";UID=" + user;
  }
  ConnectionSettings settings(const std::string& database, const std::string& user = "postgres") const {
    ConnectionSettings settings;
    settings.connect_string = connect_string(database, user);
    return settings;
  }
  std::string conninfo(const std::string& database) const {
    return "host=127.0.0.1 port=" + std::to_string(port_) + " user=postgres dbname=" + database;
  }

  // A fresh database, a copy of `from`; nobody may be connected to that one. It is dropped when kMostKept newer ones are there:
  // hundreds of them are gigabytes, which take longer to write and to remove than all tests.
  std::string create_database(const std::string& from = "template0") {
    const int number = ++databases_;
    const auto name = [](int of) { return "test_" + std::to_string(of); };
    Connection connection(settings("postgres"));
    connection.run("CREATE DATABASE " + name(number) + " TEMPLATE " + from);
    if (number > kMostKept) connection.run("DROP DATABASE IF EXISTS " + name(number - kMostKept) + " WITH (FORCE)");
    return name(number);
  }
  // An empty one that stays; only one of the name.
  std::string create_lasting_database(const std::string& name) {
    Connection(settings("postgres")).run("CREATE DATABASE " + name);
    return name;
  }

 private:
  PrivateCluster() : folder_(make_folder()), port_(free_port()) {
    shell("initdb -D " + folder_ + "/data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync");
    shell("pg_ctl -D " + folder_ + "/data -w -l " + folder_ + "/log start -o '-F -p " + std::to_string(port_) +
          " -c listen_addresses=127.0.0.1 -c unix_socket_directories=" + folder_ + " -c max_connections=30'");
  }
  ~PrivateCluster() {
    std::ignore = std::system((as_postgres("pg_ctl -D " + folder_ + "/data -m immediate stop")).c_str());
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  static std::string make_folder() {
    char pattern[] = "/tmp/ferry-test-XXXXXX";
    if (mkdtemp(pattern) == nullptr) throw std::runtime_error("mkdtemp failed");
    if (geteuid() == 0) std::ignore = std::system(("chown postgres " + std::string(pattern)).c_str());
    return pattern;
  }
  static int free_port() {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0) throw std::runtime_error("bind failed");
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    close(fd);
    return ntohs(address.sin_port);
  }
  static std::string as_postgres(const std::string& command) {
    const std::string full = "/usr/lib/postgresql/15/bin/" + command + " >/dev/null 2>&1";
    return geteuid() == 0 ? "cd / && runuser -u postgres -- sh -c \"" + full + "\"" : full;
  }
  static void shell(const std::string& command) {
    if (std::system(as_postgres(command).c_str()) != 0) throw std::runtime_error("failed: " + command);
  }

  static constexpr int kMostKept = 16;  // more than any test has at once

  const std::string folder_;
  const int port_;
  std::atomic<int> databases_ = 0;
};

}  // namespace ferry::sql::testing
