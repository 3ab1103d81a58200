// The promotions of the portal that are Ferry's: those whose code begins as Ferry's do and whose metadata name the
// record. All others are people's, and are neither read nor written.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/medusa/price_list_view.h"
#include "connectors/medusa/promotion_plan.h"

namespace ferry::medusa {

struct ShownCampaign {
  std::string id;
  ShownWindow at;         // as its identifier says
  bool is_right = false;  // and so are its dates; and it has no budget that could run out
  bool has_budget = false;
};

struct ShownPromotion {
  std::string id, code;
  ShownWindow at;
  bool is_window_right = true;
  Decimal least, percent;
  std::optional<Decimal> before;
  std::vector<std::string> before_rules;  // ids of the rules that say so; several where a request came late
  std::string group;         // id of the one customer group that it is for
  bool is_in_order = false;  // as Ferry made it but for percentage, bounds and group
};

class PromotionView {
 public:
  explicit PromotionView(std::string_view list_key) : list_key_(list_key) {}

  // `now` by the portal's own clock; epoch: it does not say.
  void add_campaigns(const json::value& body, Instant now);
  void add_promotions(const json::value& body);  // after the campaigns

  bool is_readable() const noexcept { return is_readable_; }
  const ShownCampaign* campaign(const Window& window) const noexcept;  // null: there is none
  // A code that only the record's promotions have, of one whose metadata do not name it; empty: there is none.
  std::string others_code(const std::string& list, const std::string& sku) const;

  using Record = std::pair<std::string, std::string>;  // the ERP's list, and SKU
  const std::map<Record, std::vector<ShownPromotion>>& records() const noexcept { return records_; }
  const std::vector<ShownPromotion>& of(const std::string& list, const std::string& sku) const noexcept;

 private:
  bool read(const json::value& from, const std::string& sku, ShownPromotion& shown) const;
  void place(const json::value& from, ShownPromotion& shown) const;

  const std::string list_key_;
  std::vector<ShownCampaign> campaigns_;
  std::map<Record, std::vector<ShownPromotion>> records_;
  std::set<std::string> others_;  // codes
  bool is_readable_ = true;
};

}  // namespace ferry::medusa
