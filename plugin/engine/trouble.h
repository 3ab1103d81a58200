// What stands in a lane's way, as people see it, and when the tables are tried again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "plugin/domain/time.h"
#include "plugin/engine/ports.h"

namespace ferry::engine {

class Trouble {
 public:
  static constexpr Duration kLongestWait = std::chrono::seconds(5);  // unless the failure is a defect

  // Which calls on the tables: keeping the lease succeeds also where the work itself cannot be done.
  enum class Part : std::uint8_t { lease = 1, work };

  // A call failed: no work is done before retry_at().
  void store_failed(Part part, const Problem& problem, Instant now, double unit);
  void store_succeeded(Part part);
  Instant retry_at() const noexcept { return retry_at_; }  // epoch: no trouble

  // The portal does not do its part; empty: it does again.
  void portal(std::string error);
  // Nor does the ERP; empty: it does again.
  void erp(std::string error);

  // What is to be shown from now on, when that differs from what was answered last: an error once, and once its end.
  std::optional<std::string> news();

 private:
  Part failed_part_ = Part::lease;
  std::int32_t store_failures_ = 0;  // in a row
  Instant retry_at_{};
  std::string store_error_, portal_error_, erp_error_;
  std::string shown_;
};

}  // namespace ferry::engine
