// How the portal's channel shows prices, and amounts as the portal counts them. Vendure keeps money in whole units, of
// which one figure says how many digits they have (moneyStrategyPrecision): the same for yen, euros and dinars.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/vendure/json.h"
#include "connectors/vendure/settings.h"

namespace ferry::vendure {

struct ChannelMoney {
  bool includes_tax = false;  // what a variant's own price holds
  std::string default_currency;
  std::vector<std::string> currencies;  // that may have prices
  int digits = 2;

  // The currency whose prices and costs Ferry keeps.
  const std::string& currency(const Settings& settings) const noexcept {
    return settings.price_currency.empty() ? default_currency : settings.price_currency;
  }
  bool has(std::string_view currency) const noexcept;
};

// None: the answer does not say all of it.
std::optional<ChannelMoney> read_money(const json::value& data);

// The amount in the portal's units. None: `problem` says why it cannot be.
std::optional<std::int32_t> to_units(std::string_view amount, int digits, std::string& problem);

}  // namespace ferry::vendure
