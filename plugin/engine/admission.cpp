#include "plugin/engine/admission.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "plugin/domain/text.h"

namespace ferry::engine {
namespace json = boost::json;
namespace {

constexpr std::array<std::string_view, 4> kAdmissions = {"import", "wait", "review", "never"};
// Of attempts to pay that came to nothing, in the words of the portals we know: the order is not paid by them.
constexpr std::array<std::string_view, 6> kFutile = {"cancelled", "canceled", "declined", "error", "failed", "voided"};
constexpr std::size_t kMostQuoted = 40;

std::string small(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

// Empty where there is none.
std::string_view text_at(const json::value& of, std::string_view member) {
  const auto* object = of.if_object();
  const auto* found = object ? object->if_contains(member) : nullptr;
  const auto* text = found ? found->if_string() : nullptr;
  return text ? std::string_view(*text) : std::string_view();
}

const json::value& member_at(const json::value& of, std::string_view member) {
  static const json::value none;
  const auto* object = of.if_object();
  const auto* found = object ? object->if_contains(member) : nullptr;
  return found ? *found : none;
}

json::object rules_in(const config::Values& values) {
  const std::string& text = values.text("payment_rules");
  boost::system::error_code error;
  json::value parsed = json::parse(text.empty() ? std::string_view("{}") : text, error);
  return error || !parsed.is_object() ? json::object() : std::move(parsed.get_object());
}

const std::string_view* admission_in(const json::value& value) {
  const auto* text = value.if_string();
  const auto* found = text ? std::ranges::find(kAdmissions, std::string_view(*text)) : kAdmissions.end();
  return found == kAdmissions.end() ? nullptr : found;
}

void make_stricter(Ruling& ruling, Admission admission, const std::string& reason) {
  if (admission <= ruling.admission) return;
  ruling = {admission, reason};
}

void rule_country(const AdmissionRules& rules, const json::value& document, Ruling& ruling) {
  if (rules.countries.empty()) return;
  const std::string country(text_at(member_at(document, "delivery_address"), "country"));
  if (country.empty()) {
    return make_stricter(ruling, Admission::review,
                         "the portal does not say which country the order goes to, and setting 'order_countries' names some; "
                         "retry it to import it all the same");
  }
  if (std::ranges::count(rules.countries, country) > 0) return;
  make_stricter(ruling, Admission::never, "it goes to " + quote_and_bound(country, kMostQuoted) +
                                              ", which setting 'order_countries' does not name");
}

bool is_of(std::string_view domain, std::string_view allowed) {
  return domain == allowed || (domain.size() > allowed.size() && domain.ends_with(allowed) &&
                               domain[domain.size() - allowed.size() - 1] == '.');
}

void rule_customer(const AdmissionRules& rules, const json::value& document, Ruling& ruling) {
  if (rules.email_domains.empty()) return;
  const std::string email = small(text_at(member_at(document, "customer"), "email"));
  const auto at = email.rfind('@');
  if (at == std::string::npos) {
    return make_stricter(ruling, Admission::review,
                         "the customer has no e-mail address, and setting 'order_email_domains' names some; retry it to "
                         "import it all the same");
  }
  const std::string_view domain = std::string_view(email).substr(at + 1);
  const auto allows = [&](const std::string& allowed) { return is_of(domain, allowed); };
  if (std::ranges::any_of(rules.email_domains, allows)) return;
  make_stricter(ruling, Admission::never, "its customer is of " + quote_and_bound(domain, kMostQuoted) +
                                              ", which setting 'order_email_domains' does not name");
}

bool names_one_of(const json::value& list, const std::vector<std::string>& wanted) {
  const auto* names = list.if_array();
  return names != nullptr && std::ranges::any_of(*names, [&](const json::value& name) {
    const auto* text = name.if_string();
    return text != nullptr && std::ranges::count(wanted, std::string_view(*text)) > 0;
  });
}

// Who joins such a group is known by the order's next change there, or by a person's retry.
void rule_groups(const AdmissionRules& rules, const json::value& document, Ruling& ruling) {
  if (rules.customer_groups.empty() ||
      names_one_of(member_at(member_at(document, "customer"), "groups"), rules.customer_groups))
    return;
  make_stricter(ruling, Admission::never, "its customer is in none of the groups that setting 'order_customer_groups' names");
}

void rule_channels(const AdmissionRules& rules, const json::value& document, Ruling& ruling) {
  if (rules.channels.empty() || names_one_of(member_at(document, "channels"), rules.channels)) return;
  make_stricter(ruling, Admission::never, "it was placed in none of the portal's channels that setting 'order_channels' names");
}

const std::pair<const std::string, Admission>* payment_rule(const AdmissionRules& rules, const std::string& method,
                                                            const std::string& state) {
  for (const std::string& key : {method + ":" + state, method, "*:" + state, std::string("*")}) {
    const auto found = rules.by_payment.find(key);
    if (found != rules.by_payment.end()) return &*found;
  }
  return nullptr;
}

void rule_payment(const AdmissionRules& rules, std::string_view method, std::string_view state, Ruling& ruling) {
  const auto* found = payment_rule(rules, small(method), small(state));
  if (found == nullptr) return;
  std::string reason = method == "none" ? std::string("it has no payment") : "its payment by " + quote_and_bound(method, kMostQuoted);
  if (!state.empty()) reason += " is " + quote_and_bound(state, kMostQuoted);
  reason += ": setting 'payment_rules' says '" + std::string(name_of(found->second)) + "' for " +
            quote_and_bound(found->first, kMostQuoted);
  if (found->second == Admission::review) {
    const bool is_unmapped = found->first.starts_with('*');  // a rule for whatever has none of its own
    reason += is_unmapped ? "; give " + quote_and_bound(method, kMostQuoted) + " a rule of its own, retry it to import it, or skip it"
                          : std::string("; retry it to import it, or skip it");
  }
  make_stricter(ruling, found->second, reason);
}

void rule_payments(const AdmissionRules& rules, const json::value& document, Ruling& ruling) {
  if (rules.by_payment.empty()) return;
  bool is_paid = false;
  const json::value& payments = member_at(document, "payments");
  if (const auto* listed = payments.if_array()) {
    for (const json::value& payment : *listed) {
      const std::string_view method = text_at(payment, "method"), state = text_at(payment, "state");
      if (std::ranges::count(kFutile, small(state)) > 0) continue;
      is_paid = true;
      rule_payment(rules, method, state, ruling);
    }
  }
  if (!is_paid) rule_payment(rules, "none", "", ruling);
}

void check_rules(const config::Values& values, std::vector<config::Problem>& found) {
  for (const auto& [key, value] : rules_in(values)) {
    const std::string method = "setting 'payment_rules' gives " + quote_and_bound(key, kMostQuoted);
    const auto colon = key.find(':');
    if (key.empty() || colon == 0 || colon + 1 == key.size()) {
      found.push_back({"payment_rules", method + " a rule, which names no payment: one is 'method', 'method:state', '*:state' "
                                                 "or '*', or 'none' for an order without a payment"});
    } else if (admission_in(value) == nullptr) {
      found.push_back({"payment_rules", method + " no rule that there is: 'import', 'wait', 'review' or 'never'"});
    }
  }
}

bool is_domain(std::string_view text) {
  return text.find('.') != std::string_view::npos && text.front() != '.' && text.back() != '.' &&
         text.find_first_of("@ /") == std::string_view::npos;
}

}  // namespace

std::string_view name_of(Admission admission) noexcept { return kAdmissions[static_cast<std::size_t>(admission) - 1]; }

AdmissionRules admission_rules(const config::Values& values) {
  AdmissionRules rules;
  for (const auto& [key, value] : rules_in(values)) {
    const auto* admission = admission_in(value);
    if (admission == nullptr) continue;
    rules.by_payment[small(key)] = static_cast<Admission>(admission - kAdmissions.data() + 1);
  }
  rules.countries = values.list("order_countries");
  for (const std::string& domain : values.list("order_email_domains")) rules.email_domains.push_back(small(domain));
  rules.customer_groups = values.list("order_customer_groups");
  rules.channels = values.list("order_channels");
  return rules;
}

std::vector<config::Problem> admission_problems(const config::Values& values) {
  std::vector<config::Problem> found;
  check_rules(values, found);
  for (const std::string& code : values.list("order_countries")) {
    if (is_country_code(code)) continue;
    found.push_back({"order_countries", "setting 'order_countries' names " + quote_and_bound(code, kMostQuoted) +
                                            ", which is no code of a country: two capital letters, as DE"});
  }
  for (const std::string& domain : values.list("order_email_domains")) {
    if (is_domain(domain)) continue;
    found.push_back({"order_email_domains", "setting 'order_email_domains' names " + quote_and_bound(domain, kMostQuoted) +
                                                ", which is no domain, as example.com"});
  }
  return found;
}

Ruling rule(const AdmissionRules& rules, const connector::PulledOrder& order) {
  Ruling ruling;
  if (rules.by_payment.empty() && rules.countries.empty() && rules.email_domains.empty() && rules.customer_groups.empty() &&
      rules.channels.empty())
    return ruling;
  boost::system::error_code error;
  const json::value document = json::parse(order.document, error);
  if (error) return ruling;
  rule_country(rules, document, ruling);
  rule_customer(rules, document, ruling);
  rule_groups(rules, document, ruling);
  rule_channels(rules, document, ruling);
  // a basket's payments are still to come
  if (order.acknowledged) rule_payments(rules, document, ruling);
  return ruling;
}

}  // namespace ferry::engine
