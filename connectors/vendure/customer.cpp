#include "connectors/vendure/customer.h"

#include <algorithm>
#include <map>
#include <set>

#include "connectors/vendure/customer_document.h"
#include "connectors/vendure/operations.h"
#include "connectors/vendure/stepwise_push.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

using namespace connector;


// Ids are numbers that rise.
bool is_before(const std::string& id, const std::string& other) {
  return id.size() != other.size() ? id.size() < other.size() : id < other;
}

NextStep unreadable() { return settled(Verdict::retry, "the portal's answer has customers that cannot be read"); }

// ---- the decision ---------------------------------------------------------------------------------------------------

class Decision {
 public:
  Decision(const Settings& settings, const WantedCustomer& wanted, const json::value& data)
      : settings_(settings), wanted_(wanted), data_(data) {}

  NextStep take() const {
    const json::value *by_code = nullptr, *by_email = nullptr;
    for (const auto& item : array_at(data_, {"customers", "items"})) {
      if (id_at(item, {"id"}).empty() || text_at(item, {"emailAddress"}).empty()) return unreadable();
      // who carries a code that cannot be read must not pass for one who carries none
      const auto* code = find(item, {"customFields", settings_.customer_code_field});
      if (!code || !(code->is_null() || code->is_string())) return unreadable();
      if (code_of(item) == wanted_.code) by_code = &item;
      if (text_at(item, {"emailAddress"}) != wanted_.email) continue;
      if (by_email) return several(*by_email, item);
      by_email = &item;
    }
    if (wanted_.is_withdrawal) return by_code ? leave_groups(*by_code, "") : settled(Verdict::delivered);
    if (by_code && by_email && by_code != by_email) return several(*by_code, *by_email);
    if (by_code) return bring_up_to_date(*by_code);
    return by_email ? take_over(*by_email) : create();
  }

 private:
  NextStep several(const json::value& one, const json::value& other) const {
    return settled(Verdict::rejected, "party " + party() + " could be the portal's customers " + id_at(one, {"id"}) +
                                          " and " + id_at(other, {"id"}) +
                                          ", by its code and by its e-mail address; merge them on the portal");
  }
  NextStep create() const;
  NextStep take_over(const json::value& customer) const;
  NextStep bring_up_to_date(const json::value& customer) const;
  NextStep leave_groups(const json::value& customer, std::string_view but) const;
  NextStep see_to_group(const json::value& customer) const;
  NextStep see_to_addresses(const json::value& customer) const;
  bool has_address(const json::value& customer, const WantedAddress& address) const;
  json::object own_fields() const;

  std::string_view code_of(const json::value& customer) const {
    return text_at(customer, {"customFields", settings_.customer_code_field});
  }
  std::string party() const { return quote_and_bound(wanted_.code, 60); }

  const Settings& settings_;
  const WantedCustomer& wanted_;
  const json::value& data_;
};

// Those custom fields that the channel names beside the code.
json::object Decision::own_fields() const {
  json::object fields;
  if (!settings_.credit_hold_field.empty() && wanted_.owns("credit_hold"))
    fields[settings_.credit_hold_field] = wanted_.credit_hold;
  if (!settings_.tax_identifier_field.empty() && wanted_.owns("tax_identifier"))
    fields[settings_.tax_identifier_field] = wanted_.tax_identifier;
  return fields;
}

NextStep Decision::create() const {
  if (!wanted_.owns("name") || !wanted_.owns("email"))
    return settled(Verdict::absent, "the portal has no customer of party " + party() +
                                        ", and none is made without name and e-mail address, which setting 'owner' "
                                        "leaves to others");
  auto fields = own_fields();
  fields[settings_.customer_code_field] = wanted_.code;
  return write(kCreateCustomer, {{"input", json::object{{"firstName", ""},
                                                        {"lastName", wanted_.name},
                                                        {"emailAddress", wanted_.email},
                                                        {"phoneNumber", wanted_.phone},
                                                        {"customFields", std::move(fields)}}}});
}

NextStep Decision::take_over(const json::value& customer) const {
  const auto other = code_of(customer);
  if (!other.empty())
    return settled(Verdict::rejected, "the e-mail address of party " + party() + " is that of the portal's customer " +
                                          id_at(customer, {"id"}) + ", who is party " + quote_and_bound(other, 60) +
                                          "; give each its own address");
  json::object code{{settings_.customer_code_field, wanted_.code}};
  return write(kSetCustomer,
               {{"input", json::object{{"id", id_at(customer, {"id"})}, {"customFields", std::move(code)}}}});
}

NextStep Decision::bring_up_to_date(const json::value& customer) const {
  json::object change;
  if (wanted_.owns("name") &&
      full_name(text_at(customer, {"firstName"}), text_at(customer, {"lastName"})) != wanted_.name) {
    change["firstName"] = "";
    change["lastName"] = wanted_.name;
  }
  if (wanted_.owns("email") && text_at(customer, {"emailAddress"}) != wanted_.email)
    change["emailAddress"] = wanted_.email;
  if (wanted_.owns("phone") && text_at(customer, {"phoneNumber"}) != wanted_.phone)
    change["phoneNumber"] = wanted_.phone;
  json::object fields;
  for (const auto& field : own_fields()) {
    const auto* shown = find(customer, {"customFields", field.key()});
    if (!shown) return unreadable();
    const auto& value = field.value();
    const bool is_nothing = shown->is_null() && (value == json::value(false) || value == json::value(""));
    if (*shown != field.value() && !is_nothing) fields[field.key()] = field.value();
  }
  if (!fields.empty()) change["customFields"] = std::move(fields);
  if (change.empty()) return wanted_.owns("list") ? see_to_group(customer) : see_to_addresses(customer);
  change["id"] = id_at(customer, {"id"});
  return write(kSetCustomer, {{"input", std::move(change)}});
}

// Out of every group of Ferry's own but that one.
NextStep Decision::leave_groups(const json::value& customer, std::string_view but) const {
  for (const auto& group : array_at(customer, {"groups"})) {
    const auto name = text_at(group, {"name"});
    const auto id = id_at(group, {"id"});
    if (name.empty() || id.empty()) return unreadable();
    if (name.starts_with(kGroupPrefix) && id != but)
      return write(kLeaveGroup, {{"group", id}, {"customer", id_at(customer, {"id"})}});
  }
  return wanted_.is_withdrawal ? settled(Verdict::delivered) : see_to_addresses(customer);
}

NextStep Decision::see_to_group(const json::value& customer) const {
  if (wanted_.list.empty()) return leave_groups(customer, "");
  const auto name = std::string(kGroupPrefix) + wanted_.list;
  const auto group = first_group(array_at(data_, {"customerGroups", "items"}), name);
  if (!group) return unreadable();
  if (group->empty()) return write(kCreateGroup, {{"input", json::object{{"name", name}}}});
  const auto& joined = array_at(customer, {"groups"});
  const bool is_in = std::any_of(joined.begin(), joined.end(),
                                 [&](const json::value& each) { return id_at(each, {"id"}) == *group; });
  if (is_in) return leave_groups(customer, *group);
  return write(kJoinGroup, {{"group", *group}, {"customer", id_at(customer, {"id"})}});
}

bool Decision::has_address(const json::value& customer, const WantedAddress& address) const {
  const auto& shown = array_at(customer, {"addresses"});
  return std::any_of(shown.begin(), shown.end(), [&](const auto& each) {
    return text_at(each, {"fullName"}) == address.name && text_at(each, {"streetLine1"}) == address.street &&
           text_at(each, {"streetLine2"}) == address.street_rest && text_at(each, {"city"}) == address.city &&
           text_at(each, {"province"}) == address.subdivision &&
           text_at(each, {"postalCode"}) == address.postal_code &&
           text_at(each, {"country", "code"}) == address.country;
  });
}

NextStep Decision::see_to_addresses(const json::value& customer) const {
  const auto* shown = find(customer, {"addresses"});
  if (!shown || !(shown->is_array() || shown->is_null())) return unreadable();
  for (const auto& address : wanted_.addresses) {
    if (has_address(customer, address)) continue;
    return write(kCreateAddress, {{"customer", id_at(customer, {"id"})},
                                  {"input", json::object{{"fullName", address.name},
                                                         {"streetLine1", address.street},
                                                         {"streetLine2", address.street_rest},
                                                         {"city", address.city},
                                                         {"province", address.subdivision},
                                                         {"postalCode", address.postal_code},
                                                         {"countryCode", address.country},
                                                         {"defaultBillingAddress", address.is_invoice},
                                                         {"defaultShippingAddress", address.is_delivery}}}});
  }
  return settled(Verdict::delivered);
}

// ---- the exchange ---------------------------------------------------------------------------------------------------

class CustomerPush final : public StepwisePush {
 public:
  CustomerPush(const Settings& settings, std::span<const OutboundItem> items)
      : StepwisePush(settings, items, {"customers", "customerGroups"},
                     "another customer, perhaps a deleted one, has the party's code or e-mail address") {}

 private:
  std::string read(std::size_t index) override;
  HttpRequest look_at(std::span<const std::size_t> indices) const override;
  NextStep next_step(std::size_t index, const json::value& data) const override {
    return Decision(settings_, wanted_.at(index), data).take();
  }
  // The group of a list is created once, and two parties may claim one e-mail address.
  std::string place_of(std::size_t) const override { return "customers"; }

  std::map<std::size_t, WantedCustomer> wanted_;  // by index
};

std::string CustomerPush::read(std::size_t index) {
  auto problem = customer_fields_problem(settings_);
  if (!problem.empty()) return problem;
  auto wanted = read_customer(item(index), problem);
  if (!wanted) return problem;
  wanted_[index] = std::move(*wanted);
  return "";
}

HttpRequest CustomerPush::look_at(std::span<const std::size_t> indices) const {
  std::set<std::string> codes, emails, groups;
  for (const auto index : indices) {
    const auto& wanted = wanted_.at(index);
    codes.insert(wanted.code);
    if (!wanted.email.empty()) emails.insert(wanted.email);
    if (!wanted.list.empty()) groups.insert(std::string(kGroupPrefix) + wanted.list);
  }
  return graphql(settings_, Kind::query, customers_query(settings_),
                 {{"codes", json::array(codes.begin(), codes.end())},
                  {"emails", json::array(emails.begin(), emails.end())},
                  {"groups", json::array(groups.begin(), groups.end())},
                  {"take", kMostListed}});
}

}  // namespace

std::unique_ptr<Exchange> make_customer_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<CustomerPush>(settings, items);
}

std::optional<std::string> first_group(const json::array& groups, std::string_view name) {
  std::string first;
  for (const auto& group : groups) {
    const auto id = id_at(group, {"id"});
    if (id.empty() || text_at(group, {"name"}).empty()) return std::nullopt;
    if (text_at(group, {"name"}) == name && (first.empty() || is_before(id, first))) first = id;
  }
  return first;
}

std::string customer_fields_problem(const Settings& settings) {
  const auto is_usable = [](const std::string& field) { return field.empty() || is_field_name(field); };
  std::string wrong;
  if (!is_field_name(settings.customer_code_field)) wrong = "customer_code_field";
  if (!is_usable(settings.credit_hold_field)) wrong = "credit_hold_field";
  if (!is_usable(settings.tax_identifier_field)) wrong = "tax_identifier_field";
  return wrong.empty() ? "" : "setting " + wrong + " is not the name of a custom field";
}

std::string full_name(std::string_view first, std::string_view last) {
  std::string name(first);
  if (!first.empty() && !last.empty()) name += ' ';
  return name.append(last);
}

}  // namespace ferry::vendure
