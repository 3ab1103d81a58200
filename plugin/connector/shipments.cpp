#include "plugin/connector/shipments.h"

#include <limits>

#include "plugin/domain/decimal.h"
#include "plugin/domain/text.h"

namespace ferry::connector {

namespace {

constexpr std::int64_t kMostPieces = std::numeric_limits<std::int32_t>::max();  // that a portal counts

}  // namespace

std::vector<Shipment> read_shipments(const json::value& document, std::string& problem) {
  std::vector<Shipment> shipments;
  for (const auto& entry : array_at(document, {"shipments"})) {
    Shipment shipment{std::string(text_at(entry, {"number"})), std::string(text_at(entry, {"carrier"})),
                      std::string(text_at(entry, {"tracking"})), {}};
    if (shipment.number.empty()) problem = "the order status document has a shipment without number";
    for (const auto& line : array_at(entry, {"lines"})) {
      const auto quantity = Decimal::parse(text_at(line, {"quantity"}));
      const auto pieces = quantity ? quantity->to_minor_units(0) : std::nullopt;
      if (!pieces || *pieces <= 0 || *pieces > kMostPieces) {
        problem = "shipment " + quote_and_bound(shipment.number, 60) + " sent " +
                  quote_and_bound(text_at(line, {"quantity"}), 40) + " of SKU " +
                  quote_and_bound(text_at(line, {"sku"}), 60) +
                  ", and the portal counts whole pieces; enter the parcel there by hand and discard this";
        continue;
      }
      shipment.pieces[std::string(text_at(line, {"sku"}))] += *pieces;
    }
    shipments.push_back(std::move(shipment));
  }
  return shipments;
}

bool is_cancelled_unsent(const json::value& document) {
  return text_at(document, {"state"}) == "cancelled" && array_at(document, {"shipments"}).empty();
}

std::string with_shipment(std::string_view text, std::string_view number) {
  return std::string(text) + " [" + std::string(number) + "]";
}

std::string_view shipment_in(std::string_view text) noexcept {
  const auto begin = text.rfind('[');
  if (begin == std::string_view::npos || !text.ends_with(']')) return "";
  return text.substr(begin + 1, text.size() - begin - 2);
}

std::string joined_problems(std::span<const std::string> problems) {
  std::string text;
  for (const auto& problem : problems) text += (text.empty() ? "" : "; ") + problem;
  return text;
}

}  // namespace ferry::connector
