#include "plugin/engine/guard.h"

#include <algorithm>
#include <string_view>

#include "plugin/domain/text.h"

namespace ferry::engine {
namespace {

constexpr std::int64_t kWhole = 10'000;  // hundredths of a percent
constexpr std::size_t kLongestLabel = 60;
constexpr std::size_t kLongestReason = 1000;

// A limit on a share of the confirmed records.
struct Share {
  std::int64_t part = 0, limit = 0;
  std::string_view what;
  std::int64_t gone = 0;  // part of the part, and not confirmed any more
};

std::string_view noun(Feed feed) {
  switch (feed) {
    case Feed::product:
    case Feed::stock: return "products";
    case Feed::list_price:
    case Feed::fixed_net_price: return "prices";
    case Feed::cost: return "costs";
    case Feed::discount: return "discounts";
    case Feed::customer: return "customers";
    case Feed::order_status: break;
  }
  return "orders";
}

std::vector<Share> shares(Feed feed, const ChangeSet& set, const GuardLimits& limits) {
  if (feed == Feed::order_status) return {};
  std::vector<Share> found = {
      {set.withdrawn + set.withdrawn_lately, limits.withdrawn, "are withdrawn within a day", set.gone}};
  if (set.withdrawn == 0) found.clear();  // this run adds nothing to it
  if (feed == Feed::stock) found.push_back({set.zeroed, limits.zeroed, "go to a stock of zero", 0});
  if (feed != Feed::stock) found.push_back({set.changed, limits.changed, "change", 0});
  std::erase_if(found, [&](const Share& share) {
    return share.limit == 0 || share.part == 0 || share.part < limits.least;
  });
  return found;
}

std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t behind = 3; behind < text.size(); behind += 4) text.insert(text.size() - behind, 1, ',');
  return text;
}

std::string percent(std::int64_t hundredths) {
  std::string text = grouped(hundredths / 100);
  if (const auto rest = hundredths % 100; rest != 0) {
    text += '.' + std::to_string(rest / 10) + (rest % 10 == 0 ? "" : std::to_string(rest % 10));
  }
  return text + " %";
}

std::string limited(std::int64_t limit) { return " (limit " + percent(limit * 100) + ")"; }

std::string described(const Example& example) {
  std::string text = plain_line(example.label, kLongestLabel);
  if (example.is_withdrawn) return text + " withdrawn";
  if (!example.before.empty() || !example.after.empty()) text += " " + example.before + " → " + example.after;
  return text;
}

}  // namespace

std::int64_t confirmed_needed(Feed feed, const ChangeSet& set, const GuardLimits& limits) {
  std::int64_t most = 0;
  // from here on the share is no longer above its limit, however many more there are
  for (const Share& share : shares(feed, set, limits)) most = std::max(most, share.part * 100 / share.limit + 1);
  return most;
}

std::vector<std::string> breaches(Feed feed, const ChangeSet& set, const GuardLimits& limits) {
  std::vector<std::string> found;
  if (set.is_first && limits.holds_first && set.records > 0) {
    found.push_back("the first publication waits for a person: " + grouped(set.records) + " " +
                    std::string(noun(feed)));
  }
  if (set.withdrawn > 0 && set.leaves_nothing) {
    found.push_back("nothing would be left on the portal: the last " + grouped(set.withdrawn) + " " +
                    std::string(noun(feed)) + " are withdrawn");
  }
  for (const Share& share : shares(feed, set, limits)) {
    const std::int64_t whole = set.confirmed + share.gone;
    if (share.part * 100 <= share.limit * whole) continue;
    found.push_back(grouped(share.part) + " of " + grouped(whole) + " " + std::string(noun(feed)) + " " +
                    std::string(share.what) + limited(share.limit));
  }
  if (limits.fall > 0 && set.fall > limits.fall * kWhole / 100) {
    found.push_back("a price falls by " + percent(set.fall) + limited(limits.fall));
  }
  if (limits.rise > 0 && set.rise > limits.rise * kWhole / 100) {
    found.push_back("a price rises by " + percent(set.rise) + limited(limits.rise));
  }
  return found;
}

std::string held_reason(const std::vector<std::string>& breaches, const std::vector<Example>& largest) {
  std::string text;
  for (const std::string& breach : breaches) text += (text.empty() ? "" : "; ") + breach;
  std::string examples;
  for (const Example& example : largest) examples += (examples.empty() ? "" : ", ") + described(example);
  if (!examples.empty()) text += "; such as " + examples;
  return bound(text, kLongestReason);
}

}  // namespace ferry::engine
