// Pushes customers: looks for each by its code and by its e-mail address, then creates or changes it step by step.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

// A customer is known by the ERP's code under `customer_code_key` of its metadata. One that has none, and the party's
// e-mail address, becomes the party; of a guest and an account with that address it is the account, which takes over from
// a guest who had the code. Whatever else is ambiguous is rejected for a person to look at. Medusa keeps an e-mail
// address unique among guests and among accounts, so that a creation which arrives late makes no second customer; without
// an address none is made.
//
// The name is that of the company where the customer has one, as the intake of orders reads it. A price list is the
// customer group that carries the ERP's id of the list under `price_list_key` of its metadata; groups that do not are
// never touched. A party that is published no more leaves Ferry's groups, and is neither changed further nor deleted. An
// address is added when the customer has none like it, and never changed or deleted: customers keep their own.
// `settings` outlives the exchange.
std::unique_ptr<connector::Exchange> make_customer_push(const Settings& settings,
                                                        std::span<const connector::OutboundItem> items);

// Customers that carry a party's code, with those members of the document that they show; none for a guest in whose place
// an account has come that is to take over. Medusa cannot look for a code: labels are found by reading all customers.
// In order of id, which rises with time, from the one after the cursor's.
std::unique_ptr<connector::Survey> make_customer_survey(const Settings& settings, std::string_view cursor);
std::unique_ptr<connector::Survey> make_customer_survey(const Settings& settings, std::span<const std::string> codes);

}  // namespace ferry::medusa
