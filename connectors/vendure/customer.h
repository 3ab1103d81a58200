// Pushes customers: looks for each by its code, then by its e-mail address, and creates or changes it step by step.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "connectors/vendure/json.h"
#include "connectors/vendure/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

// A customer is known by the custom field `customer_code_field`. One that has registered by itself is taken over when
// its e-mail address is the party's and it carries no code; whatever is ambiguous is rejected for a person to look at.
// Vendure keeps no customer without an e-mail address.
//
// A price list is a customer group of Ferry's own, called "erp:" and the ERP's id of the list; groups of any other name
// are never touched. A party that is published no more leaves Ferry's groups, and is neither changed further nor
// deleted. An address is added when the customer has none like it, and never changed or deleted: customers keep their
// own.
// `settings` outlives the exchange.
std::unique_ptr<connector::Exchange> make_customer_push(const Settings& settings,
                                                        std::span<const connector::OutboundItem> items);

inline constexpr std::string_view kGroupPrefix = "erp:";

// The id of the group of that name, of several the first one made: two feeds may make a list's group at once, and agree
// on it afterwards. "": there is none. None: the groups cannot be read.
std::optional<std::string> first_group(const json::array& groups, std::string_view name);

// Empty, or which setting is not the name of a custom field.
std::string customer_fields_problem(const Settings& settings);

// "Anna Muster": Vendure keeps a name in two parts.
std::string full_name(std::string_view first, std::string_view last);

}  // namespace ferry::vendure
