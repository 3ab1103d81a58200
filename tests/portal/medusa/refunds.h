// What is paid back of the simulated Medusa's orders, as Medusa 2.21 does it: at once and as often as it is told to, up to
// what was captured. Goods that come back take their price off the order's total; what is refunded beyond that is a credit,
// and taken off too.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>

#include "tests/portal/medusa/fulfilments.h"

namespace ferry::portal {

inline constexpr std::int64_t kMedusaPrice = 10;  // of each piece of everything, without tax

// In cents, of all pieces: what the customer has paid, once he has.
std::int64_t paid_of(const MedusaOrder& order);

// What an order's row tells of money: totals, payments with captures and refunds, credits, returns.
void add_money(boost::json::object& row, const MedusaOrder& order, std::size_t position);
// A line's totals.
void add_line_money(boost::json::object& row, const MedusaOrder& order, std::size_t line);

// {"amount","note"}, or a Problem.
void refund(MedusaOrder& order, const boost::json::value& body, Instant at);
// False: more than is left.
bool refund(MedusaOrder& order, std::int64_t cents, const std::string& note, Instant at);

}  // namespace ferry::portal
