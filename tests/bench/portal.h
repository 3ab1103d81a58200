// A portal that takes batches of documents and answers at once, or after a time that is the same for every request:
// what is left of a portal when only Ferry is measured. It takes as many requests at once as there are connections.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "plugin/domain/time.h"

namespace ferry::bench {

class Portal {
 public:
  Portal();  // listens on a free port of the loopback interface
  ~Portal();
  Portal(const Portal&) = delete;
  Portal& operator=(const Portal&) = delete;

  std::string base_url() const;
  std::uint16_t port() const { return port_; }

  // How long each request takes from its last byte to its answer, from the next request on.
  void set_latency(Duration latency) { latency_ = latency; }

  struct Totals {
    std::int64_t requests = 0, items = 0;
    Duration busy{};     // from a request's last byte to its answer written, added up, without the latency
    Instant first{};     // when the first batch arrived
    Instant last{};      // when the last one did
    Instant answered{};  // when the last answer was written
  };
  Totals take_totals();  // since the last call

 private:
  void accept();
  void serve(int socket);
  std::size_t apply(const std::string& body);

  int listener_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::atomic<Duration> latency_{};
  std::map<std::string, std::string, std::less<>> figures_;  // quantities or amounts
  Totals totals_;
  std::vector<int> sockets_;
  std::vector<std::thread> sessions_;
  std::thread acceptor_;
};

}  // namespace ferry::bench
