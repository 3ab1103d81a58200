#include "connectors/medusa/price_list_view.h"

#include <algorithm>

#include "connectors/medusa/price_terms.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

constexpr std::string_view kDescription = "Prices of the ERP's price list ", kKeeper = ", kept by Ferry";

bool is_kept(std::string_view description) {
  return description.starts_with(kDescription) && description.ends_with(kKeeper);
}

bool read_bound(const json::value& from, std::string_view name, Instant& bound) {
  const auto* value = find(from, {name});
  if (!value) return false;
  if (value->is_null()) return true;
  const auto read = from_iso8601(text_at(from, {name}));
  bound = read.value_or(Instant{});
  return read.has_value();
}

bool read_quantity(const json::value& from, std::string_view name, std::optional<Decimal>& quantity) {
  const auto* value = find(from, {name});
  if (!value) return false;
  if (value->is_null()) return true;
  quantity = number_at(from, {name});
  if (quantity && quantity->is_zero()) quantity.reset();  // the same as none
  return quantity || number_at(from, {name});
}

// "": not one group alone.
std::string group_of(const json::value& list) {
  const auto* rules = find(list, {"rules"});
  if (!rules || !rules->is_object() || rules->get_object().size() != 1) return "";
  const auto& groups = array_at(*rules, {"customer.groups.id"});
  return groups.size() == 1 && groups.front().is_string() ? std::string(groups.front().get_string()) : "";
}

}  // namespace

std::string description_of(std::string_view list) {
  return std::string(kDescription) + plain_line(list, 40) + std::string(kKeeper);
}

std::string PriceListView::list_of(const json::value& from) {
  const auto* metadata = find(from, {"metadata"});
  is_readable_ = is_readable_ && metadata && (metadata->is_null() || metadata->is_object());
  auto list = id_at(from, {"metadata", key_});
  const auto* marked = find(from, {"metadata", key_});
  is_readable_ = is_readable_ && (!marked || !list.empty() || text_at(from, {"metadata", key_}) == "");
  return list;
}

void PriceListView::add_groups(const json::value& body) {
  for (const auto& group : array_at(body, {"customer_groups"})) {
    auto id = id_at(group, {"id"});
    std::string name(text_at(group, {"name"}));
    is_readable_ = is_readable_ && !id.empty() && !name.empty();
    names_.emplace(name, id);
    if (const auto list = list_of(group); !list.empty()) groups_[list].push_back({std::move(id), std::move(name)});
  }
}

void PriceListView::add_lists(const json::value& body, Instant now) {
  for (const auto& from : array_at(body, {"price_lists"})) {
    ShownList shown;
    shown.id = id_at(from, {"id"});
    is_readable_ = is_readable_ && !shown.id.empty();
    shown.list = list_of(from);
    if (shown.list.empty() && is_kept(text_at(from, {"description"}))) unmarked_ = shown.id;
    if (shown.list.empty()) continue;
    is_readable_ = is_readable_ && read_bound(from, "starts_at", shown.at.window.from) &&
                   read_bound(from, "ends_at", shown.at.window.until);
    shown.at.has_begun = shown.at.window.from <= now;
    shown.at.is_over = shown.at.window.until != Instant{} && shown.at.window.until <= now;
    shown.group = group_of(from);
    shown.is_in_force = text_at(from, {"status"}) == "active" && text_at(from, {"type"}) == "override";
    lists_.push_back(std::move(shown));
  }
}

void PriceListView::add_rows(std::string_view price_list, const json::value& body, std::string_view variant_member) {
  const auto list = std::find_if(lists_.begin(), lists_.end(), [&](const auto& each) { return each.id == price_list; });
  if (list == lists_.end()) return;
  for (const auto& from : array_at(body, {"prices"})) {
    ShownRow shown{id_at(from, {"id"}), list->id, list->at, upper(text_at(from, {"currency_code"})), {}};
    const auto amount = number_at(from, {"amount"});
    // the prices of a variant that is deleted are gone as well
    const bool has_variant = !id_at(from, {"price_set", "variant", "id"}).empty();
    is_readable_ = is_readable_ && !shown.id.empty() && !shown.currency.empty() && amount && has_variant &&
                   read_quantity(from, "min_quantity", shown.row.least) &&
                   read_quantity(from, "max_quantity", shown.row.most);
    if (!is_readable_) return;
    shown.row.amount = *amount;
    const std::string variant(text_at(from, {"price_set", "variant", variant_member}));
    if (!variant.empty()) rows_[variant][list->list].push_back(std::move(shown));  // else it has no SKU
  }
}

const std::vector<ShownGroup>& PriceListView::groups(const std::string& list) const noexcept {
  static const std::vector<ShownGroup> none;
  const auto found = groups_.find(list);
  return found == groups_.end() ? none : found->second;
}

std::set<std::string> PriceListView::lists_with_group() const {
  std::set<std::string> lists;
  for (const auto& [list, groups] : groups_) lists.insert(list);
  return lists;
}

bool PriceListView::is_taken(std::string_view group_name) const noexcept { return names_.contains(group_name); }

const ShownList* PriceListView::list_with(const std::string& list, const Window& window) const noexcept {
  const auto find_by = [&](const auto& fits) {
    const auto found = std::find_if(lists_.begin(), lists_.end(),
                                    [&](const auto& each) { return each.list == list && fits(each.at); });
    return found == lists_.end() ? nullptr : &*found;
  };
  if (const auto* same = find_by([&](const ShownWindow& at) { return at.window == window; })) return same;
  return find_by([&](const ShownWindow& at) { return at.shows(window); });
}

}  // namespace ferry::medusa
