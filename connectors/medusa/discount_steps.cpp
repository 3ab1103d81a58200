#include "connectors/medusa/discount_steps.h"

#include <algorithm>
#include <map>

namespace ferry::medusa {
namespace {

using Kind = DiscountStep::Kind;

class Steps {
 public:
  Steps(const std::string& group, const PromotionView& view, std::vector<ShownPromotion> left)
      : group_(group), view_(view), left_(std::move(left)) {}

  void reach(const PlannedPromotion& planned);
  std::vector<DiscountStep> take();

 private:
  void add(Kind kind, const PlannedPromotion& planned, std::string id = "", std::vector<std::string> before_rules = {}) {
    steps_.push_back({kind, std::move(id), std::move(before_rules), false, planned});
  }
  std::vector<ShownPromotion>::iterator find(const PlannedPromotion& planned);
  void see_to_campaign(const Window& window);
  void adjust(const ShownPromotion& shown, const PlannedPromotion& planned);

  const std::string& group_;
  const PromotionView& view_;
  std::vector<ShownPromotion> left_;  // that nothing planned is shown by
  std::vector<DiscountStep> steps_;
};

// The one that is right already, or else one that can be made so without being made anew.
std::vector<ShownPromotion>::iterator Steps::find(const PlannedPromotion& planned) {
  const auto fits = [&](const ShownPromotion& shown) {
    return shown.is_in_order && !group_.empty() && shown.group == group_ && shown.least == planned.least &&
           shown.at.shows(planned.window);
  };
  const auto is_right = [&](const ShownPromotion& shown) {
    return fits(shown) && shown.before == planned.before && shown.percent == planned.percent;
  };
  const auto found = std::find_if(left_.begin(), left_.end(), is_right);
  return found != left_.end() ? found : std::find_if(left_.begin(), left_.end(), fits);
}

void Steps::reach(const PlannedPromotion& planned) {
  const auto found = find(planned);
  if (found == left_.end()) {
    if (group_.empty()) add(Kind::make_group, planned);
    see_to_campaign(planned.window);
    return add(Kind::create, planned);
  }
  see_to_campaign(found->at.window);
  adjust(*found, planned);
  left_.erase(found);
}

void Steps::see_to_campaign(const Window& window) {
  if (window == Window{}) return;
  PlannedPromotion of_window;
  of_window.window = window;
  const auto* shown = view_.campaign(window);
  if (!shown) return add(Kind::make_campaign, of_window);
  if (shown->is_right) return;
  add(Kind::mend_campaign, of_window, shown->id);
  steps_.back().has_budget = shown->has_budget;
}

void Steps::adjust(const ShownPromotion& shown, const PlannedPromotion& planned) {
  if (shown.before != planned.before) {
    const bool is_narrower = planned.before && (!shown.before || *planned.before < *shown.before);
    add(is_narrower ? Kind::narrow : Kind::widen, planned, shown.id, shown.before_rules);
  }
  if (shown.percent != planned.percent) add(Kind::change, planned, shown.id);
}

std::vector<DiscountStep> Steps::take() {
  for (const auto& shown : left_) add(Kind::remove, {}, shown.id);
  std::stable_sort(steps_.begin(), steps_.end(), [](const auto& a, const auto& b) { return a.kind < b.kind; });
  return std::move(steps_);
}

}  // namespace

std::vector<DiscountStep> steps_to(const WantedDiscount& wanted, const std::vector<PlannedPromotion>& plan,
                                   const std::string& group, const PromotionView& view) {
  Steps steps(group, view, view.of(wanted.list, wanted.sku));
  for (const auto& planned : plan) steps.reach(planned);
  return steps.take();
}

}  // namespace ferry::medusa
