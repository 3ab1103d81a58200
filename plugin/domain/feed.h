// The outbound flows, and the jobs that a channel runs. A job is a feed, the order intake, or the reconciliation.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ferry {

enum class Feed : std::uint8_t {
  product = 1,
  stock,
  list_price,
  cost,
  discount,
  fixed_net_price,
  customer,
  order_status,
};

// The spelling used in tables, settings, logs and on the command line ("list_price"). Never changes.
std::string_view name_of(Feed feed) noexcept;
std::optional<Feed> feed_from_name(std::string_view name) noexcept;

// The names of the jobs that are no feed: the one that brings portal orders in, and the one that compares what the
// portal shows with what it confirmed. All other jobs carry their feed's name.
inline constexpr std::string_view kIntakeJob = "intake";
inline constexpr std::string_view kReconcileJob = "reconcile";

}  // namespace ferry
