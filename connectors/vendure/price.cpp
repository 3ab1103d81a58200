#include "connectors/vendure/price.h"

#include <map>

#include "connectors/vendure/money.h"
#include "connectors/vendure/operations.h"
#include "connectors/vendure/price_document.h"
#include "connectors/vendure/variant_push.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

using namespace connector;

// What list prices and costs have in common: an amount that must fit the channel's money.
class AmountPush : public VariantPush {
 protected:
  using VariantPush::VariantPush;

  // The amount in the portal's units, or none: the item is settled.
  std::optional<std::int32_t> units_of(std::size_t index, const AmountDocument& wanted);

  bool includes_tax() const { return money_->includes_tax; }  // precondition: units_of() gave a number
  bool sells_in(const std::string& currency) const { return money_->has(currency); }

  std::map<std::size_t, AmountDocument> wanted_;  // by index

 private:
  void note(const json::value& data) override { money_ = read_money(data); }

  std::optional<ChannelMoney> money_;
};

std::optional<std::int32_t> AmountPush::units_of(std::size_t index, const AmountDocument& wanted) {
  if (!money_) {
    settle(index, Verdict::retry, "the portal's answer does not say how its channel shows prices");
    return std::nullopt;
  }
  const auto& currency = money_->currency(settings_);
  if (wanted.currency != currency) {
    settle(index, Verdict::unauthorized,
           "the ERP's amounts are in " + quote_and_bound(wanted.currency, 10) + ", those of the portal's channel in " +
               quote_and_bound(currency, 10) + "; correct the currency of either, or the setting price_currency");
    return std::nullopt;
  }
  std::string problem;
  const auto units = to_units(wanted.amount, money_->digits, problem);
  if (!units) settle(index, Verdict::rejected, std::move(problem));
  return units;
}

// ---- list prices ------------------------------------------------------------------------------------------------

class PricePush final : public AmountPush {
 public:
  PricePush(const Settings& settings, std::span<const OutboundItem> items)
      : AmountPush(settings, items, variants_query(shown_prices()), kSetPrices) {}

 private:
  std::optional<Subject> read(std::size_t index) override;
  void decide(std::size_t index, const Variant& variant) override;
};

std::optional<VariantPush::Subject> PricePush::read(std::size_t index) {
  if (item(index).document.empty()) {
    settle(index, Verdict::delivered);
    return std::nullopt;
  }
  auto wanted = read_amount(item(index).document);
  if (!wanted || (wanted->tax != "included" && wanted->tax != "excluded")) {
    settle(index, Verdict::rejected,
           "the list price document has no SKU, currency, amount or tax: " +
               quote_and_bound(item(index).document, 200));
    return std::nullopt;
  }
  Subject subject{wanted->sku};
  wanted_[index] = std::move(*wanted);
  return subject;
}

void PricePush::decide(std::size_t index, const Variant& variant) {
  const auto& wanted = wanted_.at(index);
  const auto units = units_of(index, wanted);
  if (!units) return;
  if (includes_tax() != (wanted.tax == "included"))
    return settle(index, Verdict::unauthorized, tax_differs(includes_tax()));
  if (!sells_in(wanted.currency))
    return settle(index, Verdict::unauthorized,
                  "the portal's channel does not sell in " + quote_and_bound(wanted.currency, 10) +
                      "; add it to the channel's currencies");
  const auto shown = shown_price(variant.shown, wanted.currency);
  if (!shown.is_readable)
    return settle(index, Verdict::retry,
                  "the portal's answer has no readable prices of SKU " + quote_and_bound(wanted.sku, 100));
  if (shown.units == *units) return settle(index, Verdict::delivered);
  if (auto* write = change(index, variant))
    (*write)["prices"] = json::array{json::object{{"currencyCode", wanted.currency}, {"price", *units}}};
}

// ---- costs ------------------------------------------------------------------------------------------------------

class CostPush final : public AmountPush {
 public:
  CostPush(const Settings& settings, std::span<const OutboundItem> items)
      : AmountPush(settings, items, variants_query(shown_costs(settings.cost_field)), kSetCosts) {}

 private:
  std::optional<Subject> read(std::size_t index) override;
  void decide(std::size_t index, const Variant& variant) override;
  void set(std::size_t index, const Variant& variant, json::value value) {
    if (auto* write = change(index, variant))
      (*write)["customFields"] = json::object{{settings_.cost_field, std::move(value)}};
  }
};

std::optional<VariantPush::Subject> CostPush::read(std::size_t index) {
  const auto& given = item(index);
  if (!is_field_name(settings_.cost_field)) {
    settle(index, Verdict::rejected, "setting cost_field is not the name of a custom field");
    return std::nullopt;
  }
  if (given.document.empty()) {
    const auto known = read_amount(given.acknowledged);
    Subject subject{known ? known->sku : given.label, true};
    if (!subject.sku.empty()) return subject;
    settle(index, Verdict::rejected, "the record has no SKU");
    return std::nullopt;
  }
  auto wanted = read_amount(given.document);
  if (!wanted) {
    settle(index, Verdict::rejected,
           "the cost document has no SKU, currency or amount: " + quote_and_bound(given.document, 200));
    return std::nullopt;
  }
  Subject subject{wanted->sku};
  wanted_[index] = std::move(*wanted);
  return subject;
}

void CostPush::decide(std::size_t index, const Variant& variant) {
  const auto found = wanted_.find(index);
  if (found == wanted_.end()) return set(index, variant, nullptr);  // unseen: no answer proves that none is there
  const auto units = units_of(index, found->second);
  if (!units) return;
  const auto shown = shown_cost(variant.shown, settings_.cost_field);
  if (!shown.is_readable)
    return settle(index, Verdict::retry,
                  "the portal's answer has no readable cost of SKU " + quote_and_bound(found->second.sku, 100));
  if (shown.units == *units) return settle(index, Verdict::delivered);
  set(index, variant, *units);
}

}  // namespace

std::unique_ptr<Exchange> make_price_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<PricePush>(settings, items);
}

std::unique_ptr<Exchange> make_cost_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<CostPush>(settings, items);
}

}  // namespace ferry::vendure
