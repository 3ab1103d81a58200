#include <array>
#include <utility>

#include "plugin/domain/feed.h"
#include "plugin/domain/publication.h"
#include "plugin/domain/verdict.h"

namespace ferry {
namespace {

constexpr std::array<std::pair<Feed, std::string_view>, 8> kFeeds = {{
    {Feed::product, "product"},
    {Feed::stock, "stock"},
    {Feed::list_price, "list_price"},
    {Feed::cost, "cost"},
    {Feed::discount, "discount"},
    {Feed::fixed_net_price, "fixed_net_price"},
    {Feed::customer, "customer"},
    {Feed::order_status, "order_status"},
}};

constexpr std::array<std::pair<Verdict, std::string_view>, 9> kVerdicts = {{
    {Verdict::delivered, "delivered"},
    {Verdict::rejected, "rejected"},
    {Verdict::retry, "retry"},
    {Verdict::snooze, "snooze"},
    {Verdict::split, "split"},
    {Verdict::unauthorized, "unauthorized"},
    {Verdict::ambiguous, "ambiguous"},
    {Verdict::absent, "absent"},
    {Verdict::drifted, "drifted"},
}};

constexpr std::array<std::pair<PublicationState, std::string_view>, 5> kStates = {{
    {PublicationState::settled, "settled"},
    {PublicationState::pending, "pending"},
    {PublicationState::dead, "dead"},
    {PublicationState::absent, "absent"},
    {PublicationState::held, "held"},
}};

template <class Table, class Value>
std::string_view name_in(const Table& table, Value value) noexcept {
  for (const auto& [candidate, name] : table) {
    if (candidate == value) return name;
  }
  return "unknown";
}

}  // namespace

std::string_view name_of(Feed feed) noexcept { return name_in(kFeeds, feed); }
std::string_view name_of(Verdict verdict) noexcept { return name_in(kVerdicts, verdict); }
std::string_view name_of(PublicationState state) noexcept { return name_in(kStates, state); }

std::optional<Feed> feed_from_name(std::string_view name) noexcept {
  for (const auto& [feed, candidate] : kFeeds) {
    if (candidate == name) return feed;
  }
  return std::nullopt;
}

}  // namespace ferry
