// Net prices of a price list, as sql/profiles/tryton-6.0/fixed_net_price.sql finds them. A bad record has tenths of a
// cent.
#include "plugin/domain/decimal.h"
#include "tests/simulation/feeds/terms.h"

namespace ferry::simulation {
namespace {

class FixedNetPrice final : public TermsModel {
 public:
  Feed feed() const override { return Feed::fixed_net_price; }

 private:
  std::string terms(const Product& product) const override {
    const auto amount = product.has_half_a_piece ? Decimal::from_minor_units(10 * product.cost_cents + 5, 3)
                                                 : Decimal::from_minor_units(product.cost_cents, 2);
    return R"("currency":"EUR","tiers":[)" + tier("0", "amount", amount->text()) + "]";
  }
};

}  // namespace

const FeedModel& feed_model_fixed_net_price();
const FeedModel& feed_model_fixed_net_price() {
  static const FixedNetPrice model;
  return model;
}

}  // namespace ferry::simulation
