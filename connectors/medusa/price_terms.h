// How the portal counts money: the currencies that its store sells in, and whether its prices hold tax.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "connectors/medusa/json.h"

namespace ferry::medusa {

// Currencies in capitals, as everywhere but in Medusa.
class PriceTerms {
 public:
  void add_store(const json::value& body);        // of kStoreTarget
  void add_preferences(const json::value& body);  // of kTaxTarget

  bool is_readable() const noexcept { return is_readable_; }
  const std::string& default_currency() const noexcept { return default_currency_; }
  std::string tax(std::string_view currency) const;  // "included" or "excluded"
  // Why prices with these terms cannot go out, and how to mend it; empty: they can. No record mends it.
  std::string objection(std::string_view currency, std::string_view tax) const;
  // The same of prices that are always without tax.
  std::string objection_to_net(std::string_view currency) const;

 private:
  std::string objection(std::string_view currency) const;

  std::set<std::string, std::less<>> currencies_;
  std::map<std::string, bool, std::less<>> includes_tax_;  // Medusa's default is false
  std::string default_currency_;
  bool is_readable_ = true;
};

std::string upper(std::string_view text);
std::string lower(std::string_view text);

}  // namespace ferry::medusa
