#include "tests/simulation/scenario.h"

#include <algorithm>

namespace ferry::simulation {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Instant kMonday = Instant(std::chrono::sys_days(std::chrono::year(2026) / 3 / 2));

std::string seconds_text(Duration duration) {
  return std::to_string(std::chrono::duration_cast<seconds>(duration).count());
}

Duration between(Dice& dice, Duration least, Duration most) { return least + dice.upto(most - least); }

}  // namespace

Scenario::Scenario(std::uint64_t given_seed) : seed(given_seed), week{kMonday, kMonday + std::chrono::days(7)} {
  Dice dice(seed ^ 0x7363656e6172696fU);
  const auto sometime = [&] { return week.from + dice.upto(std::chrono::days(7) - hours(1)); };

  // intervals are hours where the product's defaults are seconds: a week then costs milliseconds, and what is not
  // noticed at once stays unnoticed for long
  poll_interval = between(dice, minutes(20), hours(6));
  order_poll_interval = between(dice, hours(1), hours(7));
  lease = dice.chance(10'000) ? minutes(2) : between(dice, minutes(20), hours(1));
  absent_interval = between(dice, hours(1), hours(8));
  const auto rate = 1 + dice.below(6);
  const auto batch_cap = dice.chance(500'000) ? 2 + dice.below(4) : 100;
  common_settings = R"("base_url":"https://shop.example","poll_interval":")" + seconds_text(poll_interval) +
                    R"(","order_poll_interval":")" + seconds_text(order_poll_interval) + R"(","lease":")" +
                    seconds_text(lease) + R"(","rate_per_second":")" + std::to_string(rate) + R"(","batch_cap":")" +
                    std::to_string(batch_cap) + R"(","request_timeout":")" + std::to_string(5 + dice.below(26)) +
                    R"(","order_since":")" + to_iso8601(week.from - hours(1)) + "\"";  // the shop's clock may be behind

  for (const auto* connector : connector::connectors()) {
    const auto shops = dice.chance(120'000) ? 2 : 1;  // two shops of one kind share the ERP's stock
    for (int i = 0; i < shops; ++i) {
      channels.push_back({connector, Climate::from_seed(dice.next(), week), dice.chance(500'000)});
    }
  }

  if (channels.size() > 1) divide(Dice(seed ^ 0x616c6c6f63U));

  processes = dice.chance(800'000) ? 2 : 3;
  for (auto i = dice.below(6); i > 0; --i) {
    kills.push_back({sometime(), between(dice, seconds(2), minutes(30)), static_cast<int>(dice.below(3))});
  }
  for (auto i = dice.below(4); i > 0; --i) {
    const Instant at = sometime();
    const Duration length = between(dice, seconds(1), hours(2));
    pauses.push_back({at, std::min<Duration>(length, week.to - at), static_cast<int>(dice.below(3))});
  }
  for (auto i = dice.below(4); i > 0; --i) {
    const Instant from = sometime();
    database_outages.push_back({from, std::min(from + between(dice, seconds(1), hours(1)), week.to)});
  }
  call_fails = static_cast<std::uint32_t>(dice.chance(500'000) ? 0 : dice.below(20'000));
  notice_is_lost = static_cast<std::uint32_t>(dice.chance(500'000) ? 0 : dice.below(500'000));
  erp_hesitates = static_cast<std::uint32_t>(dice.chance(300'000) ? 0 : dice.below(300'000));

  products = static_cast<int>(3 + dice.below(12));
  erp_changes = static_cast<int>(10 + dice.below(50));
  orders = static_cast<int>(2 + dice.below(14));
  dies_at_commit = static_cast<std::uint32_t>(dice.chance(500'000) ? 0 : dice.below(150'000));

  if (dice.chance(300'000)) {
    const Instant from = week.from + dice.upto(std::chrono::days(6));
    emptied = Span{from, from + between(dice, minutes(1), hours(18))};
  }
  // so few that a share of so small a catalogue may be held, for a clerk to release
  if (dice.chance(500'000)) common_settings += R"(,"guard_least":")" + std::to_string(1 + dice.below(3)) + "\"";
  // no die for these: the other weeks stay as they are
  pays_back = seed % 5 != 4;
  if (pays_back) common_settings += R"(,"order_refund_since":")" + to_iso8601(week.from) + "\"";
  if (seed % 7 == 3) common_settings += R"(,"payment_rules":{"*":"review","none":"review"})";
}

// In most weeks of several channels the stock is divided among them.
void Scenario::divide(Dice dice) {
  if (dice.chance(300'000)) return;
  std::int64_t left = 100;
  for (auto& channel : channels) {
    const bool takes_the_rest = &channel == &channels.back() || dice.chance(200'000);
    channel.allocation_percent =
        takes_the_rest ? left : static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(left) + 1));
    left -= channel.allocation_percent;
  }
}

// A lease that nobody renews, two looks at everything, a product that is created late and shown once it has a price
// (two looks for what is absent), and the longest wait that a portal may have asked for (an hour), once for the record
// and once for the credential, with a clerk's round for what needs a person.
Duration Scenario::recovery_limit() const {
  return lease + 2 * poll_interval + 2 * order_poll_interval + 2 * absent_interval + 3 * hours(1);
}

}  // namespace ferry::simulation
