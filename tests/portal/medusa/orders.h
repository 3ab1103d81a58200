// The orders of the simulated Medusa: what the admin API tells of them, changes, and pays back.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/portal/medusa/fulfilments.h"
#include "tests/portal/medusa/refunds.h"
#include "tests/portal/medusa/request.h"
#include "tests/portal/medusa/returns.h"
#include "tests/portal/simulated_portal.h"

namespace ferry::portal {

inline constexpr std::string_view kOrderNumberKey = "erp_order_number";

class MedusaOrders {
 public:
  // ---- the shop; of orders that there are
  std::string place(std::span<const OrderLine> lines, bool is_paid, Instant placed_at);  // the id
  MedusaOrder& of(std::string_view id) { return orders_.at(position_of(id)); }
  const MedusaOrder& of(std::string_view id) const { return orders_.at(position_of(id)); }
  const MedusaOrder* find(std::string_view reference) const;  // null: there is none
  static std::string reference(std::string_view id) { return std::to_string(position_of(id) + 1); }
  std::int64_t open(std::string_view id, const std::string& sku) const;
  bool cancel(std::string_view id, Instant now);  // false: it refuses
  std::vector<PaidBack> refunds(std::string_view id) const;
  bool give_back(std::string_view id, std::span<const OrderLine> goods, std::int64_t cents, const std::string& reason, Instant at);

  // ---- requests; throw Problem
  boost::json::value list(const Target& target, const Fate& fate);
  // Of "order_7" or a part of it. The goods that leave the stock by it.
  Goods change(const std::string& path, const boost::json::value& body, std::vector<NowShown>& shown);
  // A new return ("") or a part of one: "return_7_1/request".
  boost::json::value take_back(std::string_view method, const std::string& path, const boost::json::value& body, Instant now);
  // "7/refund" of the seventh order's payment.
  boost::json::value pay_back(const std::string& path, const boost::json::value& body, Instant now);

 private:
  // "order_7" is the seventh.
  static std::size_t position_of(std::string_view id) { return std::stoull(std::string(id.substr(6))) - 1; }
  boost::json::object row(std::size_t position) const;

  std::vector<MedusaOrder> orders_;
  std::int64_t inserted_ = 0;  // that came in before the page which is read, since the first page was
};

}  // namespace ferry::portal
