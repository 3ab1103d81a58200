#include "tests/portal/medusa/price_lists.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "plugin/domain/decimal.h"

namespace ferry::portal {
namespace json = boost::json;
namespace {

constexpr std::string_view kGroups = "/admin/customer-groups", kLists = "/admin/price-lists";
constexpr std::string_view kKey = "erp_price_list";  // the connector's default

std::string text(const json::value& from, std::string_view name) { return std::string(from.at(name).as_string()); }
std::string erp_list_of(const json::value& metadata) {
  const auto* object = metadata.if_object();
  const auto* list = object ? object->if_contains(kKey) : nullptr;
  return list ? std::string(list->as_string()) : std::string();
}
json::value member(const json::value& from, std::string_view name) {
  const auto* value = from.as_object().if_contains(name);
  return value ? *value : json::value();
}
json::value page(std::string_view name, json::array rows) {
  const auto count = rows.size();
  return json::object{{name, std::move(rows)}, {"count", count}};
}

}  // namespace

PriceLists::PriceLists() {
  create_group(json::parse(R"({"name":"Friends","metadata":null})"));
  create_list(json::parse(R"({"title":"Friends","status":"active","type":"override","starts_at":null,"ends_at":null,)"
                          R"("rules":{"customer.groups.id":["cusgroup_1"]}})"));
}

bool PriceLists::is_left_alone() const {
  return lists_.front().prices.empty() && text(lists_.front().shown, "status") == "active" &&
         text(groups_.front(), "name") == "Friends";
}

void PriceLists::promote(const std::string& variant, const std::string& sku) {
  const auto is_sale = [](const List& list) { return text(list.shown, "type") == "sale"; };
  auto sale = std::find_if(lists_.begin(), lists_.end(), is_sale);
  if (sale == lists_.end()) {
    create_list(json::parse(R"({"title":"Weekend","status":"active","type":"sale"})"));
    sale = lists_.end() - 1;
  }
  sale->prices.push_back({"price_l" + std::to_string(++prices_), variant, sku, 5, nullptr, nullptr, false});
}

json::array PriceLists::of_people() const {
  json::array all;
  for (const auto& list : lists_) {
    if (!erp_list_of(list.shown.at("metadata")).empty()) continue;
    json::array prices;
    for (const auto& price : list.prices)
      prices.push_back(json::array{price.id, price.variant, price.amount, price.least, price.most, price.is_deleted});
    all.push_back(json::array{list.shown, std::move(prices)});
  }
  return all;
}

std::optional<json::value> PriceLists::ask(const connector::HttpRequest& request, const Target& target,
                                           const Look& look, std::vector<NowShown>& shown) {
  const bool is_post = request.method == "POST";
  if (target.path == kGroups) return is_post ? create_group(json::parse(request.body)) : page("customer_groups", groups_);
  if (!target.path.starts_with(kLists)) return std::nullopt;
  if (target.path == kLists && is_post) return create_list(json::parse(request.body));
  if (target.path == kLists) {
    json::array rows;
    for (const auto& list : lists_) rows.push_back(list.shown);
    return page("price_lists", std::move(rows));
  }
  const auto rest = target.path.substr(kLists.size() + 1);
  auto* list = find(rest.substr(0, rest.find('/')));
  if (!list) throw Problem{404, "not_found", "Price lists with id: " + rest + " was not found"};
  if (!is_post) return list_prices(*list, target);
  const auto body = json::parse(request.body);
  return rest.ends_with("/prices/batch") ? set_prices(*list, body, look, shown) : set_list(*list, body);
}

PriceLists::List* PriceLists::find(std::string_view id) {
  const auto found = std::find_if(lists_.begin(), lists_.end(), [&](const auto& list) { return list.id == id; });
  return found == lists_.end() ? nullptr : &*found;
}

json::value PriceLists::create_group(const json::value& body) {
  for (const auto& group : groups_) {
    if (group.at("name") == body.at("name"))
      throw Problem{400, "invalid_data", "Customer group with name: " + text(body, "name") + ", already exists."};
  }
  const auto id = "cusgroup_" + std::to_string(groups_.size() + 1);
  groups_.push_back(json::object{{"id", id}, {"name", body.at("name")}, {"metadata", body.at("metadata")}});
  return json::object{{"customer_group", groups_.back()}};
}

json::value PriceLists::create_list(const json::value& body) {
  List list;
  list.id = "plist_" + std::to_string(lists_.size() + 1);
  list.shown = json::object{{"id", list.id}};
  for (const char* name : {"description", "status", "type", "starts_at", "ends_at", "metadata", "rules"})
    list.shown[name] = member(body, name);
  lists_.push_back(std::move(list));
  return json::object{{"price_list", json::object{{"id", lists_.back().id}}}};
}

json::value PriceLists::set_list(List& list, const json::value& body) {
  for (const auto& [name, value] : body.as_object()) list.shown[name] = value;
  return json::object{{"price_list", json::object{{"id", list.id}}}};
}

json::value PriceLists::list_prices(const List& list, const Target& target) const {
  json::array rows;
  for (const auto& price : list.prices) {
    if (price.is_deleted) continue;
    rows.push_back(json::object{
        {"id", price.id},
        {"amount", price.amount},
        {"currency_code", "eur"},
        {"min_quantity", price.least},
        {"max_quantity", price.most},
        {"price_set", json::object{{"variant", json::object{{"id", price.variant}, {"sku", price.sku}}}}}});
  }
  auto answer = page("prices", rows);
  const auto skip = std::min(rows.size(), static_cast<std::size_t>(target.number("offset")));
  rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(skip));
  if (std::ssize(rows) > target.number("limit")) rows.resize(static_cast<std::size_t>(target.number("limit")));
  answer.as_object()["prices"] = std::move(rows);
  return answer;
}

// One transaction.
json::value PriceLists::set_prices(List& list, const json::value& body, const Look& look, std::vector<NowShown>& shown) {
  for (const char* kind : {"create", "update"}) {
    for (const auto& given : body.at(kind).as_array()) {
      const auto variant = look(text(given, "variant_id"));
      if (variant.sku.empty())
        throw Problem{400, "invalid_data", "No price set exist for variants: " + text(given, "variant_id")};
      if (variant.refuses_writes) throw Problem{400, "invalid_data", "a check constraint was violated"};
    }
  }
  std::set<std::string> touched;
  json::array created, updated;
  for (const auto& given : body.at("create").as_array()) {
    const auto id = text(given, "variant_id");
    list.prices.push_back({"price_l" + std::to_string(++prices_), id, look(id).sku,
                           given.at("amount").to_number<double>(), member(given, "min_quantity"),
                           member(given, "max_quantity"), false});
    touched.insert(list.prices.back().sku);
    created.push_back(json::object{{"id", list.prices.back().id},
                                   {"min_quantity", list.prices.back().least},
                                   {"price_set", json::object{{"variant", json::object{{"id", id}}}}}});
  }
  for (const auto& given : body.at("update").as_array()) {
    for (auto& price : list.prices) {
      if (price.id != text(given, "id") || price.is_deleted) continue;
      price.amount = given.at("amount").to_number<double>();
      price.most = given.at("max_quantity");
      touched.insert(price.sku);
      updated.push_back(json::object{{"id", price.id}});
    }
  }
  for (const auto& id : body.at("delete").as_array()) {
    for (auto& price : list.prices) {
      if (price.id != id.as_string()) continue;
      price.is_deleted = true;
      touched.insert(price.sku);
    }
  }
  const auto erp_list = erp_list_of(list.shown.at("metadata"));
  for (const auto& sku : touched) shown.push_back({Feed::fixed_net_price, sku, prices(sku, erp_list), true});
  return json::object{{"created", std::move(created)},
                      {"updated", std::move(updated)},
                      {"deleted", json::object{{"ids", body.at("delete")}}}};
}

// What applies to a customer of the group that stands for the ERP's list.
bool PriceLists::is_for(const List& list, const std::string& erp_list) const {
  if (text(list.shown, "status") != "active" || text(list.shown, "type") != "override") return false;
  return is_group(std::string(list.shown.at("rules").at("customer.groups.id").at(0).as_string()), erp_list);
}

bool PriceLists::is_group(const std::string& group, const std::string& erp_list) const {
  return std::any_of(groups_.begin(), groups_.end(), [&](const json::value& each) {
    return text(each, "id") == group && erp_list_of(each.at("metadata")) == erp_list;
  });
}

// Of the prices that fit the cheapest.
std::optional<double> PriceLists::price_of(const std::string& sku, const std::string& erp_list, double quantity) const {
  std::optional<double> cheapest;
  for (const auto& list : lists_) {
    if (!is_for(list, erp_list)) continue;
    for (const auto& price : list.prices) {
      const bool fits = (price.least.is_null() || price.least.to_number<double>() <= quantity) &&
                        (price.most.is_null() || quantity <= price.most.to_number<double>());
      if (price.is_deleted || price.sku != sku || !fits) continue;
      cheapest = std::min(price.amount, cheapest.value_or(price.amount));
    }
  }
  return cheapest;
}

std::string PriceLists::prices(const std::string& sku, const std::string& list) const {
  std::string text;
  for (const double quantity : {1.0, 10.0}) {
    if (const auto price = price_of(sku, list, quantity))
      text += (text.empty() ? "" : " ") + Decimal::from_minor_units(std::llround(*price * 1000), 3)->text();
  }
  return text;
}

}  // namespace ferry::portal
