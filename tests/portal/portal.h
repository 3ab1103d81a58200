// A stand-in for a Vendure portal, for benchmarks, fault tests and the soak: a real HTTP server that keeps its shop in
// memory, lives through the weather it is given, and remembers every request. It stands in for speed and faults only;
// what the real portal says is tested against the real portal.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/portal/desk.h"

namespace ferry::portal {

class Portal {
 public:
  // 0: any free port; 127.0.0.1 only. A second port answers the pages of control.h, whatever the weather.
  explicit Portal(std::uint16_t port = 0);
  ~Portal();
  Portal(const Portal&) = delete;
  Portal& operator=(const Portal&) = delete;

  std::uint16_t port() const;
  std::uint16_t control_port() const;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }

  // All of these: any thread.
  void set_latency(std::chrono::milliseconds latency);  // of every answer, the most of the weather's comes on top
  // Accepts nobody for so long and breaks every connection.
  void go_down(Duration length);
  std::vector<Entry> journal() const;
  void clear_journal();
  void with_desk(const std::function<void(Desk&)>& use);
  void with_shop(const std::function<void(Shop&)>& use);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferry::portal
