// What goes back to customers, and what they read of their orders: asked at every step, and in the end.
#include <algorithm>

#include "tests/simulation/world.h"

namespace ferry::simulation {
namespace {

constexpr const char* kMoneyLaw = "money goes back once";

std::string cents_text(std::int64_t cents) { return std::to_string(cents) + " cents"; }

// Of the refund: what it was made for, or what was made of it.
std::vector<const Sale::Return*> returns_of(const Sale& sale, const portal::PaidBack& refund) {
  const auto number = return_number_in(refund.reason);
  std::vector<const Sale::Return*> found;
  for (const auto& returned : sale.returns) {
    const bool is_own = returned.refund.empty() && !number.empty() && returned.number == number;
    if (is_own || returned.refund == refund.id) found.push_back(&returned);
  }
  return found;
}

std::int64_t paid_back_for(const Sale::Return& returned, const std::vector<portal::PaidBack>& refunds) {
  std::int64_t cents = 0;
  for (const auto& refund : refunds) cents += return_number_in(refund.reason) == returned.number ? refund.cents : 0;
  return cents;
}

}  // namespace

// ---- at every step --------------------------------------------------------------------------------------------------

void Laws::on_returned(const Sale& sale, const Sale::Return& returned) const {
  const auto same = std::ranges::count(sale.returns, returned.refund, &Sale::Return::refund);
  if (same != 1) ++world_.figures.doubled;
  must(same == 1, kMoneyLaw, [&] {
    return "refund " + returned.refund + " of " + sale.reference + " has " + std::to_string(same) + " returns";
  });
  const auto* order = world_.find_order(sale.channel, sale.reference);
  const auto refunds = world_.site(sale.channel).portal->refunds(order->id).value();
  const bool is_there = std::ranges::any_of(refunds, [&](const auto& refund) {
    return refund.id == returned.refund && refund.cents == returned.cents;
  });
  must(is_there, kMoneyLaw, [&] {
    return "a return of " + sale.reference + " was made of a refund " + returned.refund + " of " + cents_text(returned.cents) +
           ", which nobody made";
  });
}

void Laws::on_paid_back(const PortalSite& site) const {
  for (const auto& order : world_.orders) {
    if (order.channel != site.id || order.id.empty()) continue;
    const auto refunds = site.portal->refunds(order.id);
    if (!refunds || refunds->empty()) continue;
    const auto* sale = world_.erp.sale_of(order.channel, order.reference);
    for (const auto& refund : *refunds) {
      const auto number = return_number_in(refund.reason);
      if (number.empty()) continue;
      const auto made = std::ranges::count_if(*refunds, [&](const auto& other) { return return_number_in(other.reason) == number; });
      if (made != 1) ++world_.figures.doubled;
      must(made == 1, kMoneyLaw, [&] { return "return " + number + " was paid back by " + std::to_string(made) + " refunds"; });
      const bool is_owed = sale != nullptr && std::ranges::any_of(sale->returns, [&](const auto& returned) {
        return returned.number == number && refund.cents <= returned.cents;
      });
      must(is_owed, kMoneyLaw, [&] { return cents_text(refund.cents) + " were paid back for " + number + ", which is worth less"; });
    }
  }
}

// ---- in the end -----------------------------------------------------------------------------------------------------

bool World::is_overdrawn(std::int32_t channel, const std::string& label, bool with_refunds_of_portal) const {
  const auto* order = find_order(channel, label);
  const auto* sale = erp.sale_of(channel, label);
  if (order == nullptr || sale == nullptr || !tables.pays_back) return false;
  const auto& portal = *site(channel).portal;
  const auto refunds = portal.refunds(order->id).value_or(std::vector<portal::PaidBack>{});
  auto left = portal.paid(order->id);
  for (const auto& refund : refunds) left -= refund.cents;
  return std::ranges::any_of(sale->returns, [&](const auto& returned) {
    const bool is_told = returned.refund.empty() || with_refunds_of_portal;
    return is_told && returned.cents - paid_back_for(returned, refunds) > left;
  });
}

std::string World::disorder_of_money(const PortalSite& at, const std::string& label) const {
  const auto* order = find_order(at.id, label);
  const auto* sale = erp.sale_of(at.id, label);
  if (order == nullptr || sale == nullptr || sale->is_withdrawn()) return "";
  const auto refunds = at.portal->refunds(order->id);
  if (!refunds) return "";
  for (const auto& returned : sale->returns) {
    if (!returned.refund.empty() || !tables.pays_back) continue;
    if (const auto there = paid_back_for(returned, *refunds); there != returned.cents)
      return "return " + returned.number + " is of " + cents_text(returned.cents) + ", and " + cents_text(there) + " were paid back";
  }
  for (const auto& refund : *refunds) {
    const auto returns = returns_of(*sale, refund);
    const auto name = "refund " + refund.id + " of order " + label;
    if (!refund.is_settled) return name + " is only promised";
    if (returns.empty() && !order->is_left_as_it_is) return name + " has no return in the ERP";
    if (returns.size() > 1) return name + " has " + std::to_string(returns.size()) + " returns in the ERP";
    if (!returns.empty() && returns.front()->cents != refund.cents)
      return name + " is of " + cents_text(refund.cents) + ", its return of " + cents_text(returns.front()->cents);
  }
  return "";
}

std::string World::disorder_of_words(const PortalSite& at, const std::string& label) const {
  const auto* order = find_order(at.id, label);
  const auto* sale = erp.sale_of(at.id, label);
  if (order == nullptr || sale == nullptr) return "";
  const auto words = at.portal->words(order->id);
  if (!words) return "";
  std::string invoices, cancelled;
  const auto add = [](std::string& text, const std::string& entry) { text += (text.empty() ? "" : ", ") + entry; };
  for (const auto& invoice : sale->invoices)
    add(invoices, invoice.number + " (" + invoice.date + (invoice.is_credit_note ? ", credit note)" : ")"));
  std::map<std::string, std::int64_t> never_sent;  // in order of SKU
  for (const auto& line : sale->lines) never_sent[erp.products[line.product].sku] += line.cancelled;
  for (const auto& [sku, pieces] : never_sent) {
    if (pieces > 0 && sale->state != SaleState::cancelled) add(cancelled, std::to_string(pieces) + " x " + sku);
  }
  const auto differs = [&](const std::string& what, const std::string& shown, const std::string& said) {
    return shown == said ? "" : "order " + label + ": its " + what + " read '" + shown + "' on the portal, the ERP says '" + said + "'";
  };
  auto wrong = differs("state", words->state, std::string(name_of(sale->state)));
  if (wrong.empty()) wrong = differs("invoices", words->invoices, invoices);
  return wrong.empty() ? differs("cancelled lines", words->cancelled, cancelled) : wrong;
}

}  // namespace ferry::simulation
