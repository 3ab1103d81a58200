// The base sales price, as sql/profiles/tryton-6.0/list_price.sql computes it for a shop that shows prices without tax.
#include "tests/simulation/feeds/amount.h"

namespace ferry::simulation {
namespace {

class ListPrice final : public AmountModel {
 public:
  Feed feed() const override { return Feed::list_price; }
  bool is_urgent(const std::string& previous, const std::string& document) const override {
    const auto before = amount_in(previous), after = amount_in(document);
    return before && after && *after > *before;
  }
  Instant boundary(Instant now) const override {
    return std::chrono::floor<std::chrono::days>(now) + std::chrono::days(1);  // a price may begin then
  }

 private:
  std::int64_t cents(const View& view, const Product& product) const override {
    return view.erp.price_cents(product, view.now);
  }
  std::string rest() const override { return R"(,"tax":"excluded")"; }
};

}  // namespace

const FeedModel& feed_model_list_price();
const FeedModel& feed_model_list_price() {
  static const ListPrice model;
  return model;
}

}  // namespace ferry::simulation
