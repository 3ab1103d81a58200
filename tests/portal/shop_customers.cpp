// The shop's customers, their groups and addresses.
#include <algorithm>

#include "tests/portal/shop.h"
#include "tests/portal/shop_answer.h"

namespace ferry::portal {
namespace json = boost::json;
namespace {

std::string id_of(std::size_t position) { return std::to_string(position + 1); }
std::string text(const json::value& from, std::string_view name) { return std::string(from.at(name).as_string()); }
bool holds(const json::value& list, const std::string& wanted) {
  const auto& texts = list.as_array();
  return !wanted.empty() && std::find(texts.begin(), texts.end(), json::value(wanted)) != texts.end();
}
std::string not_found() { return refusal("No Customer with that id could be found", "ENTITY_NOT_FOUND"); }
std::string changed(std::string_view mutation, std::size_t position) {
  return data({{mutation, json::object{{"__typename", "Customer"}, {"id", id_of(position)}}}});
}
std::string conflict(std::string_view mutation) {
  return data({{mutation, json::object{{"__typename", "EmailAddressConflictError"},
                                       {"errorCode", "EMAIL_ADDRESS_CONFLICT_ERROR"},
                                       {"message", "The email address is not available."}}}});
}

}  // namespace

std::string Shop::customer_name(const std::string& code) const {
  for (const auto& customer : customers_) {
    if (customer.code == code)
      return customer.first_name + (customer.first_name.empty() ? "" : " ") + customer.last_name;
  }
  return "";
}

std::vector<std::string> Shop::customer_groups(const std::string& code) const {
  std::vector<std::string> names;
  for (const auto& customer : customers_) {
    if (customer.code != code) continue;
    for (const auto group : customer.groups) names.push_back(groups_[group]);
  }
  return names;
}

void Shop::register_customer(const std::string& email) {
  customers_.push_back({"", "Some", "Body", email, "", {}, {}});
}

json::object Shop::listed_customer(std::size_t index) const {
  const auto& customer = customers_[index];
  json::array groups;
  for (const auto group : customer.groups)
    groups.push_back(json::object{{"id", id_of(group)}, {"name", groups_[group]}});
  json::value code;
  if (!customer.code.empty()) code = customer.code;
  return {{"id", id_of(index)},
          {"firstName", customer.first_name},
          {"lastName", customer.last_name},
          {"emailAddress", customer.email},
          {"phoneNumber", customer.phone},
          {"customFields", json::object{{"erpPartyCode", code}}},
          {"groups", std::move(groups)},
          {"addresses", json::array(customer.addresses.begin(), customer.addresses.end())}};
}

std::string Shop::customers(const Json& variables, std::size_t& items) const {
  json::array found, groups;
  for (std::size_t i = 0; i < customers_.size(); ++i) {
    if (holds(variables.at("codes"), customers_[i].code) || holds(variables.at("emails"), customers_[i].email))
      found.push_back(listed_customer(i));
  }
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (holds(variables.at("groups"), groups_[i]))
      groups.push_back(json::object{{"id", id_of(i)}, {"name", groups_[i]}});
  }
  items = found.size();
  const auto count = found.size(), group_count = groups.size();
  return data({{"customers", json::object{{"totalItems", count}, {"items", std::move(found)}}},
               {"customerGroups", json::object{{"totalItems", group_count}, {"items", std::move(groups)}}}});
}

std::string Shop::customer_list(const Json& variables, std::size_t& items) const {
  json::array page;
  const auto skip = static_cast<std::size_t>(variables.at("skip").as_int64()),
             take = static_cast<std::size_t>(variables.at("take").as_int64());
  for (std::size_t i = skip; i < customers_.size() && i - skip < take; ++i) page.push_back(listed_customer(i));
  items = page.size();
  return data({{"customers", json::object{{"totalItems", customers_.size()}, {"items", std::move(page)}}}});
}

std::string Shop::create_customer(const Json& variables) {
  const auto& input = variables.at("input");
  Customer customer{text(input.at("customFields"), "erpPartyCode"), text(input, "firstName"), text(input, "lastName"),
                    text(input, "emailAddress"), text(input, "phoneNumber"), {}, {}};
  for (const auto& other : customers_) {
    if (other.email == customer.email) return conflict("createCustomer");
    if (other.code == customer.code)
      return refusal(R"(duplicate key value violates unique constraint "UQ_erpPartyCode")", "");
  }
  customers_.push_back(customer);
  if (keeps_shown_) shown_.push_back({Feed::customer, customer.code, customer_name(customer.code), true});
  return changed("createCustomer", customers_.size() - 1);
}

std::string Shop::set_customer(const Json& variables) {
  const auto& input = variables.at("input").as_object();
  const auto position = position_of(input.at("id"));
  if (position >= customers_.size()) return not_found();
  auto& customer = customers_[position];
  const auto name_before = customer.code.empty() ? "" : customer_name(customer.code);
  if (const auto* fields = input.if_contains("customFields")) customer.code = text(*fields, "erpPartyCode");
  if (input.contains("firstName")) customer.first_name = text(input, "firstName");
  if (input.contains("lastName")) customer.last_name = text(input, "lastName");
  if (input.contains("emailAddress")) customer.email = text(input, "emailAddress");
  if (input.contains("phoneNumber")) customer.phone = text(input, "phoneNumber");
  // one that was just taken over still shows the name that he gave himself: that is no value of the ERP's
  if (keeps_shown_ && !name_before.empty() && customer_name(customer.code) != name_before)
    shown_.push_back({Feed::customer, customer.code, customer_name(customer.code), true});
  return changed("updateCustomer", position);
}

std::string Shop::create_group(const Json& variables) {
  groups_.push_back(text(variables.at("input"), "name"));
  return data({{"createCustomerGroup", json::object{{"id", id_of(groups_.size() - 1)}}}});
}

std::string Shop::change_group(const Json& variables, bool joins) {
  const auto group = position_of(variables.at("group")), position = position_of(variables.at("customer"));
  if (position >= customers_.size()) return not_found();
  auto& groups = customers_[position].groups;
  std::erase(groups, group);
  if (joins) groups.push_back(group);
  const auto* mutation = joins ? "addCustomersToGroup" : "removeCustomersFromGroup";
  return data({{mutation, json::object{{"id", variables.at("group")}}}});
}

std::string Shop::create_address(const Json& variables) {
  const auto position = position_of(variables.at("customer"));
  if (position >= customers_.size()) return not_found();
  auto address = variables.at("input").as_object();
  address["country"] = json::object{{"code", address.at("countryCode")}};
  customers_[position].addresses.emplace_back(std::move(address));
  return data({{"createCustomerAddress", json::object{{"id", "1"}}}});
}

}  // namespace ferry::portal
