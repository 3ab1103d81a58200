#include "connectors/vendure/product_step.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "connectors/vendure/operations.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

constexpr std::string_view kGroupName = "Variant";

NextStep unreadable() {
  return settled(Verdict::retry, "the portal's answer has products that cannot be read");
}
std::optional<bool> flag_at(const json::value& from, std::string_view name) {
  const auto* value = find(from, {name});
  return value && value->is_bool() ? std::optional(value->get_bool()) : std::nullopt;
}
bool has_text(const json::value& from, std::string_view name) {
  const auto* value = find(from, {name});
  return value && value->is_string();
}

// ---- as shown -----------------------------------------------------------------------------------------------------

struct Sibling {
  std::string id, sku;
  bool is_enabled = false;
  std::vector<std::string> options;  // ids
};
struct Group {
  std::string id, code;
  std::vector<std::pair<std::string, std::string>> options;  // code, id
};
struct Shop {
  std::string id, template_id, name, description;
  bool is_enabled = false;
  std::vector<Sibling> variants;
  std::vector<Group> groups;
};

std::optional<Sibling> read_sibling(const json::value& from) {
  Sibling sibling{id_at(from, {"id"}), std::string(text_at(from, {"sku"})), false, {}};
  const auto enabled = flag_at(from, "enabled");
  if (sibling.id.empty() || sibling.sku.empty() || !enabled) return std::nullopt;
  sibling.is_enabled = *enabled;
  for (const auto& option : array_at(from, {"options"})) {
    sibling.options.push_back(id_at(option, {"id"}));
    if (sibling.options.back().empty()) return std::nullopt;
  }
  return sibling;
}

std::optional<Group> read_group(const json::value& from) {
  Group group{id_at(from, {"id"}), std::string(text_at(from, {"code"})), {}};
  if (group.id.empty() || group.code.empty()) return std::nullopt;
  for (const auto& option : array_at(from, {"options"})) {
    group.options.emplace_back(text_at(option, {"code"}), id_at(option, {"id"}));
    if (group.options.back().first.empty() || group.options.back().second.empty()) return std::nullopt;
  }
  return group;
}

std::optional<Shop> read_shop(const json::value& from, const std::string& field) {
  Shop shop{id_at(from, {"id"}), std::string(text_at(from, {"customFields", field})),
            std::string(text_at(from, {"name"})), std::string(text_at(from, {"description"})), false, {}, {}};
  const auto enabled = flag_at(from, "enabled");
  if (shop.id.empty() || !enabled || !has_text(from, "name") || !has_text(from, "description")) return std::nullopt;
  shop.is_enabled = *enabled;
  for (const auto& item : array_at(from, {"variants"})) {
    auto sibling = read_sibling(item);
    if (!sibling) return std::nullopt;
    shop.variants.push_back(std::move(*sibling));
  }
  for (const auto& item : array_at(from, {"optionGroups"})) {
    auto group = read_group(item);
    if (!group) return std::nullopt;
    shop.groups.push_back(std::move(*group));
  }
  return shop;
}

// ---- the decision -------------------------------------------------------------------------------------------------

class Decision {
 public:
  Decision(const Settings& settings, const WantedProduct& wanted, const json::value& data)
      : settings_(settings),
        wanted_(wanted),
        data_(data),
        language_(text_at(data, {"activeChannel", "defaultLanguageCode"})) {}

  NextStep take() const {
    if (language_.empty()) return unreadable();
    const json::value* variant = nullptr;
    for (const auto& item : array_at(data_, {"productVariants", "items"})) {
      if (text_at(item, {"sku"}).empty()) return unreadable();
      if (text_at(item, {"sku"}) != wanted_.sku) continue;
      if (variant)
        return settled(Verdict::rejected, "the portal has several variants with SKU " + sku() + ": ids " +
                                              id_at(*variant, {"id"}) + " and " + id_at(item, {"id"}) +
                                              "; give each its own SKU");
      variant = &item;
    }
    if (wanted_.is_withdrawal) return variant ? withdraw(*variant) : settled(Verdict::delivered);
    if (variant) return publish(*variant);
    if (wanted_.owns("name")) return create();
    return settled(Verdict::absent, "the portal has no variant with SKU " + sku() +
                                        ", and none is made without a name, which setting 'owner' leaves to others");
  }

 private:
  NextStep withdraw(const json::value& variant) const;
  NextStep publish(const json::value& variant) const;
  NextStep adopt(const Shop& shop) const;
  NextStep create() const;
  NextStep add_to(const Shop& shop) const;
  NextStep create_variant(const std::string& product, json::array options) const;
  json::object variant_changes(const json::value& variant, bool is_priced) const;
  std::optional<NextStep> remove_double_group(const Shop& shop) const;
  std::optional<NextStep> give_options(const Shop& shop, const Group& group) const;

  std::string sku() const { return quote_and_bound(wanted_.sku, 100); }
  std::string group_code() const { return "erp-" + wanted_.product; }
  json::array translations(json::object texts) const {
    texts["languageCode"] = language_;
    return {std::move(texts)};
  }
  json::object fields() const {
    json::object fields;
    for (const auto& [field, text] : wanted_.fields) fields[field] = text;
    return fields;
  }
  bool has_texts(const Shop& shop) const {
    return (!wanted_.owns("name") || shop.name == wanted_.name) &&
           (!wanted_.owns("description") || shop.description == wanted_.description);
  }
  json::object own_texts() const {
    json::object texts;
    if (wanted_.owns("name")) texts["name"] = wanted_.name;
    if (wanted_.owns("description")) texts["description"] = wanted_.description;
    return texts;
  }
  json::object template_field() const { return {{settings_.product_id_field, wanted_.product}}; }

  const Settings& settings_;
  const WantedProduct& wanted_;
  const json::value& data_;
  const std::string language_;
};

NextStep set_variant(json::object change) {
  return write(kSetVariants, {{"input", json::array{std::move(change)}}});
}
NextStep set_product(json::object change) { return write(kSetProduct, {{"input", std::move(change)}}); }

NextStep Decision::withdraw(const json::value& variant) const {
  const auto id = id_at(variant, {"id"});
  const auto enabled = flag_at(variant, "enabled");
  const auto* product = find(variant, {"product"});
  const auto shop = product ? read_shop(*product, settings_.product_id_field) : std::nullopt;
  if (id.empty() || !enabled || !shop) return unreadable();
  if (*enabled) return set_variant({{"id", id}, {"enabled", false}});
  const bool has_enabled = std::any_of(shop->variants.begin(), shop->variants.end(),
                                       [](const Sibling& sibling) { return sibling.is_enabled; });
  if (shop->is_enabled && !has_enabled) return set_product({{"id", shop->id}, {"enabled", false}});
  return settled(Verdict::delivered);
}

// What the variant itself lacks.
json::object Decision::variant_changes(const json::value& variant, bool is_priced) const {
  json::object change;
  if (wanted_.owns("name") && text_at(variant, {"name"}) != wanted_.name)
    change["translations"] = translations({{"name", wanted_.name}});
  const bool has_all = std::all_of(wanted_.fields.begin(), wanted_.fields.end(), [&](const auto& field) {
    return text_at(variant, {"customFields", field.first}) == field.second;
  });
  if (!has_all) change["customFields"] = fields();
  if (is_priced && !*flag_at(variant, "enabled")) change["enabled"] = true;
  return change;
}

NextStep Decision::publish(const json::value& variant) const {
  const auto id = id_at(variant, {"id"});
  const auto* product = find(variant, {"product"});
  const auto shop = product ? read_shop(*product, settings_.product_id_field) : std::nullopt;
  if (id.empty() || !flag_at(variant, "enabled") || !has_text(variant, "name") || !shop) return unreadable();
  if (shop->template_id.empty()) return adopt(*shop);
  if (shop->template_id != wanted_.product)
    return settled(Verdict::rejected, "the portal has SKU " + sku() + " below product " +
                                          quote_and_bound(shop->template_id, 60) + ", the ERP below " +
                                          quote_and_bound(wanted_.product, 60) +
                                          "; Vendure cannot move a variant: delete it there, and it is created anew");
  const auto& prices = array_at(variant, {"prices"});
  const bool is_priced = std::any_of(prices.begin(), prices.end(), [](const auto& price) {
    return integer_at(price, {"price"}).value_or(0) > 0;
  });
  if (auto change = variant_changes(variant, is_priced); !change.empty()) {
    change["id"] = id;
    return set_variant(std::move(change));
  }
  json::object change;
  if (shop->variants.size() == 1 && !has_texts(*shop)) change["translations"] = translations(own_texts());
  if (is_priced && !shop->is_enabled) change["enabled"] = true;
  if (!change.empty()) {
    change["id"] = shop->id;
    return set_product(std::move(change));
  }
  if (is_priced) return settled(Verdict::delivered);
  return settled(Verdict::absent, "the portal has SKU " + sku() + ", disabled until it has a list price");
}

// A product that a person made. One of ours whose first variant is not there yet gives way to it: Vendure keeps the
// ERP's id unique. It stays, disabled and empty.
NextStep Decision::adopt(const Shop& shop) const {
  for (const auto& item : array_at(data_, {"products", "items"})) {
    const auto other = read_shop(item, settings_.product_id_field);
    if (!other || other->template_id.empty() || other->id == shop.id) return unreadable();
    if (other->template_id != wanted_.product) continue;
    if (other->variants.empty() && !other->is_enabled)
      return set_product({{"id", other->id}, {"customFields", json::object{{settings_.product_id_field, nullptr}}}});
    return settled(Verdict::rejected, "the portal has SKU " + sku() + " below its product " + shop.id +
                                          ", and the ERP's product " + quote_and_bound(wanted_.product, 60) + " as " +
                                          other->id + "; delete the variant there, and it is created anew");
  }
  return set_product({{"id", shop.id}, {"customFields", template_field()}});
}

NextStep Decision::create() const {
  for (const auto& item : array_at(data_, {"products", "items"})) {
    const auto shop = read_shop(item, settings_.product_id_field);
    if (!shop || shop->template_id.empty()) return unreadable();
    if (shop->template_id == wanted_.product) return add_to(*shop);
  }
  const auto texts = translations(
      {{"name", wanted_.name}, {"slug", wanted_.name}, {"description", wanted_.description}});
  return write(kCreateProduct, {{"input", json::object{{"enabled", false},  // as long as no variant is
                                                       {"translations", texts},
                                                       {"customFields", template_field()}}}});
}

NextStep Decision::create_variant(const std::string& product, json::array options) const {
  json::object input{{"productId", product},
                     {"sku", wanted_.sku},
                     {"enabled", false},
                     {"translations", translations({{"name", wanted_.name}})},
                     {"optionIds", std::move(options)}};
  if (!wanted_.fields.empty()) input["customFields"] = fields();
  return write(kCreateVariants, {{"input", json::array{std::move(input)}}});
}

json::object option_of(const std::string& sku, const std::string& language) {
  return {{"code", sku},
          {"translations", json::array{json::object{{"name", sku}, {"languageCode", language}}}}};
}

// One of ours that no variant uses, beside another of ours: added by a request that arrived after it was given up.
std::optional<NextStep> Decision::remove_double_group(const Shop& shop) const {
  const auto is_ours = [this](const Group& group) { return group.code == group_code(); };
  if (std::count_if(shop.groups.begin(), shop.groups.end(), is_ours) < 2) return std::nullopt;
  for (auto group = shop.groups.rbegin(); group != shop.groups.rend(); ++group) {
    const bool is_used = std::any_of(group->options.begin(), group->options.end(), [&](const auto& option) {
      return std::any_of(shop.variants.begin(), shop.variants.end(), [&](const Sibling& sibling) {
        return std::find(sibling.options.begin(), sibling.options.end(), option.second) != sibling.options.end();
      });
    });
    if (is_ours(*group) && !is_used) return write(kRemoveOptionGroup, {{"product", shop.id}, {"group", group->id}});
  }
  return std::nullopt;
}

// A further variant needs an option, and so does every one that is there.
NextStep Decision::add_to(const Shop& shop) const {
  if (auto step = remove_double_group(shop)) return std::move(*step);
  const auto group = std::find_if(shop.groups.begin(), shop.groups.end(),
                                  [this](const Group& each) { return each.code == group_code(); });
  if (shop.groups.size() > (group == shop.groups.end() ? 0U : 1U))
    return settled(Verdict::rejected, "the portal's product " + quote_and_bound(shop.name, 60) +
                                          " has options of its own; create its variant with SKU " + sku() + " by hand");
  if (shop.variants.empty() && group == shop.groups.end()) return create_variant(shop.id, {});
  if (group == shop.groups.end()) {
    json::array options;
    for (const auto& sibling : shop.variants) options.push_back(option_of(sibling.sku, language_));
    options.push_back(option_of(wanted_.sku, language_));
    auto step = write(kCreateOptionGroup,
                      {{"input", json::object{{"code", group_code()},
                                              {"translations", translations({{"name", kGroupName}})},
                                              {"options", std::move(options)}}}});
    step.then = kAddOptionGroup;
    step.then_variables = {{"product", shop.id}};
    return step;
  }
  if (auto step = give_options(shop, *group)) return std::move(*step);
  const auto option = std::find_if(group->options.begin(), group->options.end(),
                                   [this](const auto& each) { return each.first == wanted_.sku; });
  return create_variant(shop.id, {option->second});
}

// None: every variant has its option, and the one of the wanted SKU is there.
std::optional<NextStep> Decision::give_options(const Shop& shop, const Group& group) const {
  const auto option_id = [&](const std::string& code) {
    const auto found = std::find_if(group.options.begin(), group.options.end(),
                                    [&](const auto& option) { return option.first == code; });
    return found == group.options.end() ? std::string() : found->second;
  };
  const auto create = [&](const std::string& code) {
    auto input = option_of(code, language_);
    input["productOptionGroupId"] = group.id;
    return write(kCreateOption, {{"input", std::move(input)}});
  };
  json::array changes;
  for (const auto& sibling : shop.variants) {
    if (!sibling.options.empty()) continue;
    const auto option = option_id(sibling.sku);
    if (option.empty()) return create(sibling.sku);
    changes.push_back(json::object{{"id", sibling.id}, {"optionIds", json::array{option}}});
  }
  if (!changes.empty()) return write(kSetVariants, {{"input", std::move(changes)}});
  if (option_id(wanted_.sku).empty()) return create(wanted_.sku);
  return std::nullopt;
}

}  // namespace

NextStep next_product_step(const Settings& settings, const WantedProduct& wanted, const json::value& data) {
  return Decision(settings, wanted, data).take();
}

}  // namespace ferry::vendure
