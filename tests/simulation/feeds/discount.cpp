// Percentages of a price list, as sql/profiles/tryton-6.0/discount.sql finds them.
#include "tests/simulation/feeds/terms.h"

namespace ferry::simulation {
namespace {

class Discount final : public TermsModel {
 public:
  Feed feed() const override { return Feed::discount; }

 private:
  std::string terms(const Product& product) const override {
    const auto percent = 1 + product.cost_cents % 80;
    auto tiers = tier("0", "percent", std::to_string(percent));
    if (product.cost_cents % 3 == 0) tiers += "," + tier("10", "percent", std::to_string(percent + 5));
    return R"("tiers":[)" + tiers + "]";
  }
};

}  // namespace

const FeedModel& feed_model_discount();
const FeedModel& feed_model_discount() {
  static const Discount model;
  return model;
}

}  // namespace ferry::simulation
