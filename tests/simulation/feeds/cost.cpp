// The cost price: sql/profiles/tryton-6.0/cost.sql.
#include "tests/simulation/feeds/amount.h"

namespace ferry::simulation {
namespace {

class Cost final : public AmountModel {
 public:
  Feed feed() const override { return Feed::cost; }

 private:
  std::int64_t cents(const View&, const Product& product) const override { return product.cost_cents; }
};

}  // namespace

const FeedModel& feed_model_cost();
const FeedModel& feed_model_cost() {
  static const Cost model;
  return model;
}

}  // namespace ferry::simulation
