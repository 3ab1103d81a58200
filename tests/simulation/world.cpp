#include "tests/simulation/world.h"

#include <algorithm>
#include <boost/json.hpp>

#include "plugin/engine/channel_settings.h"

namespace ferry::simulation {
namespace {

const portal::SimulatedPortalInfo& portal_of(const connector::ConnectorInfo& connector) {
  for (const auto& info : portal::simulated_portals()) {
    if (info.connector == connector.id) return info;
  }
  const std::string name(connector.id);
  throw LawBroken("every connector is simulated",
                  "connector '" + name + "' has no simulated portal: add tests/portal/" + name +
                      "/simulated_portal.cpp, which defines make_simulated_portal_" + name + "()");
}

void check_feeds(const engine::Channel& channel, const connector::ConnectorInfo& connector) {
  for (const Feed feed : channel.connector->capabilities().feeds) {
    const std::string name(name_of(feed));
    must(find_feed_model(feed) != nullptr, "every feed is simulated", [&] {
      return "connector '" + std::string(connector.id) + "' has the feed " + name +
             ", which the simulated ERP does not know: add tests/simulation/feeds/" + name +
             ".cpp, which defines feed_model_" + name + "()";
    });
  }
}

}  // namespace

World::World(const Scenario& given, Mutant mutant, bool traces)
    : scenario(given),
      agenda(given.week.from),
      dice(given.seed ^ 0x776f726c64U),
      engine_dice(given.seed ^ 0x656e67696e65U),
      erp(agenda, transactions),
      tables(agenda, transactions, erp, feed_models(), mutant),
      laws(*this),
      traces_(traces),
      mutant_(mutant) {
  for (const auto& plan : scenario.channels) {
    PortalSite at;
    at.id = static_cast<std::int32_t>(portals.size()) + 1;
    at.connector = plan.connector;
    at.portal = portal_of(*plan.connector).make();
    auto own = at.portal->settings(dice);
    at.settings = "{" + scenario.common_settings + R"(,"allocation_percent":")" +
                  std::to_string(plan.allocation_percent) + "\"," + own.substr(own.find('{') + 1);
    at.weather = portal::Weather(plan.climate, dice.next());
    at.has_its_own_clock = plan.has_its_own_clock;
    const auto channel = at.make_channel(scenario);
    check_feeds(*channel, *plan.connector);
    at.is_given_products = std::ranges::count(channel->connector->capabilities().feeds, Feed::product) > 0;
    at.stock_meaning = channel->connector->capabilities().stock_meaning;
    at.rate_per_second = channel->settings.rate_per_second;
    at.request_timeout = channel->settings.request_timeout;
    portals.push_back(std::move(at));
  }
  for (const auto& at : portals) {
    const auto percent = scenario.channels[static_cast<std::size_t>(at.id - 1)].allocation_percent;
    if (percent != 100) tables.allocation_percents[at.id] = percent;
  }
  if (!tables.allocation_percents.empty()) {
    for (const auto& at : portals) tables.allocation_percents.try_emplace(at.id, 100);
  }
  tables.pays_back = scenario.pays_back;
  tables.notify = [this](const std::string& job) { notice(job); };
  tables.on_compared = [this](const auto& lease, auto mode) { laws.on_compared(lease, mode); };
  tables.on_settled = [this](const auto& lease, const auto& before, const auto& publication, const auto& exchange,
                             const auto& item) { laws.on_settled(lease, before, publication, exchange, item); };
  erp.on_created = [this](const Sale& sale) {
    ++figures.linked;
    laws.on_sale(sale);
  };
  erp.on_returned = [this](const Sale& sale, const Sale::Return& returned) {
    ++figures.returned;
    laws.on_returned(sale, returned);
  };
}

View World::view(const PortalSite& at) const {
  return {erp, tables, at.id, at.stock_meaning, agenda.now()};
}

const TrueOrder* World::find_order(std::int32_t channel, const std::string& reference) const {
  for (const auto& order : orders) {
    if (order.channel == channel && order.reference == reference) return &order;
  }
  return nullptr;
}

bool World::is_skipped(const TrueOrder& order) const {
  const auto& stored = tables.orders(order.channel);
  const auto found = stored.find(order.reference);
  return found != stored.end() && found->second.state == engine::OrderState::skipped;
}

bool World::has_seen_all_orders_of(const std::string& sku) const {
  return std::all_of(orders.begin(), orders.end(), [&](const TrueOrder& order) {
    std::int64_t quantity = 0;
    for (const auto& line : order.lines) quantity += line.sku == sku ? line.quantity : 0;
    if (quantity == 0) return true;
    const auto& stored = tables.orders(order.channel);
    const auto found = stored.find(order.reference);
    if (found == stored.end()) return false;
    std::int64_t ordered = 0, open = 0;
    for (const auto& line : found->second.lines) {
      ordered += line.sku == sku ? line.quantity : 0;
      open += line.sku == sku ? line.open_quantity : 0;
    }
    const auto still_open = order.is_cancelled ? 0 : portals.at(static_cast<std::size_t>(order.channel - 1)).portal->open(order.id, sku);
    return found->second.seen.cancelled == order.is_cancelled && (order.is_cancelled || ordered == quantity) &&
           open == still_open;
  });
}

void World::note(const std::string& event) {
  events_.push_back(to_iso8601(agenda.now()).substr(5, 18) + " " + event);
}

}  // namespace ferry::simulation
