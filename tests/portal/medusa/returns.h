// What comes back of the simulated Medusa's orders, as Medusa 2.21 takes it: a return is made, told its goods and asked for; then
// its receipt is begun, told what of them is received or damaged, and confirmed. Only asking and confirming shows; what is damaged
// does not enter the stock.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>

#include "tests/portal/medusa/fulfilments.h"

namespace ferry::portal {

// Pieces of the line at that position that were received, and those that are asked for.
std::int64_t returned_pieces(const MedusaOrder& order, std::size_t line);
std::int64_t requested_pieces(const MedusaOrder& order, std::size_t line);

boost::json::array returns_of(const MedusaOrder& order, std::size_t position);
// A return's id tells its order: "return_7_2" is the second of the seventh.
std::size_t order_of_return(std::string_view id);
// {"metadata"}: the new return's id.
std::string make_return(MedusaOrder& order, std::size_t position, const boost::json::value& body);
// What is said to a return, or taken back with DELETE: "request-items", "request", "receive", "dismiss-items", "receive/confirm".
void change_return(MedusaOrder& order, std::size_t position, std::string_view id, std::string_view method, std::string_view part,
                   const boost::json::value& body, Instant now);

}  // namespace ferry::portal
