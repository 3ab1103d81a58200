#include "connectors/medusa/customer_document.h"

#include <algorithm>

#include "connectors/medusa/json.h"
#include "connectors/medusa/rest.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

constexpr std::string_view kMembers[] = {"name", "email", "phone", "tax_identifier", "list", "credit_hold"};

bool flag_at(const json::value& from, std::string_view name) {
  const auto* value = find(from, {name});
  return value && value->is_bool() && value->get_bool();
}

// Medusa has two lines of a street; what is beyond the first goes into the second.
WantedAddress read_address(const json::value& from) {
  WantedAddress address;
  std::string street(text_at(from, {"street"}));
  if (const auto end = street.find('\n'); end != std::string::npos) {
    address.street_rest = street.substr(end + 1);
    std::replace(address.street_rest.begin(), address.street_rest.end(), '\n', ',');
    street.resize(end);
  }
  address.street = std::move(street);
  address.name = text_at(from, {"name"});
  address.postal_code = text_at(from, {"postal_code"});
  address.city = text_at(from, {"city"});
  address.subdivision = text_at(from, {"subdivision"});
  address.country = in_small_letters(text_at(from, {"country"}));
  address.is_invoice = flag_at(from, "invoice");
  address.is_delivery = flag_at(from, "delivery");
  return address;
}

void read_members(const json::value& document, WantedCustomer& wanted) {
  wanted.code = text_at(document, {"code"});
  wanted.name = text_at(document, {"name"});
  wanted.email = in_small_letters(text_at(document, {"email"}));
  wanted.phone = text_at(document, {"phone"});
  wanted.tax_identifier = text_at(document, {"tax_identifier"});
  wanted.list = text_at(document, {"list"});
  wanted.list_name = text_at(document, {"list_name"});
  wanted.credit_hold = flag_at(document, "credit_hold");
  for (const auto member : kMembers) {
    if (!find(document, {member})) wanted.left_out.insert(member);
  }
  for (const auto& address : array_at(document, {"addresses"})) wanted.addresses.push_back(read_address(address));
}

std::string problem_of(const WantedCustomer& wanted, std::string_view document) {
  if (wanted.code.empty() || (wanted.owns("name") && wanted.name.empty()))
    return "the customer document has no code or name: " + quote_and_bound(document, 200);
  const auto party = "party " + quote_and_bound(wanted.code, 60);
  if (wanted.owns("email") && wanted.email.empty())
    return party +
           " has no e-mail address, without which nobody can log in to Medusa; give it one, or take it out of the "
           "channel's customers";
  if (!can_be_asked_for(wanted.code) || !can_be_asked_for(wanted.email))
    return party + " has a code or an e-mail address of more than 1000 bytes; shorten it";
  return "";
}

}  // namespace

std::string in_small_letters(std::string_view text) {
  std::string result(text);
  for (auto& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

std::optional<WantedCustomer> read_customer(const connector::OutboundItem& item, std::string& problem) {
  boost::system::error_code error;
  WantedCustomer wanted;
  const auto known = json::parse(item.acknowledged.empty() ? "{}" : item.acknowledged, error);
  if (!error) wanted.known_email = in_small_letters(text_at(known, {"email"}));
  if (!can_be_asked_for(wanted.known_email)) wanted.known_email.clear();
  if (item.document.empty()) {
    if (!error) wanted.code = text_at(known, {"code"});
    if (wanted.code.empty()) wanted.code = item.label;
    wanted.is_withdrawal = true;
    if (wanted.code.empty()) problem = "the record has no party code";
  } else {
    const auto document = json::parse(item.document, error);
    if (!error) read_members(document, wanted);
    problem = problem_of(wanted, item.document);
  }
  if (!problem.empty()) return std::nullopt;
  return wanted;
}

}  // namespace ferry::medusa
