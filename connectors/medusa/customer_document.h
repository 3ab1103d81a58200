// The feed's customer document, and what it asks of the portal.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/connector/connector.h"

namespace ferry::medusa {

struct WantedAddress {
  std::string name, street, street_rest, postal_code, city, subdivision;
  std::string country;  // in small letters, as Medusa has it
  bool is_invoice = false, is_delivery = false;
};

struct WantedCustomer {
  std::string code, name, email, phone, tax_identifier, list, list_name;
  std::string known_email;  // that the portal confirmed last
  bool credit_hold = false;
  std::vector<WantedAddress> addresses;
  bool is_withdrawal = false;
  std::set<std::string_view> left_out;  // members that are not the ERP's on this channel, so nothing is set

  bool owns(std::string_view member) const { return !left_out.contains(member); }
};

// What is wrong is in `problem`.
std::optional<WantedCustomer> read_customer(const connector::OutboundItem& item, std::string& problem);

// Of the letters of ASCII: Medusa tells e-mail addresses apart by them, people do not.
std::string in_small_letters(std::string_view text);

}  // namespace ferry::medusa
