#include "connectors/vendure/promotion_plan.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

using Bound = std::optional<Instant>;

bool is_valid(const Tier& tier, const Bound& start) {
  if (tier.from && (!start || *tier.from > *start)) return false;
  return !tier.until || !start || *start < *tier.until;
}

// Where conditions change; the first interval has no beginning.
std::vector<Bound> starts_of(const std::vector<Tier>& tiers) {
  std::set<Instant> moments;
  for (const auto& tier : tiers) {
    if (tier.from) moments.insert(*tier.from);
    if (tier.until) moments.insert(*tier.until);
  }
  std::vector<Bound> starts{std::nullopt};
  starts.insert(starts.end(), moments.begin(), moments.end());
  return starts;
}

// Those tiers that begin later are not valid before anything begins: an `until` alone bounds the first interval.
std::optional<std::map<std::int32_t, const Tier*>> valid_at(const std::vector<Tier>& tiers, const Bound& start) {
  std::map<std::int32_t, const Tier*> valid;
  for (const auto& tier : tiers) {
    if (!is_valid(tier, start)) continue;
    const auto pieces = pieces_from(tier.quantity);
    if (!pieces) return std::nullopt;
    auto& known = valid[*pieces];
    if (!known || known->quantity < tier.quantity) known = &tier;
  }
  return valid;
}

bool continues(const PromotionStep& step, const PromotionStep& next) {
  return step.pieces == next.pieces && step.percent == next.percent && step.until && next.from &&
         *step.until == *next.from;
}

void add(std::vector<PromotionStep>& steps, PromotionStep next) {
  const auto before =
      std::find_if(steps.begin(), steps.end(), [&](const auto& step) { return continues(step, next); });
  if (before == steps.end())
    steps.push_back(std::move(next));
  else
    before->until = next.until;
}

// Arguments of conditions and actions are texts; lists are JSON in them.
json::object operation(std::string_view code, std::initializer_list<std::pair<std::string_view, std::string>> given) {
  json::array arguments;
  for (const auto& [name, value] : given) arguments.push_back(json::object{{"name", name}, {"value", value}});
  return {{"code", code}, {"arguments", std::move(arguments)}};
}

json::value moment(const Bound& bound, Duration less = {}) {
  if (!bound) return nullptr;
  return json::string(to_iso8601(std::chrono::floor<std::chrono::milliseconds>(*bound - less)));
}

// Of shown ("args") or given ("arguments") operations; none: they cannot be read.
std::optional<std::map<std::string, std::string>> arguments_of(const json::value& from, std::string_view member) {
  std::map<std::string, std::string> arguments;
  const auto* list = find(from, {member});
  if (!list || !list->is_array()) return std::nullopt;
  for (const auto& argument : list->get_array()) {
    const auto* value = find(argument, {"value"});
    if (text_at(argument, {"name"}).empty() || !value || !value->is_string()) return std::nullopt;
    arguments.emplace(text_at(argument, {"name"}), value->get_string());
  }
  return arguments;
}

std::optional<bool> are_operations(const json::value& promotion, std::string_view member, const json::array& wanted) {
  const auto* shown = find(promotion, {member});
  if (!shown || !shown->is_array()) return std::nullopt;
  if (shown->get_array().size() != wanted.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto& one = shown->get_array()[i];
    const auto arguments = arguments_of(one, "args");
    if (!arguments || text_at(one, {"code"}).empty()) return std::nullopt;
    if (text_at(one, {"code"}) != text_at(wanted[i], {"code"}) || arguments != arguments_of(wanted[i], "arguments"))
      return false;
  }
  return true;
}

bool is_same_moment(const json::value& shown, const json::value& wanted) {
  if (!shown.is_string() || !wanted.is_string()) return shown == wanted;
  return from_iso8601(shown.get_string()) == from_iso8601(wanted.get_string());
}

}  // namespace

std::optional<std::vector<PromotionStep>> plan_promotions(const std::vector<Tier>& tiers, std::string& problem) {
  std::vector<PromotionStep> steps;
  const auto starts = starts_of(tiers);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const auto valid = valid_at(tiers, starts[i]);
    if (!valid) {
      problem = "a quantity is more than Vendure counts; correct the price list";
      return std::nullopt;
    }
    Decimal given;
    for (const auto& [pieces, tier] : *valid) {
      const auto more = tier->value.minus(given);
      if (!more || more->is_negative()) {
        problem = "Vendure adds promotions up, so that from " + std::to_string(pieces) + " pieces " +
                  tier->value.text() + " % cannot be less than the " + given.text() +
                  " % that fewer pieces get; give the greater quantity no smaller discount in the price list";
        return std::nullopt;
      }
      given = tier->value;
      const auto until = i + 1 < starts.size() ? starts[i + 1] : std::nullopt;
      if (!more->is_zero()) add(steps, {pieces, *more, starts[i], until});
    }
  }
  if (steps.size() > kMostSteps) {
    problem = "the quantities and validity dates of the price list come to " + std::to_string(steps.size()) +
              " promotions, and one product has at most " + std::to_string(kMostSteps) +
              "; take quantities or dates out of the price list";
    return std::nullopt;
  }
  return steps;
}

std::string promotion_key(std::string_view list, std::size_t number, std::string_view sku) {
  return std::string(list).append("/").append(std::to_string(number)).append("/").append(sku);
}

std::optional<PromotionKey> parse_promotion_key(std::string_view key) {
  const auto first = key.find('/');
  const auto second = first == std::string_view::npos ? first : key.find('/', first + 1);
  if (first == 0 || second == std::string_view::npos || second + 1 == key.size()) return std::nullopt;
  PromotionKey parsed;
  const auto digits = key.substr(first + 1, second - first - 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed.number);
  if (error != std::errc() || end != digits.data() + digits.size() || parsed.number < 1) return std::nullopt;
  parsed.list = key.substr(0, first);
  parsed.sku = key.substr(second + 1);
  return parsed;
}

std::string promotion_name(const TiersDocument& document, const PromotionStep& step) {
  auto name = document.list_name.empty() ? document.list : document.list_name;
  return step.pieces == 1 ? name : name + " (" + std::to_string(step.pieces) + "+)";
}

json::object promotion_input(const PromotionStep& step, const PromotionParts& parts, std::string_view tiers_field) {
  const auto variants = json::serialize(json::array{parts.variant});
  json::array conditions{operation("customer_group", {{"customerGroupId", parts.group}})};
  if (step.pieces > 1)
    conditions.push_back(operation("contains_products", {{"minimum", std::to_string(step.pieces)},
                                                         {"productVariantIds", variants}}));
  return {{"enabled", true},
          {"startsAt", moment(step.from)},
          {"endsAt", moment(step.until, std::chrono::milliseconds(1))},  // Vendure's windows include their end
          {"couponCode", nullptr},
          {"perCustomerUsageLimit", nullptr},
          {"usageLimit", nullptr},
          {"conditions", std::move(conditions)},
          {"actions", json::array{operation("products_percentage_discount",
                                            {{"discount", step.percent.text()}, {"productVariantIds", variants}})}},
          {"translations", json::array{json::object{{"languageCode", parts.language}, {"name", parts.name}}}},
          {"customFields", json::object{{tiers_field, parts.tiers_text}}}};
}

std::optional<bool> is_as_planned(const json::value& promotion, const json::object& input) {
  for (const auto* name : {"enabled", "couponCode", "perCustomerUsageLimit", "usageLimit", "startsAt", "endsAt"}) {
    const auto* shown = find(promotion, {name});
    if (!shown) return std::nullopt;
    if (!is_same_moment(*shown, input.at(name))) return false;
  }
  for (const auto* name : {"conditions", "actions"}) {
    const auto same = are_operations(promotion, name, input.at(name).as_array());
    if (!same || !*same) return same;
  }
  for (const auto& field : input.at("customFields").as_object()) {
    const auto* shown = find(promotion, {"customFields", field.key()});
    if (!shown) return std::nullopt;
    if (*shown != field.value()) return false;
  }
  const auto* translations = input.if_contains("translations");
  return !translations || text_at(promotion, {"name"}) == text_at(translations->at(0), {"name"});
}

}  // namespace ferry::vendure
