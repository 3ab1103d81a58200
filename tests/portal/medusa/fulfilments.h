// Orders of the simulated Medusa with what is fulfilled of them, as Medusa 2.21 does it: goods leave the stock when a
// fulfilment is made, which may be done as often as there are pieces left; one that was shipped is never taken back.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/portal/medusa/request.h"
#include "tests/portal/simulated_portal.h"

namespace ferry::portal {

struct Fulfilment {
  std::string shipment;  // the ERP's number; empty: a person has entered it
  bool is_shipped = false, is_canceled = false;
  std::vector<std::pair<std::size_t, std::int64_t>> lines;  // position and pieces
};

struct MedusaOrder {
  struct Line {
    std::string sku;
    std::int64_t quantity = 0, fulfilled = 0;
  };
  struct Refund {
    std::string note;
    std::int64_t cents = 0;
    std::int64_t credited = 0;  // of these, what was not due for goods that came back
    Instant at{};
  };
  struct Return {
    enum class Stage : std::uint8_t { open = 1, requested, receiving, received, given_up };
    Stage stage = Stage::open;
    std::vector<std::pair<std::size_t, std::int64_t>> lines;  // position and pieces
    std::vector<std::pair<std::size_t, std::int64_t>> taken;  // of them, what the receipt that is not confirmed was told: damaged
    Instant received_at{};
    boost::json::value metadata;
  };
  std::vector<Line> lines;
  std::vector<Fulfilment> fulfilments;
  std::vector<Refund> refunds;  // of its one payment, once it is paid
  std::vector<Return> returns;
  bool is_paid = false, is_cancelled = false;
  Instant placed_at{};
  boost::json::object metadata;

  bool has_fulfilments() const;  // that are not cancelled
  std::string text(std::string_view key) const;  // of its metadata; "": there is none
};

using Goods = std::vector<std::pair<std::string, std::int64_t>>;  // SKU and pieces that left the stock; less than 0: came back

// Of the order at that position.
std::string line_id(std::size_t order, std::size_t line);
boost::json::array fulfilments_of(const MedusaOrder& order, std::size_t position);
// What is said to an order's part: "fulfillments", "fulfillments/ful_1_2/shipments" or "fulfillments/ful_1_2/cancel".
Goods change_fulfilments(MedusaOrder& order, std::size_t position, const std::string& part, const boost::json::value& body);
// As a person enters it: all that is left, as one parcel.
Goods fulfil_rest(MedusaOrder& order);
std::vector<Parcel> parcels_of(const MedusaOrder& order);

}  // namespace ferry::portal
