#include "connectors/vendure/stock.h"

#include <map>

#include "connectors/vendure/locations.h"
#include "connectors/vendure/operations.h"
#include "connectors/vendure/stock_document.h"
#include "connectors/vendure/variant_push.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

using namespace connector;

class StockPush final : public VariantPush {
 public:
  StockPush(const Settings& settings, std::span<const OutboundItem> items)
      : VariantPush(settings, items, variants_query(shown_stock()), kSetStock) {}

 private:
  std::optional<Subject> read(std::size_t index) override {
    std::string problem;
    if (const auto wanted = read_wanted(item(index), problem)) {
      wanted_[index] = *wanted;
      return Subject{wanted->sku, wanted->is_withdrawal};
    }
    settle(index, Verdict::rejected, std::move(problem));
    return std::nullopt;
  }
  void note(const json::value& data) override { locations_ = Locations(data); }
  void decide(std::size_t index, const Variant& variant) override;

  std::map<std::size_t, WantedStock> wanted_;  // by index
  Locations locations_;
};

void StockPush::decide(std::size_t index, const Variant& variant) {
  const auto& wanted = wanted_.at(index);
  const auto levels = stock_levels(variant.shown);
  if (!levels)  // taken for 0 it would be left alone where 0 is wanted
    return settle(index, Verdict::retry,
                  "the portal's answer has no readable stock of SKU " + quote_and_bound(wanted.sku, 100));
  const auto& name = wanted.location.empty() ? settings_.stock_location : wanted.location;
  const auto location = locations_.id_of(name);
  if (location.empty() && !locations_.are_all_readable())
    return settle(index, Verdict::retry, "the portal's answer has stock locations without id or name");
  if (location.empty())
    return settle(index, Verdict::rejected,
                  "the portal has no stock location " + quote_and_bound(name, 100) + "; it has " + locations_.names());
  const auto level = levels->find(location);
  const auto shown = level == levels->end() ? 0 : level->second;
  if (shown == wanted.quantity) return settle(index, Verdict::delivered);
  if (wanted.last_known && shown != *wanted.last_known && wanted.quantity > shown)
    return settle(
        index, Verdict::drifted,
        "the portal shows " + std::to_string(shown) + " where it last confirmed " + std::to_string(*wanted.last_known));
  if (auto* write = change(index, variant, location)) {
    auto& list = (*write)["stockLevels"];
    if (list.is_null()) list.emplace_array();
    list.as_array().push_back(json::object{{"stockLocationId", location}, {"stockOnHand", wanted.quantity}});
  }
}

}  // namespace

std::unique_ptr<Exchange> make_stock_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<StockPush>(settings, items);
}

}  // namespace ferry::vendure
