// The requests by which the steps of discounts are done. What several records need is made once.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "connectors/medusa/discount_steps.h"
#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

class DiscountWrites {
 public:
  // All outlive it. The views are complete before the first call.
  DiscountWrites(const Settings& settings, const PriceListView& groups, const PromotionView& view)
      : settings_(settings), groups_(groups), view_(view) {}

  // None: another record has seen to it.
  std::optional<connector::HttpRequest> request(const WantedDiscount& wanted, const DiscountStep& step) const;
  // Whether the portal's answer says that the step is done.
  bool confirms(const WantedDiscount& wanted, const DiscountStep& step, const json::value& body);

 private:
  connector::HttpRequest campaign_request(const DiscountStep& step) const;
  connector::HttpRequest creation(const WantedDiscount& wanted, const PlannedPromotion& planned) const;

  const Settings& settings_;
  const PriceListView& groups_;
  const PromotionView& view_;
  std::map<std::string, std::string> made_groups_;  // ids by the ERP's list
  std::map<Window, std::string> made_campaigns_;    // ids; of those that were mended, too
};

}  // namespace ferry::medusa
