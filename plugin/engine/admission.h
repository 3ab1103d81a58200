// Which portal orders the channel takes: its customer scope, and a rule per payment method. Pure.
//
//   import   into the ERP, once the portal acknowledges the order (setting `order_states`)
//   wait     not yet: it is looked at again whenever the portal shows it changed
//   review   a person decides
//   never    left alone: the ERP will not have it, and it holds nothing back from sale
//
// Where several rules speak of one order, the strictest counts: never, review, wait, import. What a person has asked for
// by a retry is no longer ruled, nor what the ERP may have already (sql/state/statements/intake.sql).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/field.h"
#include "plugin/connector/connector.h"

namespace ferry::engine {

enum class Admission : std::uint8_t { import = 1, wait, review, never };  // by strictness
std::string_view name_of(Admission admission) noexcept;

struct Ruling {
  Admission admission = Admission::import;
  std::string reason;  // for a person, one line naming the setting; empty: import
};

struct RuledOrder {
  connector::PulledOrder order;
  Ruling ruling;
};

struct AdmissionRules {
  // By 'method:state', 'method', '*:state' or '*', the first that there is; the method 'none' stands for an order without
  // a payment. Both as the portal spells them, small letters here.
  std::map<std::string, Admission, std::less<>> by_payment;
  std::vector<std::string> countries;      // of delivery, ISO 3166-1 alpha-2; empty: everywhere
  std::vector<std::string> email_domains;  // of customers, small letters, with those below them; empty: everybody
  std::vector<std::string> customer_groups;  // the portal's names; empty: of any or none
  std::vector<std::string> channels;         // the portal's names of its sales channels; empty: any
};

// `payment_rules`: {"card:Authorized": "wait", "invoice": "review"}. Precondition: admission_problems() found nothing.
AdmissionRules admission_rules(const config::Values& values);
std::vector<config::Problem> admission_problems(const config::Values& values);

// A document that cannot be read is not ruled: the ERP's order entry says what is wrong with it.
Ruling rule(const AdmissionRules& rules, const connector::PulledOrder& order);

}  // namespace ferry::engine
