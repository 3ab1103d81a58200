// What one seed stands for: how Ferry is set up, and what will befall everybody in the week.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plugin/connector/connector.h"
#include "tests/portal/weather.h"

namespace ferry::simulation {

using portal::Climate;
using portal::Dice;
using portal::Span;

struct Scenario {
  explicit Scenario(std::uint64_t seed);

  std::uint64_t seed = 0;
  Span week{};  // everything bad happens in here; afterwards the weather is clear

  struct ChannelPlan {
    const connector::ConnectorInfo* connector = nullptr;
    Climate climate;
    bool has_its_own_clock = false;  // orders are placed by the clock of the portal's Date header, right or wrong
    std::int64_t allocation_percent = 100;
  };
  std::vector<ChannelPlan> channels;
  std::string common_settings;  // members of a JSON object
  Duration poll_interval{}, order_poll_interval{}, lease{}, absent_interval{};

  int processes = 0;
  struct Mishap {
    Instant at{};
    Duration length{};
    int process = 0;
  };
  std::vector<Mishap> kills, pauses;      // length: until it is started again, goes on
  std::vector<Span> database_outages;
  std::uint32_t call_fails = 0;      // per million calls on the tables: not executed, executed and not answered, …
  std::uint32_t notice_is_lost = 0;  // per million notices of the database

  std::optional<Span> emptied;  // somebody unpublishes everything by mistake, and mends it

  int products = 0, erp_changes = 0, orders = 0;
  std::uint32_t dies_at_commit = 0;  // per million order entries: the process is killed, and the order then cancelled
  bool pays_back = false;  // on the portals, what people return in the ERP
  std::uint32_t erp_hesitates = 0;  // per million order entries: busy, failed, or committed and not answered

  // How long after the week everything must be in order again, at the latest.
  Duration recovery_limit() const;

 private:
  void divide(Dice dice);
};

}  // namespace ferry::simulation
