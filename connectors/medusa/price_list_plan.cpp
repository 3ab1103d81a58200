#include "connectors/medusa/price_list_plan.h"

#include <algorithm>

#include "connectors/medusa/list_group.h"
#include "connectors/medusa/price_terms.h"
#include "connectors/medusa/rest.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

constexpr std::size_t kMostRows = 1000;  // of one request: 752 prices a second in batches of 500

std::string said(const std::optional<Decimal>& quantity) { return quantity ? quantity->text() : std::string(); }
// How the answer names a price that was made.
std::string name_of_created(std::string_view variant, const std::optional<Decimal>& least) {
  return "+" + std::string(variant) + " " + said(least);
}
json::value bound_of(const std::optional<Decimal>& quantity) {
  return quantity ? *number_of(*quantity) : json::value();
}

}  // namespace

// ---- adding ---------------------------------------------------------------------------------------------------------

PriceListPlan::Objection PriceListPlan::add(std::size_t item, const PlannedPrices& prices, const PriceWindows& windows,
                                          const PriceListView& view) {
  const auto group = group_of(view, prices.list, prices.group_name, !windows.empty());
  if (!group.problem.empty()) return {group.verdict, group.problem};
  if (!group.id.empty()) groups_[prices.list] = group.id;
  if (!windows.empty()) {
    if (group.id.empty()) need(Kind::group, item, prices.list, "", {}, prices.group_name);
    for (const auto& shown : view.lists()) {
      const bool is_for_them = !group.id.empty() && shown.group == group.id;
      if (shown.list == prices.list && !shown.at.is_over && (!shown.is_in_force || !is_for_them))
        need(Kind::list, item, prices.list, shown.id, shown.at.window, "");
    }
  }

  std::vector<ShownRow> left;
  if (const auto of_variant = view.rows().find(prices.variant); of_variant != view.rows().end()) {
    if (const auto found = of_variant->second.find(prices.list); found != of_variant->second.end()) left = found->second;
  }
  for (const auto& [window, rows] : windows) {
    for (const auto& row : rows) {
      const auto fits = [&, at = window](const ShownRow& shown) {
        return shown.at.shows(at) && shown.row.least == row.least && shown.currency == upper(prices.currency);
      };
      const auto is_right = [&](const ShownRow& shown) {
        return fits(shown) && shown.row.amount == row.amount && shown.row.most == row.most;
      };
      auto found = std::find_if(left.begin(), left.end(), is_right);
      if (found == left.end()) {
        found = std::find_if(left.begin(), left.end(), fits);
        found == left.end() ? create(item, prices, window, row, view) : update(item, prices.list, prices.variant, *found, row);
      }
      if (found != left.end()) left.erase(found);
    }
  }
  for (const auto& shown : left) {
    if (!shown.at.is_over) remove(item, prices.list, shown);  // else it does nothing any more
  }
  return {};
}

// Once for each group or price list, whoever needs it.
void PriceListPlan::need(Kind kind, std::size_t item, const std::string& list, const std::string& price_list,
                         const Window& window, const std::string& name) {
  auto found = std::find_if(works_.begin(), works_.end(), [&](const Work& work) {
    return work.kind == kind && work.list == list && work.price_list == price_list && work.window == window;
  });
  if (found == works_.end()) {
    Work work;
    work.kind = kind;
    work.list = list;
    work.price_list = price_list;
    work.window = window;
    work.name = name;
    found = works_.insert(works_.end(), std::move(work));
  }
  found->items.insert(item);
}

PriceListPlan::Work& PriceListPlan::prices_work(std::size_t item, const std::string& list,
                                                const std::string& price_list, const Window& given) {
  const auto window = price_list.empty() ? given : Window{};  // one that exists is known by its id
  auto found = std::find_if(works_.begin(), works_.end(), [&](const Work& work) {
    const bool has_room = work.created.size() + work.updated.size() + work.deleted.size() < kMostRows;
    return has_room && work.kind == Kind::prices && work.list == list && work.price_list == price_list &&
           work.window == window;
  });
  if (found == works_.end()) {
    Work work;
    work.kind = Kind::prices;
    work.list = list;
    work.price_list = price_list;
    work.window = window;
    found = works_.insert(works_.end(), std::move(work));
  }
  found->items.insert(item);
  return *found;
}

void PriceListPlan::create(std::size_t item, const PlannedPrices& prices, const Window& window, const PriceRow& row,
                           const PriceListView& view) {
  const auto* shown = view.list_with(prices.list, window);
  if (!shown) need(Kind::list, item, prices.list, "", window, prices.title);
  auto& work = prices_work(item, prices.list, shown ? shown->id : "", window);
  json::object made{{"variant_id", prices.variant},
                    {"currency_code", lower(prices.currency)},
                    {"amount", *number_of(row.amount)}};
  if (row.least) made["min_quantity"] = bound_of(row.least);
  if (row.most) made["max_quantity"] = bound_of(row.most);
  work.created.push_back(std::move(made));
  work.confirmations.emplace(name_of_created(prices.variant, row.least), item);
}

void PriceListPlan::update(std::size_t item, const std::string& list, const std::string& variant,
                           const ShownRow& shown, const PriceRow& row) {
  auto& work = prices_work(item, list, shown.price_list, shown.at.window);
  work.updated.push_back(json::object{{"id", shown.id},
                                      {"variant_id", variant},
                                      {"amount", *number_of(row.amount)},
                                      {"max_quantity", bound_of(row.most)}});
  work.confirmations.emplace(shown.id, item);
}

void PriceListPlan::remove(std::size_t item, const std::string& list, const ShownRow& shown) {
  auto& work = prices_work(item, list, shown.price_list, shown.at.window);
  work.deleted.emplace_back(shown.id);
  work.confirmations.emplace(shown.id, item);
}

// Prices are taken away last, so that for a moment there are two rather than none.
void PriceListPlan::arrange() {
  const auto turn = [](const Work& work) {
    const bool only_deletes = work.kind == Kind::prices && work.created.empty() && work.updated.empty();
    return std::pair(work.kind, only_deletes);
  };
  std::stable_sort(works_.begin(), works_.end(), [&](const Work& a, const Work& b) { return turn(a) < turn(b); });
}

std::size_t PriceListPlan::count_requests_of(std::size_t item) const {
  return static_cast<std::size_t>(
      std::count_if(works_.begin(), works_.end(), [&](const Work& work) { return work.items.contains(item); }));
}

// ---- writing --------------------------------------------------------------------------------------------------------

connector::HttpRequest PriceListPlan::request(const Settings& settings) const {
  const auto& work = works_[at_];
  if (work.kind == Kind::group) return new_group(settings, work.list, work.name);
  if (work.kind == Kind::prices) {
    const auto made = made_.find({work.list, work.window});
    const auto& id = work.price_list.empty() && made != made_.end() ? made->second : work.price_list;
    return post(settings, "/admin/price-lists/" + encoded(id) + "/prices/batch",
                json::object{{"create", work.created}, {"update", work.updated}, {"delete", work.deleted}});
  }
  const auto group = groups_.find(work.list);
  json::object body{{"status", "active"},
                    {"type", "override"},
                    {"rules", json::object{{"customer.groups.id", json::array{group == groups_.end() ? "" : group->second}}}}};
  if (!work.price_list.empty())
    return post(settings, "/admin/price-lists/" + encoded(work.price_list) + "?fields=id", body);
  body["title"] = work.name.empty() ? "ERP " + work.list : plain_line(work.name, 100);
  body["description"] = description_of(work.list);
  body["starts_at"] = moment_of(work.window.from);
  body["ends_at"] = moment_of(work.window.until);
  body["metadata"] = json::object{{settings.price_list_key, work.list}};
  return post(settings, "/admin/price-lists?fields=id", body);
}

std::set<std::size_t> PriceListPlan::on_confirmed(const json::value& body) {
  const auto& work = works_[at_];
  if (work.kind == Kind::prices) {
    std::set<std::string> named;
    for (const auto& price : array_at(body, {"created"}))
      named.insert(name_of_created(text_at(price, {"price_set", "variant", "id"}), number_at(price, {"min_quantity"})));
    for (const auto& price : array_at(body, {"updated"})) named.insert(id_at(price, {"id"}));
    for (const auto& id : array_at(body, {"deleted", "ids"})) {
      if (id.is_string()) named.emplace(id.get_string());
    }
    std::set<std::size_t> missing;
    for (const auto& [name, item] : work.confirmations) {
      if (!named.contains(name)) missing.insert(item);
    }
    return missing;
  }
  auto id = id_at(body, {work.kind == Kind::group ? "customer_group" : "price_list", "id"});
  if (id.empty()) {
    auto missing = work.items;
    forget_what_depends();
    return missing;
  }
  if (work.kind == Kind::group) groups_[work.list] = std::move(id);
  else if (work.price_list.empty()) made_[{work.list, work.window}] = std::move(id);
  return {};
}

void PriceListPlan::drop() {
  forget_what_depends();
  next();
}

// Whoever is in such a work was in this one.
void PriceListPlan::forget_what_depends() {
  const auto failed = works_[at_];
  const auto depends = [&](const Work& work) {
    if (work.list != failed.list) return false;
    if (failed.kind == Kind::group) return work.kind == Kind::list || work.price_list.empty();
    const bool is_made = failed.kind == Kind::list && failed.price_list.empty();
    return is_made && work.kind == Kind::prices && work.price_list.empty() && work.window == failed.window;
  };
  const auto rest = works_.begin() + static_cast<std::ptrdiff_t>(at_) + 1;
  works_.erase(std::remove_if(rest, works_.end(), depends), works_.end());
}

}  // namespace ferry::medusa
