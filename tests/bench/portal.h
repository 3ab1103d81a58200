// A portal that takes batches of documents and answers at once: what is left of a portal when only Ferry is measured.
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

  struct Totals {
    std::int64_t requests = 0, items = 0;
    Duration busy{};  // from a request's last byte to its answer written, added up
    Instant last{};   // when the last batch was applied
  };
  Totals take_totals();  // since the last call
  std::string quantity(const std::string& sku) const;

 private:
  void accept();
  void serve(int socket);
  std::size_t apply(const std::string& body);

  int listener_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> quantities_;
  Totals totals_;
  std::vector<int> sockets_;
  std::vector<std::thread> sessions_;
  std::thread acceptor_;
};

}  // namespace ferry::bench
