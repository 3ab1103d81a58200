#include "connectors/medusa/product_step.h"

#include <algorithm>
#include <cstdint>

#include "connectors/medusa/product_content.h"
#include "connectors/medusa/rest.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

constexpr std::string_view kOption = "Variant";  // of products that Ferry makes

class Decision {
 public:
  Decision(const Settings& settings, const WantedProduct& wanted, const ProductView& view, const ProductTerms& terms)
      : settings_(settings), wanted_(wanted), view_(view), terms_(terms) {}

  NextStep take() const {
    const auto* product = view_.with_sku(wanted_.sku);
    if (wanted_.is_withdrawal) return product ? withdraw(*product) : withdraw_gone();
    if (product) return publish(*product);
    if (!wanted_.owns("name"))
      return settled(Verdict::absent, "the portal has no variant with SKU " + sku() +
                                          ", and none is made without a name, which setting 'owner' leaves to others");
    const auto all = view_.of_template(wanted_.product);
    if (all.size() > 1)
      return settled(Verdict::rejected, "the portal has several products with the external id " +
                                            quote_and_bound(wanted_.product, 60) + ": " + id_at(*all[0], {"id"}) +
                                            " and " + id_at(*all[1], {"id"}) + "; take it away from all but one");
    return all.empty() ? create() : add_to(*all.front());
  }

 private:
  NextStep withdraw(const json::value& product) const;
  NextStep withdraw_gone() const;
  NextStep publish(const json::value& product) const;
  NextStep adopt(const json::value& product) const;
  NextStep create() const;
  NextStep add_to(const json::value& product) const;
  NextStep make_category(std::string_view path) const;

  NextStep set_product(const json::value& product, json::object change) const {
    return write(post(settings_, product_target(id_at(product, {"id"})), std::move(change)));
  }
  NextStep set_variant(const json::value& product, const json::value& variant, json::object change) const {
    return write(post(settings_, product_target(id_at(product, {"id"}), "/variants/" + encoded(id_at(variant, {"id"}))),
                      std::move(change)));
  }
  std::string sku() const { return quote_and_bound(wanted_.sku, 100); }

  const Settings& settings_;
  const WantedProduct& wanted_;
  const ProductView& view_;
  const ProductTerms& terms_;
};

NextStep Decision::withdraw_gone() const {
  if (wanted_.known_product.empty() || view_.of_template(wanted_.known_product).empty()) return settled(Verdict::delivered);
  return settled(Verdict::retry, "the portal lists the product of SKU " + sku() + " without it");
}

// Medusa publishes products, not variants: one that is withdrawn carries a mark, and the product goes with its last.
NextStep Decision::withdraw(const json::value& product) const {
  if (text_at(product, {"external_id"}).empty()) {
    if (wanted_.known_product.empty()) return settled(Verdict::delivered);  // a person's
    // it was Ferry's: somebody has taken the id away, or the answer is garbled
    return settled(Verdict::retry, "the portal's product with SKU " + sku() + " has lost its external id " +
                                       quote_and_bound(wanted_.known_product, 60) +
                                       "; give it back, or unpublish the product and discard this record");
  }
  const auto& variant = *variant_of(product, wanted_.sku);
  if (!is_withdrawn(variant))
    return set_variant(product, variant, {{"metadata", json::object{{kWithdrawnKey, true}}}});
  const auto& variants = array_at(product, {"variants"});
  const bool is_last = std::all_of(variants.begin(), variants.end(), is_withdrawn);
  if (is_last && text_at(product, {"status"}) == "published") return set_product(product, {{"status", "draft"}});
  return settled(Verdict::delivered);
}

NextStep Decision::publish(const json::value& product) const {
  const auto owner = text_at(product, {"external_id"});
  if (owner.empty()) return adopt(product);
  if (owner != wanted_.product)
    return settled(Verdict::rejected, "the portal has SKU " + sku() + " below product " + quote_and_bound(owner, 60) +
                                          ", the ERP below " + quote_and_bound(wanted_.product, 60) +
                                          "; Medusa cannot move a variant: delete it there, and it is created anew");
  if (const auto path = missing_category(settings_, wanted_, view_); !path.empty()) return make_category(path);
  const auto& variant = *variant_of(product, wanted_.sku);
  auto change = variant_changes(wanted_, variant);
  if (is_withdrawn(variant)) {
    if (!change.contains("metadata")) change["metadata"] = json::object();
    change["metadata"].as_object()[kWithdrawnKey] = "";
  }
  if (!change.empty()) return set_variant(product, variant, std::move(change));
  change = product_changes(settings_, wanted_, view_, product);
  if (text_at(product, {"status"}) != "published") change["status"] = "published";
  return change.empty() ? settled(Verdict::delivered) : set_product(product, std::move(change));
}

// A product that a person made becomes the template's, if none is yet.
NextStep Decision::adopt(const json::value& product) const {
  const auto others = view_.of_template(wanted_.product);
  if (others.empty()) return set_product(product, {{"external_id", wanted_.product}});
  return settled(Verdict::rejected, "the portal has SKU " + sku() + " below its product " + id_at(product, {"id"}) +
                                        ", and the ERP's product " + quote_and_bound(wanted_.product, 60) + " as " +
                                        id_at(*others.front(), {"id"}) +
                                        "; delete the variant there, and it is created anew");
}

// The parent before the child.
NextStep Decision::make_category(std::string_view path) const {
  const auto end = path.rfind(kPathSeparator);
  const bool is_top = end == std::string_view::npos;
  json::object body{{"name", is_top ? path : path.substr(end + kPathSeparator.size())},
                    {"handle", handle_of(path)},
                    {"is_active", true},
                    {"metadata", json::object{{settings_.category_key, path}}}};
  if (!is_top) body["parent_category_id"] = view_.category(path.substr(0, end));
  return write(post(settings_, "/admin/product-categories?fields=id,metadata", std::move(body)));
}

json::object new_variant(const WantedProduct& wanted, std::string_view option) {
  json::object variant{{"title", wanted.name},
                       {"sku", wanted.sku},
                       {"manage_inventory", true},
                       {"prices", json::array()},
                       {"options", json::object{{option, wanted.sku}}}};
  auto metadata = wanted.metadata;
  for (auto each = metadata.begin(); each != metadata.end();)
    each = is_nothing(each->value()) ? metadata.erase(each) : each + 1;
  if (!metadata.empty()) variant["metadata"] = std::move(metadata);
  return variant;
}

NextStep Decision::create() const {
  if (const auto path = missing_category(settings_, wanted_, view_); !path.empty()) return make_category(path);
  json::object body{{"title", wanted_.name},
                    {"handle", handle_of(wanted_.product)},
                    {"external_id", wanted_.product},
                    {"status", "published"},
                    {"options", json::array{json::object{{"title", kOption}, {"values", json::array{wanted_.sku}}}}},
                    {"variants", json::array{new_variant(wanted_, kOption)}}};
  if (!wanted_.description.empty()) body["description"] = wanted_.description;
  if (!terms_.shipping_profile.empty()) body["shipping_profile_id"] = terms_.shipping_profile;
  if (!terms_.sales_channel.empty()) body["sales_channels"] = json::array{json::object{{"id", terms_.sales_channel}}};
  json::array images;
  for (const auto& url : wanted_.images) images.push_back(json::object{{"url", url}});
  if (!images.empty()) body["images"] = std::move(images);
  if (auto ids = own_categories(settings_, wanted_, view_); !ids.empty()) body["categories"] = std::move(ids);
  return write(post(settings_, product_target(), std::move(body)));
}

NextStep Decision::add_to(const json::value& product) const {
  const auto& options = array_at(product, {"options"});
  if (options.empty())
    return settled(Verdict::retry, "the portal shows no option of its product " + id_at(product, {"id"}) +
                                       ", without which it takes no further variant");
  const auto title = options.size() == 1 ? text_at(options.front(), {"title"}) : std::string_view();
  if (title != kOption && !title.starts_with("Default"))
    return settled(Verdict::rejected, "the portal's product " + id_at(product, {"id"}) +
                                          " has options of its own; create its variant with SKU " + sku() + " by hand");
  const auto& values = array_at(options.front(), {"values"});
  const bool has_value = std::any_of(values.begin(), values.end(),
                                     [&](const auto& each) { return text_at(each, {"value"}) == wanted_.sku; });
  if (has_value)
    return write(post(settings_, product_target(id_at(product, {"id"}), "/variants"), new_variant(wanted_, title)));
  const json::object more{{"product_option_id", id_at(options.front(), {"id"})},
                          {"add", json::array{json::object{{"value", wanted_.sku}}}}};
  return write(post(settings_, product_target(id_at(product, {"id"}), "/options/batch"),
                    json::object{{"update", json::array{more}}}));
}

}  // namespace

NextStep next_product_step(const Settings& settings, const WantedProduct& wanted, const ProductView& view,
                           const ProductTerms& terms) {
  return Decision(settings, wanted, view, terms).take();
}

std::string handle_of(std::string_view text) {
  std::string handle = "erp-";
  std::uint32_t hash = 2166136261U;  // FNV-1a, of what cannot stand in an address
  bool is_exact = true;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    is_exact = is_exact && is_plain;
    const char shown = is_plain ? c : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : '-';
    if (shown != '-' || handle.back() != '-') handle += shown;
  }
  if (is_exact) return handle;
  if (handle.size() > 100) handle.resize(100);
  if (handle.back() != '-') handle += '-';
  for (int shift = 28; shift >= 0; shift -= 4) handle += "0123456789abcdef"[(hash >> shift) & 15U];
  return handle;
}

}  // namespace ferry::medusa
