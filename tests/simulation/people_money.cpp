// What people do with an order after it was sold: parts are cancelled, it is invoiced, goods come back, money is paid back on
// either side, and sometimes on both.
#include <algorithm>
#include <array>

#include "tests/simulation/world.h"

namespace ferry::simulation {

using std::chrono::hours;
using std::chrono::minutes;

void World::plan_money(std::size_t index, Instant shipped_at) {
  const auto plan = [&](std::uint32_t chance, Instant from, Duration within, void (World::*what)(std::size_t)) {
    const bool happens = dice.chance(chance);
    const Instant at = from + dice.upto(within);
    if (happens && at < scenario.week.to - hours(1)) agenda.at(at, [this, index, what] { (this->*what)(index); });
  };
  const Instant soon = agenda.now() + minutes(5);
  plan(150'000, soon, shipped_at - soon, &World::cancel_part_of_sale);
  plan(600'000, shipped_at, hours(10), &World::post_invoice);
  plan(450'000, shipped_at, hours(20), &World::take_back);
  plan(200'000, shipped_at, hours(60), &World::take_back);
  plan(350'000, soon, hours(60), &World::pay_back_by_hand);
  plan(150'000, soon, hours(60), &World::pay_back_by_hand);
  plan(300'000, shipped_at + hours(10), hours(40), &World::post_credit_note);
}

// Null: it is not there, or never comes.
const Sale* World::sale_to_change(std::size_t index) const {
  return is_over_ ? nullptr : erp.sale_of(orders[index].channel, orders[index].reference);
}

void World::change_sale(const Sale& sale, std::function<void(std::size_t, Xid)> change) {
  const bool is_hinted = dice.chance(700'000);
  change_erp([position = static_cast<std::size_t>(sale.id - 1), change = std::move(change)](Xid xid) { change(position, xid); },
             is_hinted ? std::vector<std::int64_t>{sale.id} : std::vector<std::int64_t>{}, dice.upto(std::chrono::seconds(30)),
             Feed::order_status);
}

void World::cancel_part_of_sale(std::size_t index) {
  const Sale* sale = sale_to_change(index);
  if (sale == nullptr || orders[index].is_shipped) return;
  orders[index].is_cut = true;
  change_sale(*sale, [this, line = dice.below(sale->lines.size())](std::size_t position, Xid xid) {
    erp.cancel_rest_of_line(position, line, xid);
  });
}

void World::post_invoice(std::size_t index) {
  if (const Sale* sale = sale_to_change(index))
    change_sale(*sale, [this](std::size_t position, Xid xid) { erp.post_invoice(position, false, xid); });
}

void World::post_credit_note(std::size_t index) {
  const Sale* sale = sale_to_change(index);
  if (sale == nullptr || sale->returns.empty()) return;
  change_sale(*sale, [this](std::size_t position, Xid xid) { erp.post_invoice(position, true, xid); });
}

// In the ERP, once it was sent. Some keep a fee.
void World::take_back(std::size_t index) {
  constexpr std::array kReasons = {"", "Damaged", "Did not fit"};
  const Sale* sale = sale_to_change(index);
  if (sale == nullptr || sale->shipments.empty()) {
    if (agenda.now() < scenario.week.to - hours(3)) agenda.in(hours(2), [this, index] { take_back(index); });
    return;
  }
  const auto chosen = dice.below(sale->lines.size());
  const auto& line = sale->lines[chosen];
  const auto& sku = erp.products[line.product].sku;
  const auto most = std::min(line.sent, sale->returnable(chosen, sku));
  if (most <= 0) return;
  const auto pieces = 1 + static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(most)));
  auto cents = line.cents * pieces / line.quantity;
  if (dice.chance(300'000)) cents -= static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(cents)));
  ++figures.paid_back;
  change_sale(*sale, [this, goods = std::map<std::string, std::int64_t>{{sku, pieces}}, cents,
                      reason = std::string(kReasons.at(dice.below(kReasons.size())))](std::size_t position, Xid xid) {
    erp.take_back(position, goods, cents, reason, xid);
  });
}

// On the portal: goods at their price, goods for another amount, or money alone. Whether they ever came back, and what the ERP
// has returned of them already, nobody looks up there.
void World::pay_back_by_hand(std::size_t index) {
  const TrueOrder& order = orders[index];
  if (is_over_ || !order.is_paid || order.is_cancelled) return;
  PortalSite& at = site(order.channel);
  const Sale* sale = erp.sale_of(order.channel, order.reference);
  const auto kind = dice.below(10);
  std::vector<portal::OrderLine> goods;
  auto cents = static_cast<std::int64_t>(1 + dice.below(700));
  if (sale != nullptr && kind < 6) {
    const auto& line = sale->lines[dice.below(sale->lines.size())];
    const auto pieces = 1 + static_cast<std::int64_t>(dice.below(static_cast<std::uint64_t>(line.quantity)));
    goods.push_back({erp.products[line.product].sku, pieces});
    const auto price = line.cents * pieces / line.quantity;
    cents = kind < 5 ? price : std::max<std::int64_t>(1, price - cents);
  }
  const bool is_done = at.portal->give_back(order.id, goods, cents, goods.empty() ? "goodwill" : "came back", agenda.now());
  trace([&] {
    return "portal " + std::to_string(at.id) + (is_done ? " pays back " : " does not pay back ") + std::to_string(cents) + " of " +
           order.reference + " by hand";
  });
}

void World::leave_as_it_is(std::int32_t channel, const std::string& reference) {
  for (auto& order : orders) {
    if (order.channel == channel && order.reference == reference) order.is_left_as_it_is = true;
  }
}

}  // namespace ferry::simulation
