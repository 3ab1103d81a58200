#include "connectors/medusa/product_content.h"

#include <map>
#include <set>

namespace ferry::medusa {
namespace {

json::object id_only(std::string_view id) { return {{"id", id}}; }

bool is_of_erp(const Settings& settings, const json::value& category) {
  return !text_at(category, {"metadata", settings.category_key}).empty();
}

void add_categories(const Settings& settings, const WantedProduct& wanted, const ProductView& view,
                    const json::value& product, json::object& change) {
  if (settings.category_key.empty() || !wanted.owns("categories")) return;
  auto ids = own_categories(settings, wanted, view);
  std::set<std::string> own, shown;
  for (const auto& each : ids) own.insert(id_at(each, {"id"}));
  for (const auto& each : array_at(product, {"categories"})) {
    if (is_of_erp(settings, each))
      shown.insert(id_at(each, {"id"}));
    else
      ids.push_back(id_only(id_at(each, {"id"})));
  }
  if (own != shown) change["categories"] = std::move(ids);
}

json::object image_of(std::string_view url, std::string_view id = "") {
  json::object image{{"url", url}};
  if (!id.empty()) image["id"] = id;
  return image;
}

// The only variant's images come first, in the ERP's order; one of several adds its own at the end.
void add_images(const WantedProduct& wanted, const json::value& product, json::object& change) {
  if (!wanted.owns("images")) return;
  const bool is_only = array_at(product, {"variants"}).size() == 1;
  std::map<std::string, std::string, std::less<>> shown;  // ids by URL
  for (const auto& each : array_at(product, {"images"})) shown.emplace(text_at(each, {"url"}), id_at(each, {"id"}));
  json::array images, added;
  std::set<std::string, std::less<>> urls;
  bool is_right = true;
  for (const auto& url : wanted.images) {
    const auto there = shown.find(url);
    is_right = is_right && there != shown.end();
    if (!urls.insert(url).second || (!is_only && there != shown.end())) continue;
    (is_only ? images : added).push_back(image_of(url, there == shown.end() ? std::string() : there->second));
  }
  for (const auto& each : array_at(product, {"images"})) {
    const auto url = text_at(each, {"url"});
    const bool is_wanted = urls.contains(url);
    if (!is_wanted && wanted.known_images.contains(url))
      is_right = false;
    else if (!is_wanted || !is_only)
      images.push_back(image_of(url, id_at(each, {"id"})));
  }
  if (is_right) return;
  for (auto& image : added) images.push_back(std::move(image));
  const auto thumbnail = text_at(product, {"thumbnail"});
  const bool is_gone = wanted.known_images.contains(thumbnail) && !urls.contains(thumbnail);
  if (thumbnail.empty() || is_gone) change["thumbnail"] = images.empty() ? json::value() : images.front().at("url");
  change["images"] = std::move(images);
}

}  // namespace

bool is_nothing(const json::value& value) {
  if (value.is_string()) return value.get_string().empty();
  if (value.is_array()) return value.get_array().empty();
  return value.is_null() || (value.is_object() && value.get_object().empty());
}

std::string missing_category(const Settings& settings, const WantedProduct& wanted, const ProductView& view) {
  if (settings.category_key.empty()) return "";
  for (const auto& path : wanted.categories) {
    for (std::size_t begin = 0, end = 0; end != std::string::npos; begin = end + kPathSeparator.size()) {
      end = path.find(kPathSeparator, begin);
      auto part = path.substr(0, end);
      if (!part.empty() && view.category(part).empty()) return part;
    }
  }
  return "";
}

json::array own_categories(const Settings& settings, const WantedProduct& wanted, const ProductView& view) {
  json::array ids;
  if (settings.category_key.empty()) return ids;
  for (const auto& path : wanted.categories) ids.push_back(id_only(view.category(path)));
  return ids;
}

json::object variant_changes(const WantedProduct& wanted, const json::value& variant) {
  json::object change, metadata;
  if (wanted.owns("name") && text_at(variant, {"title"}) != wanted.name) change["title"] = wanted.name;
  for (const auto& each : wanted.metadata) {
    const auto* shown = find(variant, {"metadata", each.key()});
    const bool is_right = shown ? *shown == each.value() : is_nothing(each.value());
    // Medusa takes a key away for an empty text
    if (!is_right) metadata[each.key()] = is_nothing(each.value()) ? json::value("") : each.value();
  }
  if (!metadata.empty()) change["metadata"] = std::move(metadata);
  return change;
}

json::object product_changes(const Settings& settings, const WantedProduct& wanted, const ProductView& view,
                             const json::value& product) {
  json::object change;
  const bool is_only = array_at(product, {"variants"}).size() == 1;
  const auto follows = [&](std::string_view member, const std::string& text, const std::string& known) {
    const auto shown = text_at(product, {member == "name" ? "title" : member});
    return wanted.owns(member) && shown != text && (is_only || (!known.empty() && shown == known));
  };
  if (follows("name", wanted.name, wanted.known_name)) change["title"] = wanted.name;
  if (follows("description", wanted.description, wanted.known_description)) change["description"] = wanted.description;
  add_categories(settings, wanted, view, product, change);
  add_images(wanted, product, change);
  return change;
}

}  // namespace ferry::medusa
