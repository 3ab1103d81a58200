// A stand-in for a Vendure portal, for benchmarks and fault tests: keeps its shop in memory, answers as fast as it can
// or after a chosen latency, and remembers every request. It stands in for speed and faults only; what the real portal
// says is tested against the real portal.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/portal/shop.h"

namespace ferry::portal {

struct Entry {
  std::string operation;  // "FerrySetStock"
  std::size_t items = 0;
  std::chrono::system_clock::time_point answered_at;  // when the change was visible, before the latency
};

class Portal {
 public:
  explicit Portal(std::uint16_t port = 0);  // 0: any free one; 127.0.0.1 only
  ~Portal();
  Portal(const Portal&) = delete;
  Portal& operator=(const Portal&) = delete;

  std::uint16_t port() const;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }

  // All of these: any thread.
  void set_latency(std::chrono::milliseconds latency);
  std::vector<Entry> journal() const;
  void clear_journal();
  void with_shop(const std::function<void(Shop&)>& use);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferry::portal
