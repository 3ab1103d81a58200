#include "connectors/medusa/price_tiers.h"

#include <algorithm>
#include <set>

#include "connectors/medusa/rest.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

// The smallest step between two quantities of a document.
const Decimal kStep = *Decimal::from_minor_units(1, 6);

// False: it is neither null nor an instant.
bool read_instant(const json::value& from, std::string_view name, Instant& instant) {
  const auto* value = find(from, {name});
  if (!value || value->is_null()) return true;
  const auto read = from_iso8601(text_at(from, {name}));
  instant = read.value_or(Instant{});
  return read.has_value();
}

struct Read {
  WantedPrices prices;
  std::string problem;
};

Read read_document(std::string_view document) {
  Read read;
  boost::system::error_code error;
  const auto value = json::parse({document.data(), document.size()}, error);
  read.prices = {std::string(text_at(value, {"sku"})), std::string(text_at(value, {"list"})),
                 std::string(text_at(value, {"list_name"})), std::string(text_at(value, {"currency"})), {}};
  const auto& tiers = array_at(value, {"tiers"});
  if (error || read.prices.sku.empty() || read.prices.list.empty() || read.prices.currency.empty() || tiers.empty()) {
    read.problem = "the document has no SKU, price list, currency or tiers: " + quote_and_bound(document, 200);
    return read;
  }
  for (const auto& each : tiers) {
    const auto tier = read_tier(each, "amount");
    if (tier) {
      read.prices.tiers.push_back(*tier);
    } else {
      read.problem = "a tier has no quantity and amount of at least 0, or no readable window: " +
                     quote_and_bound(json::serialize(each), 200);
    }
  }
  return read;
}

std::string said(const WantedPrices& wanted) {
  return "the prices of SKU " + quote_and_bound(wanted.sku, 100) + " in price list " + quote_and_bound(wanted.list, 40) +
         (wanted.list_name.empty() ? "" : " (" + quote_and_bound(wanted.list_name, 60) + ")");
}

// Of the tiers in ascending order of quantity. A customer who looks is shown the cheapest of those that begin at one
// piece or below, which must be what one piece costs.
std::optional<std::vector<PriceRow>> rows_of(const std::vector<const Tier*>& tiers, std::string& problem) {
  std::vector<PriceRow> rows;
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    PriceRow row;
    row.amount = tiers[i]->amount;
    if (!tiers[i]->quantity.is_zero()) row.least = tiers[i]->quantity;
    if (i + 1 < tiers.size()) {
      if (tiers[i + 1]->quantity <= tiers[i]->quantity) {
        problem = "overlap in time at quantity " + tiers[i]->quantity.text() + "; correct the price list's lines";
        return std::nullopt;
      }
      row.most = tiers[i + 1]->quantity.minus(kStep);
      if (tiers[i + 1]->quantity <= Decimal(1) && tiers[i]->amount < tiers[i + 1]->amount) {
        problem = "rise from " + row.amount.text() + " to " + tiers[i + 1]->amount.text() + " at quantity " +
                  tiers[i + 1]->quantity.text() +
                  ", and Medusa would show the lower one for one piece; let the price list's line begin at quantity 0";
        return std::nullopt;
      }
    }
    const bool is_exact = number_of(row.amount) && (!row.least || number_of(*row.least)) &&
                          (i + 1 == tiers.size() || (row.most && number_of(*row.most)));
    if (!is_exact) {
      problem = "have more digits than Medusa keeps exactly (15)";
      return std::nullopt;
    }
    rows.push_back(row);
  }
  return rows;
}

}  // namespace

std::string text_of(Instant instant) {
  return instant == Instant{} ? std::string() : to_iso8601(instant).substr(0, 19) + "Z";
}

json::value moment_of(Instant instant) { return instant == Instant{} ? json::value() : json::value(text_of(instant)); }

std::optional<Tier> read_tier(const json::value& from, std::string_view figure) {
  Tier tier;
  const auto quantity = Decimal::parse(text_at(from, {"quantity"})), amount = Decimal::parse(text_at(from, {figure}));
  if (!quantity || !amount || quantity->is_negative() || amount->is_negative()) return std::nullopt;
  if (!read_instant(from, "from", tier.window.from) || !read_instant(from, "until", tier.window.until))
    return std::nullopt;
  tier.quantity = *quantity;
  tier.amount = *amount;
  return tier;
}

std::optional<WantedPrices> read_wanted_prices(const connector::OutboundItem& item, std::string& problem) {
  auto read = read_document(item.document.empty() ? item.acknowledged : item.document);
  if (item.document.empty()) {
    if (!read.problem.empty()) {  // it was never confirmed
      read.prices.sku = item.label;
      read.prices.list = std::to_string(item.part);
    }
    read.prices.tiers.clear();
    read.problem = read.prices.sku.empty() ? "the record has no SKU" : "";
  }
  if (read.problem.empty() && !can_be_asked_for(read.prices.sku))
    read.problem = said(read.prices) + ": that SKU is too long for a request to the portal";
  if (read.problem.empty()) return std::move(read.prices);
  problem = std::move(read.problem);
  return std::nullopt;
}

bool covers(const Window& longer, const Window& window) noexcept {
  const bool has_begun = longer.from == Instant{} || (window.from != Instant{} && longer.from <= window.from);
  const bool lasts = longer.until == Instant{} || (window.until != Instant{} && window.until <= longer.until);
  return has_begun && lasts;
}

std::vector<Window> cut(std::set<Instant> moments) {
  moments.erase(Instant{});
  std::vector<Window> windows = {Window{}};
  for (const auto moment : moments) {
    windows.back().until = moment;
    windows.push_back({moment, Instant{}});
  }
  return windows;
}

std::map<Window, std::vector<const Tier*>> by_window(const std::vector<Tier>& all) {
  std::set<Instant> moments;
  for (const auto& tier : all) moments.insert({tier.window.from, tier.window.until});
  std::map<Window, std::vector<const Tier*>> windows;
  for (const auto& window : cut(std::move(moments))) {
    std::vector<const Tier*> tiers;
    for (const auto& tier : all) {
      if (covers(tier.window, window)) tiers.push_back(&tier);
    }
    if (tiers.empty()) continue;
    std::stable_sort(tiers.begin(), tiers.end(), [](const auto* a, const auto* b) { return a->quantity < b->quantity; });
    windows.emplace(window, std::move(tiers));
  }
  return windows;
}

std::optional<PriceWindows> in_windows(const WantedPrices& wanted, std::string& problem) {
  PriceWindows windows;
  for (const auto& [window, tiers] : by_window(wanted.tiers)) {
    auto rows = rows_of(tiers, problem);
    if (!rows) {
      problem = said(wanted) + " " + problem;
      return std::nullopt;
    }
    windows.emplace(window, std::move(*rows));
  }
  return windows;
}

std::vector<Tier> tiers_of(const PriceWindows& windows) {
  std::vector<Tier> tiers;
  for (const auto& [window, rows] : windows) {
    for (const auto& row : rows) {
      const auto quantity = row.least.value_or(Decimal());
      const auto before = std::find_if(tiers.begin(), tiers.end(), [&, from = window.from](const Tier& tier) {
        return from != Instant{} && tier.window.until == from && tier.quantity == quantity && tier.amount == row.amount;
      });
      if (before == tiers.end())
        tiers.push_back({quantity, row.amount, window});
      else
        before->window.until = window.until;
    }
  }
  std::sort(tiers.begin(), tiers.end(), [](const Tier& a, const Tier& b) {
    return a.quantity != b.quantity ? a.quantity < b.quantity : a.window < b.window;
  });
  return tiers;
}

}  // namespace ferry::medusa
