// The feed's customer document, and what it asks of the portal.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/connector/connector.h"

namespace ferry::vendure {

struct WantedAddress {
  std::string name, street, street_rest, postal_code, city, subdivision, country;
  bool is_invoice = false, is_delivery = false;
};

struct WantedCustomer {
  std::string code, name, email, phone, tax_identifier, list;
  bool credit_hold = false;
  std::vector<WantedAddress> addresses;
  bool is_withdrawal = false;
  std::set<std::string_view> left_out;  // members that are not the ERP's on this channel, so nothing is set

  bool owns(std::string_view member) const { return !left_out.contains(member); }
};

// What is wrong is in `problem`.
std::optional<WantedCustomer> read_customer(const connector::OutboundItem& item, std::string& problem);

}  // namespace ferry::vendure
