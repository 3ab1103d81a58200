#include "tests/portal/medusa/customers.h"

#include <algorithm>
#include <utility>

namespace ferry::portal {
namespace json = boost::json;
namespace {

constexpr std::string_view kCustomers = "/admin/customers";

std::string text(const json::value& from, std::string_view name) {
  const auto* value = from.as_object().if_contains(name);
  return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::string code_of(const json::value& customer) {
  const auto& metadata = customer.at("metadata");
  return metadata.is_object() ? text(metadata, "erp_code") : "";
}

bool has(const std::vector<std::string>& wanted, const std::string& value) {
  return std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

}  // namespace

Customers::Customers() {
  create(json::parse(R"({"email":"P2@Example.com","first_name":"Some","last_name":"Body"})"));
}

std::optional<json::value> Customers::ask(const connector::HttpRequest& request, const Target& target,
                                          const json::array& groups, std::vector<NowShown>& shown) {
  if (target.path != kCustomers && !target.path.starts_with(std::string(kCustomers) + "/")) return std::nullopt;
  if (request.method == "GET") return list(target);
  const auto body = json::parse(request.body);
  json::value customer;
  if (target.path == kCustomers) {
    customer = create(body);
  } else {
    const auto rest = target.path.substr(kCustomers.size() + 1);
    auto& found = find(rest.substr(0, rest.find('/')));
    if (rest.ends_with("/customer-groups"))
      set_groups(found.as_object(), body, groups);
    else if (rest.ends_with("/addresses"))
      found.at("addresses").as_array().push_back(body);
    else
      set(found.as_object(), body.as_object());
    customer = found;
  }
  if (const auto code = code_of(customer); !code.empty()) shown.push_back({Feed::customer, code, name(code), true});
  return json::object{{"customer", std::move(customer)}};
}

json::value Customers::list(const Target& target) const {
  const auto emails = target.all("email[]"), ids = target.all("id[]"), after = target.all("id[$gt]");
  const bool is_for_accounts = !target.all("has_account").empty();
  json::array rows;
  std::size_t count = 0;
  for (const auto& customer : customers_) {
    const auto id = text(customer, "id");
    if (is_for_accounts && !customer.at("has_account").as_bool()) continue;
    if (!emails.empty() && !has(emails, text(customer, "email"))) continue;
    if (!ids.empty() && !has(ids, id)) continue;
    if (!after.empty() && id <= after.front()) continue;
    if (++count <= static_cast<std::size_t>(target.number("limit"))) rows.push_back(customer);
  }
  return json::object{{"customers", std::move(rows)}, {"count", count}};
}

json::value Customers::create(const json::value& body) {
  const auto email = text(body, "email");
  const auto is_same = [&](const json::value& each) { return text(each, "email") == email; };
  if (std::any_of(customers_.begin(), customers_.end(), is_same))
    throw Problem{400, "invalid_data", "Customer with email: " + email + ", has_account: false, already exists."};
  auto number = std::to_string(customers_.size() + 1);
  json::object customer{{"id", "cus_" + std::string(6 - std::min<std::size_t>(6, number.size()), '0') + number},
                        {"email", email},           {"first_name", nullptr}, {"last_name", nullptr},
                        {"company_name", nullptr},  {"phone", nullptr},      {"has_account", false},
                        {"metadata", nullptr},      {"groups", json::array()}, {"addresses", json::array()}};
  set(customer, body.as_object());
  customers_.emplace_back(std::move(customer));
  return customers_.back();
}

json::value& Customers::find(std::string_view id) {
  for (auto& customer : customers_) {
    if (text(customer, "id") == id) return customer;
  }
  throw Problem{404, "not_found", "Customer with id \"" + std::string(id) + "\" not found"};
}

void Customers::set(json::object& customer, const json::object& change) {
  for (const auto& [name, value] : change) {
    if (name != "metadata") {
      customer[name] = value;
      continue;
    }
    if (customer["metadata"].is_null()) customer["metadata"] = json::object();
    auto& metadata = customer["metadata"].as_object();
    for (const auto& [key, text] : value.as_object()) {
      if (text == json::value(""))
        metadata.erase(key);
      else
        metadata[key] = text;
    }
  }
}

void Customers::set_groups(json::object& customer, const json::value& body, const json::array& groups) {
  auto& joined = customer["groups"].as_array();
  for (const auto& id : body.at("remove").as_array()) {
    const auto is_it = [&](const json::value& group) { return group.at("id") == id; };
    joined.erase(std::remove_if(joined.begin(), joined.end(), is_it), joined.end());
  }
  for (const auto& id : body.at("add").as_array()) {
    const auto is_it = [&](const json::value& group) { return group.at("id") == id; };
    const auto group = std::find_if(groups.begin(), groups.end(), is_it);
    if (group == groups.end()) throw Problem{404, "not_found", "no such customer group"};
    if (std::none_of(joined.begin(), joined.end(), is_it)) joined.push_back(*group);
  }
}

std::string Customers::name(const std::string& code) const {
  std::string result;
  for (const auto& customer : customers_) {
    if (code_of(customer) != code) continue;
    if (!result.empty()) return result + " and another";
    result = text(customer, "first_name");
    if (const auto last = text(customer, "last_name"); !last.empty()) result += (result.empty() ? "" : " ") + last;
  }
  return result;
}

}  // namespace ferry::portal
