// What a portal remembers of every request, so that tests can state laws about all of them.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <fstream>
#include <map>
#include <string>

#include "plugin/domain/time.h"
#include "tests/portal/weather.h"

namespace ferry::portal {

struct Entry {
  std::string operation;  // "FerrySetStock"
  std::size_t items = 0;  // records that it concerned; 0 where the shop was not asked
  Fault fault = Fault::none;
  int status = 0;           // of the answer; 0: none was given
  std::size_t bytes = 0;    // of the answer's body
  Instant arrived_at{};     // when the request's last byte had been read
  Instant answered_at{};    // when the change was visible, before any latency
};

// Not thread-safe.
class Journal {
 public:
  // Each entry also becomes a line of JSON in that file, which is begun anew.
  void write_to(const std::string& path);
  void add(Entry entry);

  // The latest entries, the oldest first; kMostKept at most.
  const std::deque<Entry>& entries() const noexcept { return entries_; }
  void clear();
  // Requests, by operation and by fault; the most in any window of one second; JSON.
  std::string totals() const;
  std::int64_t most_in_a_second() const noexcept { return most_in_a_second_; }

  static constexpr std::size_t kMostKept = 20'000;

 private:
  std::deque<Entry> entries_;
  std::deque<Instant> last_second_;  // arrivals
  std::int64_t requests_ = 0, faulted_ = 0, most_in_a_second_ = 0;
  std::map<std::string, std::int64_t> operations_;
  std::array<std::int64_t, kFaults> faults_{};
  std::ofstream file_;
};

}  // namespace ferry::portal
