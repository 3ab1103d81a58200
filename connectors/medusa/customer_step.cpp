#include "connectors/medusa/customer_step.h"

#include <algorithm>

#include "connectors/medusa/list_group.h"
#include "connectors/medusa/rest.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

class Decision {
 public:
  Decision(const Settings& settings, const WantedCustomer& wanted, const CustomerView& customers,
           const PriceListView& groups)
      : settings_(settings), wanted_(wanted), customers_(customers), groups_(groups) {}

  NextStep take() const {
    if (wanted_.is_withdrawal) return withdraw();
    const auto match = customers_.match(wanted_);
    if (!match.objection.empty()) return settled(Verdict::rejected, match.objection);
    if (!match.customer) return create();
    if (auto change = changes_of(*match.customer); !change.empty()) return set(*match.customer, std::move(change));
    if (match.guest) return release(*match.guest);
    if (wanted_.owns("list") && !settings_.price_list_key.empty()) return see_to_group(*match.customer);
    return see_to_addresses(*match.customer);
  }

 private:
  NextStep withdraw() const;
  NextStep create() const;
  NextStep release(const json::value& guest) const;
  NextStep see_to_group(const json::value& customer) const;
  NextStep see_to_addresses(const json::value& customer) const;
  json::object changes_of(const json::value& customer) const;
  json::object own_metadata() const;
  json::array groups_to_leave(const json::value& customer, std::string_view but) const;
  bool has_address(const json::value& customer, const WantedAddress& address) const;
  json::object address_of(const WantedAddress& address) const;

  NextStep set(const json::value& customer, json::object change) const {
    return write(post(settings_, customer_target(id_at(customer, {"id"})), std::move(change)));
  }
  NextStep set_groups(const json::value& customer, json::array add, json::array remove) const {
    return write(post(settings_, customer_target(id_at(customer, {"id"}), "/customer-groups"),
                      json::object{{"add", std::move(add)}, {"remove", std::move(remove)}}));
  }
  std::string party() const { return quote_and_bound(wanted_.code, 60); }

  const Settings& settings_;
  const WantedCustomer& wanted_;
  const CustomerView& customers_;
  const PriceListView& groups_;
};

// Of the metadata those keys that the channel names.
json::object Decision::own_metadata() const {
  json::object metadata{{settings_.customer_code_key, wanted_.code}};
  if (!settings_.credit_hold_key.empty() && wanted_.owns("credit_hold"))
    metadata[settings_.credit_hold_key] = wanted_.credit_hold;
  if (!settings_.tax_identifier_key.empty() && wanted_.owns("tax_identifier"))
    metadata[settings_.tax_identifier_key] = wanted_.tax_identifier;
  return metadata;
}

bool is_nothing(const json::value& value) { return value == json::value(false) || value == json::value(""); }

NextStep Decision::create() const {
  if (!wanted_.owns("name") || !wanted_.owns("email"))
    return settled(Verdict::absent, "the portal has no customer of party " + party() +
                                        ", and none is made without name and e-mail address, which setting 'owner' "
                                        "leaves to others");
  auto metadata = own_metadata();
  for (auto each = metadata.begin(); each != metadata.end();)
    each = is_nothing(each->value()) ? metadata.erase(each) : each + 1;
  json::object body{{"email", wanted_.email}, {"first_name", ""}, {"last_name", wanted_.name}};
  if (wanted_.owns("phone") && !wanted_.phone.empty()) body["phone"] = wanted_.phone;
  body["metadata"] = std::move(metadata);
  return write(post(settings_, customer_target(), std::move(body)));
}

json::object Decision::changes_of(const json::value& customer) const {
  json::object change, metadata;
  if (wanted_.owns("name") && customer_name(customer) != wanted_.name) {
    if (!text_at(customer, {"company_name"}).empty()) {
      change["company_name"] = wanted_.name;
    } else {
      change["first_name"] = "";
      change["last_name"] = wanted_.name;
    }
  }
  if (wanted_.owns("email") && in_small_letters(text_at(customer, {"email"})) != wanted_.email)
    change["email"] = wanted_.email;
  if (wanted_.owns("phone") && text_at(customer, {"phone"}) != wanted_.phone) change["phone"] = wanted_.phone;
  for (const auto& each : own_metadata()) {
    const auto* shown = find(customer, {"metadata", each.key()});
    const bool is_right = shown && !shown->is_null() ? *shown == each.value() : is_nothing(each.value());
    if (!is_right) metadata[each.key()] = each.value();
  }
  if (!metadata.empty()) change["metadata"] = std::move(metadata);
  return change;
}

// Those of Ferry's groups that he is in.
json::array Decision::groups_to_leave(const json::value& customer, std::string_view but) const {
  json::array ids;
  for (const auto& group : array_at(customer, {"groups"})) {
    const auto id = id_at(group, {"id"});
    if (!id_at(group, {"metadata", settings_.price_list_key}).empty() && id != but) ids.emplace_back(id);
  }
  return ids;
}

NextStep Decision::withdraw() const {
  if (settings_.price_list_key.empty()) return settled(Verdict::delivered);
  for (const auto* customer : customers_.with_code(wanted_.code)) {
    if (auto groups = groups_to_leave(*customer, ""); !groups.empty())
      return set_groups(*customer, {}, std::move(groups));
  }
  return settled(Verdict::delivered);
}

NextStep Decision::release(const json::value& guest) const {
  auto groups = settings_.price_list_key.empty() ? json::array() : groups_to_leave(guest, "");
  if (!groups.empty()) return set_groups(guest, {}, std::move(groups));
  return set(guest, {{"metadata", json::object{{settings_.customer_code_key, ""}}}});
}

NextStep Decision::see_to_group(const json::value& customer) const {
  std::string id;
  if (!wanted_.list.empty()) {
    const auto name = group_name(wanted_.list, wanted_.list_name);
    auto group = group_of(groups_, wanted_.list, name, true);
    if (!group.problem.empty()) return settled(group.verdict, std::move(group.problem));
    if (group.id.empty())
      return write(new_group(settings_, wanted_.list, name, "id,name,metadata"));
    id = std::move(group.id);
  }
  const auto& joined = array_at(customer, {"groups"});
  const bool is_in = id.empty() || std::any_of(joined.begin(), joined.end(),
                                               [&](const json::value& each) { return id_at(each, {"id"}) == id; });
  auto leave = groups_to_leave(customer, id);
  if (is_in && leave.empty()) return see_to_addresses(customer);
  return set_groups(customer, is_in ? json::array() : json::array{id}, std::move(leave));
}

bool Decision::has_address(const json::value& customer, const WantedAddress& address) const {
  const auto& shown = array_at(customer, {"addresses"});
  return std::any_of(shown.begin(), shown.end(), [&](const auto& each) {
    std::string name(text_at(each, {"first_name"}));
    if (const auto last = text_at(each, {"last_name"}); !last.empty()) name.append(name.empty() ? "" : " ").append(last);
    return (name == address.name || text_at(each, {"company"}) == address.name) &&
           text_at(each, {"address_1"}) == address.street && text_at(each, {"address_2"}) == address.street_rest &&
           text_at(each, {"postal_code"}) == address.postal_code && text_at(each, {"city"}) == address.city &&
           text_at(each, {"province"}) == address.subdivision &&
           in_small_letters(text_at(each, {"country_code"})) == address.country;
  });
}

json::object Decision::address_of(const WantedAddress& address) const {
  json::object body{{"first_name", ""},
                    {"last_name", address.name},
                    {"address_1", address.street},
                    {"address_2", address.street_rest},
                    {"postal_code", address.postal_code},
                    {"city", address.city},
                    {"province", address.subdivision},
                    {"country_code", address.country}};
  // the ERP's first one of a kind is the one that it uses by itself
  const auto is_first = [&](bool WantedAddress::*kind) {
    const auto& all = wanted_.addresses;
    const auto first = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.*kind; });
    return first != all.end() && &*first == &address;
  };
  if (is_first(&WantedAddress::is_invoice)) body["is_default_billing"] = true;
  if (is_first(&WantedAddress::is_delivery)) body["is_default_shipping"] = true;
  return body;
}

NextStep Decision::see_to_addresses(const json::value& customer) const {
  for (const auto& address : wanted_.addresses) {
    if (!has_address(customer, address))
      return write(post(settings_, customer_target(id_at(customer, {"id"}), "/addresses"), address_of(address)));
  }
  return settled(Verdict::delivered);
}

}  // namespace

NextStep next_customer_step(const Settings& settings, const WantedCustomer& wanted, const CustomerView& customers,
                            const PriceListView& groups) {
  return Decision(settings, wanted, customers, groups).take();
}

}  // namespace ferry::medusa
