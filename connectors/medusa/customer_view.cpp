#include "connectors/medusa/customer_view.h"

#include <algorithm>

#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

bool is_text_or_nothing(const json::value& from, std::string_view name) {
  const auto* value = find(from, {name});
  return value && (value->is_null() || value->is_string());
}

std::string ids_of(const json::value& one, const json::value& other) {
  return id_at(one, {"id"}) + " and " + id_at(other, {"id"});
}

}  // namespace

bool has_account(const json::value& customer) {
  const auto* flag = find(customer, {"has_account"});
  return flag && flag->is_bool() && flag->get_bool();
}

std::string customer_name(const json::value& customer) {
  std::string name(text_at(customer, {"company_name"}));
  if (!name.empty()) return name;
  name = text_at(customer, {"first_name"});
  const auto last = text_at(customer, {"last_name"});
  if (!name.empty() && !last.empty()) name += ' ';
  return name.append(last);
}

bool CustomerView::add(const json::value& customer) {
  const auto id = id_at(customer, {"id"});
  const auto* metadata = find(customer, {"metadata"});
  const auto* flag = find(customer, {"has_account"});
  if (id.empty() || !metadata || !(metadata->is_null() || metadata->is_object()) || !flag || !flag->is_bool())
    return false;
  for (const auto* name : {"email", "first_name", "last_name", "company_name", "phone"}) {
    if (!is_text_or_nothing(customer, name)) return false;
  }
  // who carries a code that cannot be read must not pass for one who carries none
  const auto* code = find(customer, {"metadata", code_key_});
  if (code && (code->is_structured() || code->is_bool())) return false;
  for (const auto* list : {"groups", "addresses"}) {
    const auto* value = find(customer, {list});
    if (!value || !value->is_array()) return false;
  }
  customers_.insert_or_assign(id, customer);
  return true;
}

std::vector<const json::value*> CustomerView::with_code(std::string_view code) const {
  std::vector<const json::value*> all;
  for (const auto& [id, customer] : customers_) {
    if (code_of(customer) == code) all.push_back(&customer);
  }
  return all;
}

bool CustomerView::has(std::string_view code, std::string_view email) const {
  return !email.empty() && std::any_of(customers_.begin(), customers_.end(), [&](const auto& each) {
    return code_of(each.second) == code && text_at(each.second, {"email"}) == email;
  });
}

CustomerMatch CustomerView::match(const WantedCustomer& wanted) const {
  const auto party = "party " + quote_and_bound(wanted.code, 60);
  const auto several = [&](const json::value& one, const json::value& other) {
    return CustomerMatch{nullptr, nullptr,
                         party + " could be the portal's customers " + ids_of(one, other) +
                             ", by its code and by its e-mail address; leave the code, or the address, to one of them"};
  };
  const json::value *account = nullptr, *guest = nullptr, *elsewhere = nullptr;
  for (const auto& [id, customer] : customers_) {
    const auto code = code_of(customer);
    if (!wanted.email.empty() && in_small_letters(text_at(customer, {"email"})) == wanted.email) {
      if (!code.empty() && code != wanted.code)
        return {nullptr, nullptr, "the e-mail address of " + party + " is that of the portal's customer " + id +
                                      ", who is party " + quote_and_bound(code, 60) +
                                      "; give each its own address"};
      auto*& place = has_account(customer) ? account : guest;
      // of several with one address in other letters, who carries the party's code is the party
      if (!place || (code_of(*place).empty() && !code.empty())) {
        place = &customer;
      } else if (code.empty() == code_of(*place).empty()) {
        return several(*place, customer);
      }
    } else if (code == wanted.code) {
      if (elsewhere) return several(*elsewhere, customer);
      elsewhere = &customer;
    }
  }
  const auto* by_email = account ? account : guest;
  if (elsewhere && by_email) return several(*elsewhere, *by_email);
  if (elsewhere) return {elsewhere, nullptr, ""};
  const bool is_replaced = account && guest && code_of(*guest) == wanted.code;
  return {by_email, is_replaced ? guest : nullptr, ""};
}

}  // namespace ferry::medusa
