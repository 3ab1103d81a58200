// After the sale: what comes back and is paid back in both directions, invoices, and what is never sent. How a refund of the
// portal becomes a return is what host-api/hosts/tryton/refund.py does.
#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "plugin/domain/decimal.h"
#include "tests/simulation/erp.h"

namespace ferry::simulation {
namespace {

constexpr std::int64_t kTolerance = 5;  // cents

struct PortalRefund {
  std::string id, reason;
  std::int64_t cents = 0;
  std::map<std::string, std::int64_t> pieces;
};

std::string refund_member(const boost::json::object& from, std::string_view name) {
  const auto* value = from.if_contains(name);
  const auto* text = value ? value->if_string() : nullptr;
  return text ? std::string(*text) : "";
}

std::vector<PortalRefund> refunds_in(const std::string& document) {
  std::vector<PortalRefund> refunds;
  boost::system::error_code error;
  const auto order = boost::json::parse(document, error);
  const auto* all = error || !order.is_object() ? nullptr : order.get_object().if_contains("refunds");
  if (all == nullptr || !all->is_array()) return refunds;
  for (const auto& value : all->get_array()) {
    const auto& given = value.as_object();
    const auto gross = Decimal::parse(refund_member(given, "gross"));
    PortalRefund refund{refund_member(given, "refund"), refund_member(given, "reason"), 0, {}};
    if (gross) refund.cents = gross->to_minor_units(2).value_or(0);
    for (const auto& line : given.at("lines").as_array()) {
      const auto quantity = Decimal::parse(refund_member(line.as_object(), "quantity"));
      refund.pieces[refund_member(line.as_object(), "sku")] += quantity ? quantity->to_minor_units(0).value_or(0) : 0;
    }
    if (refund.cents > 0) refunds.push_back(std::move(refund));
  }
  return refunds;
}

Sale::Return* find_return(std::vector<Sale::Return>& returns, const std::function<bool(const Sale::Return&)>& is_wanted) {
  const auto found = std::find_if(returns.begin(), returns.end(), is_wanted);
  return found == returns.end() ? nullptr : &*found;
}

}  // namespace

std::string return_number_in(std::string_view reason) {
  const auto begin = reason.rfind('[');
  const bool has_number = begin != std::string_view::npos && reason.ends_with(']');
  return has_number ? std::string(reason.substr(begin + 1, reason.size() - begin - 2)) : "";
}

std::int64_t Sale::returnable(std::size_t line, const std::string& sku) const {
  auto left = lines.at(line).quantity;
  for (const auto& returned : returns) {
    const auto found = returned.pieces.find(sku);
    left -= found == returned.pieces.end() ? 0 : found->second;
  }
  return left;
}

void Erp::come_back(const std::map<std::string, std::int64_t>& pieces, Xid xid) {
  for (const auto& [sku, count] : pieces) {
    Product& product = *find(sku);
    product.on_hand += count;
    product.xid = std::max(product.xid, xid);
    hints.push_back({Feed::stock, product.key, xid});
  }
}

void Erp::take_back(std::size_t index, const std::map<std::string, std::int64_t>& pieces, std::int64_t cents,
                    const std::string& reason, Xid xid) {
  Sale& sale = sales[index];
  for (std::size_t i = 0; i < sale.lines.size(); ++i) {  // the portal may have told of some meanwhile
    const auto& sku = products[sale.lines[i].product].sku;
    const auto wanted = pieces.find(sku);
    if (wanted != pieces.end() && wanted->second > sale.returnable(i, sku)) return;
  }
  sale.returns.push_back({sale.number + "-R" + std::to_string(++sale.returns_entered), "", reason, cents, pieces});
  come_back(pieces, xid);
  sale.xid = std::max(sale.xid, xid);
}

void Erp::post_invoice(std::size_t index, bool is_credit_note, Xid xid) {
  Sale& sale = sales[index];
  if (sale.state == SaleState::cancelled) return;
  const auto date = to_iso8601(agenda_.now()).substr(0, 10);
  const auto number = "INV-" + std::to_string(sale.id) + "-" + std::to_string(sale.invoices.size() + 1);
  sale.invoices.push_back({number, date, is_credit_note});
  sale.xid = std::max(sale.xid, xid);
}

void Erp::cancel_rest_of_line(std::size_t index, std::size_t position, Xid xid) {
  Sale& sale = sales[index];
  if (sale.state != SaleState::confirmed) return;
  auto& line = sale.lines.at(position);
  Product& product = products[line.product];
  product.reserved -= line.open();
  product.xid = std::max(product.xid, xid);
  hints.push_back({Feed::stock, product.key, xid});
  line.cancelled += line.open();
  sale.xid = std::max(sale.xid, xid);
}

// All of them, or none.
std::string Erp::enter_refunds(Sale& sale, const std::string& document, Xid xid) {
  const auto refunds = refunds_in(document);
  if (sale.is_withdrawn()) {  // it was never delivered: there is nothing to return
    if (std::erase_if(sale.returns, [](const auto& returned) { return !returned.refund.empty(); }) > 0) sale.xid = xid;
    return "";
  }
  std::set<std::string> paid;  // numbers of returns that Ferry has paid back
  for (const auto& refund : refunds) paid.insert(return_number_in(refund.reason));
  Sale after = sale;
  std::vector<Sale::Return> made;
  for (const auto& refund : refunds) {
    if (find_return(after.returns, [&](const auto& known) { return known.refund == refund.id; })) continue;
    const auto number = return_number_in(refund.reason);
    if (find_return(after.returns, [&](const auto& known) { return known.refund.empty() && known.number == number; })) continue;
    auto* keyed = find_return(after.returns, [&](const auto& known) {
      return known.refund.empty() && !paid.contains(known.number) && known.cents == refund.cents;
    });
    if (keyed != nullptr) {
      keyed->refund = refund.id;
      continue;
    }
    std::int64_t price = 0;
    for (const auto& [sku, count] : refund.pieces) {
      std::int64_t left = 0, cents = 0;
      for (std::size_t i = 0; i < after.lines.size(); ++i) {
        const auto& line = after.lines[i];
        if (products[line.product].sku != sku) continue;
        left = after.returnable(i, sku);
        cents = line.cents * count / line.quantity;
      }
      if (count > left)
        return "refund " + refund.id + " returns " + std::to_string(count) + " of '" + sku + "', and " +
               std::to_string(left) + " can come back";
      price += cents;
    }
    if (!refund.pieces.empty() && std::abs(price - refund.cents) > kTolerance)
      return "refund " + refund.id + " is of " + std::to_string(refund.cents) + " cents, and its goods cost " + std::to_string(price);
    made.push_back({sale.number + "-R" + std::to_string(++after.returns_entered), refund.id, refund.reason, refund.cents, refund.pieces});
    after.returns.push_back(made.back());
  }
  const bool is_changed = !std::equal(after.returns.begin(), after.returns.end(), sale.returns.begin(), sale.returns.end(),
                                      [](const auto& a, const auto& b) { return a.number == b.number && a.refund == b.refund; });
  if (!is_changed) return "";
  sale = std::move(after);
  sale.xid = std::max(sale.xid, xid);
  hints.push_back({Feed::order_status, sale.id, xid});
  for (const auto& returned : made) {
    come_back(returned.pieces, xid);
    if (on_returned) on_returned(sale, returned);
  }
  return "";
}

}  // namespace ferry::simulation
