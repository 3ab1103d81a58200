// What was played, for people: of one history, and of many added up.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/portal/weather.h"

namespace ferry::simulation {

enum class Outage : std::uint8_t { portal, database, kill, token, slow_down };
inline constexpr std::size_t kOutages = 5;
std::string_view name_of(Outage outage) noexcept;

struct Figures {
  std::int64_t histories = 0, steps = 0, requests = 0, orders = 0, linked = 0, reviewed = 0, skipped = 0, erp_changes = 0;
  std::int64_t held = 0, emptied = 0;  // change sets; sources
  std::int64_t kills = 0, pauses = 0, database_outages = 0, calls_failed = 0, answers_lost = 0, erp_hesitated = 0;
  std::int64_t kills_at_commit = 0;  // of the kills: between the ERP's commit of an order and Ferry's record
  std::int64_t revised = 0;            // times that a change of the portal was handed to the ERP
  std::int64_t found = 0, sought = 0;  // cancelled orders that were looked for in the ERP: it had it, it had not
  std::int64_t paid_back = 0, returned = 0;  // returns that people entered, and those that were entered of refunds
  std::int64_t overtaken = 0;   // a request that was applied after its client had given it up wrote an older value
  std::int64_t lost = 0, doubled = 0, stuck = 0;
  Duration simulated{};
  std::array<std::int64_t, portal::kFaults> faults{};
  std::array<std::vector<Duration>, kOutages> recovery;
  std::vector<Duration> clearing;  // from the end of the weather until everything is in order

  void add(const Figures& other);
  std::string text() const;
};

}  // namespace ferry::simulation
