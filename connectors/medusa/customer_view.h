// The portal's customers as far as they were seen, and which of them an ERP's party is.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/medusa/customer_document.h"
#include "connectors/medusa/json.h"

namespace ferry::medusa {

// The portal's customers that stand for one party.
struct CustomerMatch {
  const json::value* customer = nullptr;  // null: there is none
  // A guest of the same e-mail address who carries the party's code: Medusa keeps him beside the account that was
  // registered later, and the account takes his place.
  const json::value* guest = nullptr;
  std::string objection;  // why a person must decide; empty: it is clear
};

class CustomerView {
 public:
  explicit CustomerView(std::string_view code_key) : code_key_(code_key) {}

  // With all that kCustomersTarget tells; replaces what was seen of the same id. False: it cannot be read.
  bool add(const json::value& customer);

  CustomerMatch match(const WantedCustomer& wanted) const;
  std::vector<const json::value*> with_code(std::string_view code) const;
  // Whether a customer of this very e-mail address carries the code: then no other needs to be looked for.
  bool has(std::string_view code, std::string_view email) const;
  std::string_view code_of(const json::value& customer) const {
    return text_at(customer, {"metadata", code_key_});
  }

 private:
  const std::string code_key_;
  std::map<std::string, json::value, std::less<>> customers_;  // by id
};

// "Anna Muster", or the company where there is one, as the intake of orders reads it.
std::string customer_name(const json::value& customer);
bool has_account(const json::value& customer);

}  // namespace ferry::medusa
