#include "plugin/engine/ownership.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <span>

#include "plugin/domain/text.h"

namespace ferry::engine {
namespace json = boost::json;
namespace {

using Names = std::span<const std::string_view>;

// Of host-api/include/ferry/schemas/feeds.md. What names a record, or gives another member its meaning, goes with it.
struct Members {
  Feed feed{};
  Names own, fixed;
};
constexpr std::array<std::string_view, 7> kProduct = {"name",       "description", "unit",  "digits",
                                                      "categories", "attributes",  "images"};
constexpr std::array<std::string_view, 1> kStock = {"quantity"}, kAmount = {"amount"};
constexpr std::array<std::string_view, 2> kTiers = {"tiers", "list_name"};
constexpr std::array<std::string_view, 8> kCustomer = {"name", "email",     "phone",       "tax_identifier",
                                                       "list", "list_name", "credit_hold", "addresses"};
constexpr std::array<std::string_view, 2> kProductFixed = {"sku", "product"}, kStockFixed = {"sku", "location"},
                                          kDiscountFixed = {"sku", "list"}, kCostFixed = {"sku", "currency"},
                                          kOrderFixed = {"order", "reference"};
constexpr std::array<std::string_view, 3> kPriceFixed = {"sku", "currency", "tax"},
                                          kNetPriceFixed = {"sku", "list", "currency"};
constexpr std::array<std::string_view, 1> kCustomerFixed = {"code"};

constexpr std::array<Members, 8> kMembers = {{{Feed::product, kProduct, kProductFixed},
                                              {Feed::stock, kStock, kStockFixed},
                                              {Feed::list_price, kAmount, kPriceFixed},
                                              {Feed::cost, kAmount, kCostFixed},
                                              {Feed::discount, kTiers, kDiscountFixed},
                                              {Feed::fixed_net_price, kTiers, kNetPriceFixed},
                                              {Feed::customer, kCustomer, kCustomerFixed},
                                              {Feed::order_status, {}, kOrderFixed}}};  // any other of an order

const Members& members_of(Feed feed) { return *std::ranges::find(kMembers, feed, &Members::feed); }

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 40 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

std::string listed(const Members& members) {
  std::string text;
  for (const std::string_view name : members.own) {
    text += (text.empty() ? "'" : ", '") + std::string(name_of(members.feed)) + "." + std::string(name) + "'";
  }
  return text;
}

// Why `field` can have no owner, as the end of a sentence; empty: it can.
std::string field_fault(std::string_view field) {
  const auto dot = field.find('.');
  const auto feed = feed_from_name(field.substr(0, dot));
  if (!feed || dot == std::string_view::npos)
    return "is no field: one is a feed and a member, as in 'list_price.amount'";
  const std::string_view member = field.substr(dot + 1);
  const Members& members = members_of(*feed);
  if (std::ranges::count(members.fixed, member) > 0) {
    return "cannot be given away: it says which record is meant, or what its other members mean";
  }
  const bool is_known = members.own.empty() ? is_plain_name(member) : std::ranges::count(members.own, member) > 0;
  return is_known ? "" : "is not in the documents of that feed; there are " + listed(members);
}

json::object read(std::string_view owner_json) {
  boost::system::error_code error;
  json::value parsed = json::parse(owner_json.empty() ? std::string_view("{}") : owner_json, error);
  return error || !parsed.is_object() ? json::object() : std::move(parsed.get_object());
}

std::string_view owner_in(const json::value& value) {
  return value.is_string() ? std::string_view(value.get_string()) : std::string_view();
}

}  // namespace

std::vector<config::Problem> ownership_problems(std::string_view owner_json) {
  std::vector<config::Problem> found;
  const auto add = [&](std::string_view field, const std::string& what) {
    found.push_back({"owner", "setting 'owner': " + quote_and_bound(field, 60) + " " + what});
  };
  const json::object given = read(owner_json);
  for (const auto& member : given) {
    const std::string_view field = member.key(), owner = owner_in(member.value());
    if (const auto fault = field_fault(field); !fault.empty()) add(field, fault);
    if (owner != "erp" && owner != "portal" && owner != "nobody") {
      add(field, "must belong to 'erp', 'portal' or 'nobody', not to " + quote_and_bound(owner, 40));
    }
  }
  return found;
}

Disowned disowned_by(std::string_view owner_json) {
  Disowned disowned;
  const json::object given = read(owner_json);
  for (const auto& member : given) {
    const std::string_view field = member.key();
    const auto dot = field.find('.');
    const auto feed = feed_from_name(field.substr(0, dot));
    if (!feed || dot == std::string_view::npos || owner_in(member.value()) == "erp") continue;
    disowned[*feed].emplace_back(field.substr(dot + 1));
  }
  for (auto& [feed, members] : disowned) std::ranges::sort(members);
  return disowned;
}

bool is_disowned_altogether(Feed feed, const Disowned& disowned) {
  const auto found = disowned.find(feed);
  if (found == disowned.end()) return false;
  const auto is_gone = [&](std::string_view name) { return std::ranges::count(found->second, name) > 0; };
  const bool has_tiers = feed == Feed::discount || feed == Feed::fixed_net_price;
  if (has_tiers) return is_gone("tiers");  // the name of a list alone is no news
  const Names own = members_of(feed).own;
  return !own.empty() && std::ranges::all_of(own, is_gone);
}

}  // namespace ferry::engine
