#include "connectors/vendure/discount.h"

#include <algorithm>
#include <map>
#include <set>

#include "connectors/vendure/customer.h"
#include "connectors/vendure/operations.h"
#include "connectors/vendure/stepwise_push.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

using namespace connector;

constexpr std::size_t kLongestKey = 255;  // of a custom field of type string

NextStep unreadable() { return settled(Verdict::retry, "the portal's answer has promotions that cannot be read"); }

class DiscountPush final : public StepwisePush {
 public:
  DiscountPush(const Settings& settings, std::span<const OutboundItem> items)
      : StepwisePush(settings, items, {"promotions", "productVariants", "customerGroups"},
                     "a promotion that was deleted on the portal still has the record's key; take it out of that "
                     "promotion's custom field, and switch Ferry's promotions off instead of deleting them") {}

 private:
  std::string read(std::size_t index) override;
  HttpRequest look_at(std::span<const std::size_t> indices) const override;
  NextStep next_step(std::size_t index, const json::value& data) const override;
  // The group of a list is created once.
  std::string place_of(std::size_t index) const override { return records_.at(index).document.list; }

  struct Record {
    TiersDocument document;
    std::vector<PromotionStep> steps;
  };
  NextStep see_to(const Record& record, const PromotionSurroundings& around, const json::value& data) const;
  // Switches off the first promotion of those from `number` on that is not off.
  NextStep switch_off(const Record& record, std::size_t number, const json::value& data) const;

  std::map<std::size_t, Record> records_;  // by index
  std::set<std::pair<std::string, std::string>> seen_;
};

std::string DiscountPush::read(std::size_t index) {
  auto problem = promotion_fields_problem(settings_);
  if (!problem.empty()) return problem;
  auto document = read_tiers(item(index), "percent", problem);
  if (!document) return problem;
  if (promotion_key(document->list, kMostSteps, document->sku).size() > kLongestKey)
    return record_of(*document) + " is too long for the custom field of a promotion";
  if (!seen_.emplace(document->list, document->sku).second)
    return "two ERP records carry " + record_of(*document) + "; only one can be shown";
  Record record;
  if (!document->is_withdrawal) {
    auto steps = plan_promotions(document->tiers, problem);
    if (!steps) return record_of(*document) + ": " + problem;
    record.steps = std::move(*steps);
  }
  record.document = std::move(*document);
  records_[index] = std::move(record);
  return "";
}

HttpRequest DiscountPush::look_at(std::span<const std::size_t> indices) const {
  std::vector<PromotionKey> records;
  for (const auto index : indices) {
    const auto& document = records_.at(index).document;
    records.push_back({document.list, document.sku, 0});
  }
  return promotions_look(settings_, records);
}

NextStep DiscountPush::next_step(std::size_t index, const json::value& data) const {
  const auto& record = records_.at(index);
  for (const auto& promotion : array_at(data, {"promotions", "items"})) {
    const auto* enabled = find(promotion, {"enabled"});
    const bool is_readable = enabled && enabled->is_bool() && !id_at(promotion, {"id"}).empty() &&
                             !text_at(promotion, {"customFields", settings_.promotion_key_field}).empty();
    if (!is_readable) return unreadable();
  }
  if (record.document.is_withdrawal) return switch_off(record, 1, data);
  const auto around = surroundings_of(data, record.document.sku, record.document.list);
  if (!around) return unreadable();
  const auto sku = quote_and_bound(record.document.sku, 100);
  if (around->variants > 1)
    return settled(Verdict::rejected, "the portal has several variants with SKU " + sku + "; give each its own SKU");
  if (around->variants == 0) return settled(Verdict::absent, "the portal has no variant with SKU " + sku);
  if (around->group.empty()) {
    json::object input{{"name", std::string(kGroupPrefix) + record.document.list}};
    return write(kCreateGroup, {{"input", std::move(input)}});
  }
  return see_to(record, *around, data);
}

// First what is too much: at no time does a customer get more than before and now together.
NextStep DiscountPush::see_to(const Record& record, const PromotionSurroundings& around,
                              const json::value& data) const {
  if (auto off = switch_off(record, record.steps.size() + 1, data); !off.operation.empty()) return off;
  const auto& document = record.document;
  for (std::size_t i = 0; i < record.steps.size(); ++i) {
    const auto key = promotion_key(document.list, i + 1, document.sku);
    auto input = promotion_input(record.steps[i],
                                 {promotion_name(document, record.steps[i]), document.tiers_text, around.variant,
                                  around.group, around.language},
                                 settings_.promotion_tiers_field);
    const auto* shown = find_promotion(data, settings_, key);
    if (!shown) {
      input.at("customFields").as_object()[settings_.promotion_key_field] = key;
      return write(kCreatePromotion, {{"input", std::move(input)}});
    }
    if (document.list_name.empty()) input.erase("translations");  // given away: the promotion keeps its name
    const auto is_right = is_as_planned(*shown, input);
    if (!is_right) return unreadable();
    if (*is_right) continue;
    input["id"] = id_at(*shown, {"id"});
    return write(kSetPromotion, {{"input", std::move(input)}});
  }
  return settled(Verdict::delivered);
}

NextStep DiscountPush::switch_off(const Record& record, std::size_t number, const json::value& data) const {
  for (; number <= kMostSteps; ++number) {
    const auto* shown =
        find_promotion(data, settings_, promotion_key(record.document.list, number, record.document.sku));
    if (!shown || !find(*shown, {"enabled"})->get_bool()) continue;
    return write(kSetPromotion, {{"input", json::object{{"id", id_at(*shown, {"id"})}, {"enabled", false}}}});
  }
  return settled(Verdict::delivered);
}

}  // namespace

std::unique_ptr<Exchange> make_discount_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<DiscountPush>(settings, items);
}

std::string promotion_fields_problem(const Settings& settings) {
  std::string wrong;
  if (!is_field_name(settings.promotion_key_field)) wrong = "promotion_key_field";
  if (!is_field_name(settings.promotion_tiers_field)) wrong = "promotion_tiers_field";
  return wrong.empty() ? "" : "setting " + wrong + " is not the name of a custom field";
}

std::optional<PromotionSurroundings> surroundings_of(const json::value& data, const std::string& sku,
                                                     const std::string& list) {
  PromotionSurroundings around;
  for (const auto& variant : array_at(data, {"productVariants", "items"})) {
    const auto id = id_at(variant, {"id"});
    if (id.empty() || text_at(variant, {"sku"}).empty()) return std::nullopt;
    if (text_at(variant, {"sku"}) != sku) continue;
    ++around.variants;
    around.variant = id;
  }
  const auto group = first_group(array_at(data, {"customerGroups", "items"}), std::string(kGroupPrefix) + list);
  if (!group) return std::nullopt;
  around.group = *group;
  around.language = text_at(data, {"activeChannel", "defaultLanguageCode"});
  if (around.language.empty()) return std::nullopt;
  return around;
}

const json::value* find_promotion(const json::value& data, const Settings& settings, const std::string& key) {
  for (const auto& promotion : array_at(data, {"promotions", "items"})) {
    if (text_at(promotion, {"customFields", settings.promotion_key_field}) == key) return &promotion;
  }
  return nullptr;
}

HttpRequest promotions_look(const Settings& settings, std::span<const PromotionKey> records) {
  std::set<std::string> keys, skus, groups;
  for (const auto& record : records) {
    for (std::size_t number = 1; number <= kMostSteps; ++number)
      keys.insert(promotion_key(record.list, number, record.sku));
    skus.insert(record.sku);
    groups.insert(std::string(kGroupPrefix) + record.list);
  }
  return graphql(settings, Kind::query, promotions_query(settings),
                 {{"keys", json::array(keys.begin(), keys.end())},
                  {"skus", json::array(skus.begin(), skus.end())},
                  {"groups", json::array(groups.begin(), groups.end())},
                  {"take", kMostListed}});
}

}  // namespace ferry::vendure
