#include "connectors/vendure/customer_document.h"

#include <algorithm>

#include "connectors/vendure/json.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

constexpr std::string_view kMembers[] = {"name", "email", "phone", "tax_identifier", "list", "credit_hold"};

bool flag_at(const json::value& from, std::string_view name) {
  const auto* value = find(from, {name});
  return value && value->is_bool() && value->get_bool();
}

// Vendure has two lines of a street; what is beyond the first goes into the second.
WantedAddress read_address(const json::value& from) {
  WantedAddress address;
  std::string street(text_at(from, {"street"}));
  const auto end = street.find('\n');
  if (end != std::string::npos) {
    address.street_rest = street.substr(end + 1);
    std::replace(address.street_rest.begin(), address.street_rest.end(), '\n', ',');
    street.resize(end);
  }
  address.street = std::move(street);
  address.name = text_at(from, {"name"});
  address.postal_code = text_at(from, {"postal_code"});
  address.city = text_at(from, {"city"});
  address.subdivision = text_at(from, {"subdivision"});
  address.country = text_at(from, {"country"});
  address.is_invoice = flag_at(from, "invoice");
  address.is_delivery = flag_at(from, "delivery");
  return address;
}

}  // namespace

std::optional<WantedCustomer> read_customer(const connector::OutboundItem& item, std::string& problem) {
  boost::system::error_code error;
  WantedCustomer wanted;
  if (item.document.empty()) {
    const auto known = json::parse(item.acknowledged, error);
    if (!error) wanted.code = text_at(known, {"code"});
    if (wanted.code.empty()) wanted.code = item.label;
    wanted.is_withdrawal = true;
    if (!wanted.code.empty()) return wanted;
    problem = "the record has no party code";
    return std::nullopt;
  }
  const auto document = json::parse(item.document, error);
  if (!error) {
    wanted.code = text_at(document, {"code"});
    wanted.name = text_at(document, {"name"});
    wanted.email = text_at(document, {"email"});
    wanted.phone = text_at(document, {"phone"});
    wanted.tax_identifier = text_at(document, {"tax_identifier"});
    wanted.list = text_at(document, {"list"});
    wanted.credit_hold = flag_at(document, "credit_hold");
    for (const auto member : kMembers) {
      if (!find(document, {member})) wanted.left_out.insert(member);
    }
    for (const auto& address : array_at(document, {"addresses"})) wanted.addresses.push_back(read_address(address));
  }
  if (wanted.code.empty() || (wanted.owns("name") && wanted.name.empty())) {
    problem = "the customer document has no code or name: " + quote_and_bound(item.document, 200);
  } else if (wanted.owns("email") && wanted.email.empty()) {
    problem = "party " + quote_and_bound(wanted.code, 60) +
              " has no e-mail address, without which Vendure keeps no customer; give it one, or take it out of the "
              "channel's customers";
  } else {
    return wanted;
  }
  return std::nullopt;
}

}  // namespace ferry::vendure
