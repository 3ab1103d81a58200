#include "tests/simulation/laws.h"

#include <algorithm>

#include "tests/simulation/feed_model.h"
#include "tests/simulation/process.h"
#include "tests/simulation/world.h"

namespace ferry::simulation {

using std::chrono::seconds;

// ---- requests -------------------------------------------------------------------------------------------------------

void Laws::on_request(const LaneRunner& runner, const PortalSite& site) {
  const Instant now = world_.agenda.now();
  auto& sent = sent_[site.id];
  sent.push_back(now);
  while (sent.front() <= now - seconds(1)) sent.pop_front();
  must(std::ssize(sent) <= site.rate_per_second, "the rate is kept", [&] {
    return runner.holder() + " sends channel " + std::to_string(site.id) + " the " + std::to_string(sent.size()) +
           "th request in a second, and " + std::to_string(site.rate_per_second) + " are allowed";
  });
  const LaneRow& row = world_.tables.row(runner.id());
  must(row.holder == runner.holder(), "one drives a lane", [&] {
    return runner.holder() + " sends for " + runner.id().job + ", which " + row.holder + " holds";
  });
}

// ---- what the portal shows ------------------------------------------------------------------------------------------

void Laws::on_answered(const PortalSite& site) const {
  const auto promotions = site.portal->promotions();
  must(promotions == site.promotions, "promotions stay", [&] {
    return "channel " + std::to_string(site.id) + " was " + promotions + " after a request, its people made " +
           site.promotions;
  });
}

void Laws::on_shown(const PortalSite& site, bool is_late) {
  for (auto& now : site.portal->take_shown()) {
    History& history = histories_[{site.id, now.feed, now.label}];
    if (now.is_by_request) check_version(site, now, is_late, history);
    world_.trace([&] {
      return "portal " + std::to_string(site.id) + " shows " + now.label + " = " + now.value +
             (is_late ? ", late" : now.is_by_request ? "" : ", by itself");
    });
    history.shown.push_back({world_.agenda.now(), std::move(now.value), now.is_by_request});
    if (history.shown.size() > 64) history.shown.erase(history.shown.begin(), history.shown.begin() + 32);
  }
}

void Laws::check_version(const PortalSite& site, const portal::NowShown& now, bool is_late, History& history) {
  const auto& publications = world_.tables.row({site.id, std::string(name_of(now.feed))}).publications;
  std::ptrdiff_t version = -1;
  for (const auto& [key, publication] : publications) {
    if (publication.label != now.label) continue;
    const auto& versions = publication.versions;
    for (version = std::ssize(versions) - 1; version >= 0; --version) {
      if (site.portal->value_in(now.feed, versions[static_cast<std::size_t>(version)]) == now.value) break;
    }
  }
  must(version >= 0, "the last value wins",
       [&] { return now.label + " was set to " + now.value + ", which the ERP never said"; });
  must(version >= history.newest || is_late, "the last value wins", [&] {
    return now.label + " was set to " + now.value + " (version " + std::to_string(version) + ") after version " +
           std::to_string(history.newest);
  });
  if (version < history.newest) ++world_.figures.overtaken;
  // Which version a late request was of is not known: the same value may be wanted again, and not be sent yet.
  if (!is_late) history.newest = std::max(history.newest, version);
}

void Laws::check_writer(const engine::Lease& lease) {
  const LaneRow& row = world_.tables.row(lease.lane);
  must(row.holder == lease.holder && row.epoch == lease.epoch, "one drives a lane", [&] {
    return lease.holder + " writes for " + lease.lane.job + ", which " + row.holder + " holds";
  });
}

void Laws::on_compared(const engine::Lease& lease, engine::RunMode mode) {
  check_writer(lease);
  const engine::LaneId& lane = lease.lane;
  const Instant boundary = world_.tables.row(lane).next_boundary;
  const bool is_to_look_again = boundary != Instant{} && boundary <= world_.agenda.now();
  if (mode == engine::RunMode::hints || is_to_look_again) return;
  const auto* model = find_feed_model(*feed_from_name(lane.job));
  const View view = world_.view(world_.site(lane.channel));
  const auto& publications = world_.tables.row(lane).publications;
  for (const auto key : model->all(view)) {
    const auto wanted = model->wanted(view, key);
    if (!wanted) continue;
    const auto found = publications.find({key, 0});
    must(found != publications.end() && found->second.desired == wanted->document, "nothing is overlooked", [&] {
      return lane.job + " run: the ERP says " + wanted->document + ", the tables want " +
             (found == publications.end() ? "nothing" : found->second.desired.value_or("nothing"));
    });
  }
}

// ---- what is recorded -----------------------------------------------------------------------------------------------

void Laws::on_sale(const Sale& sale) {
  std::size_t same = 0;
  for (const auto& other : world_.erp.sales) same += other.channel == sale.channel && other.reference == sale.reference;
  if (same != 1) ++world_.figures.doubled;
  must(same == 1, "nothing is doubled",
       [&] { return "order " + sale.reference + " has " + std::to_string(same) + " sales"; });
  const auto* order = world_.find_order(sale.channel, sale.reference);
  must(order != nullptr, "nothing is doubled", [&] { return "sale of " + sale.reference + ", which nobody placed"; });
  for (const auto& line : sale.lines) {
    const auto& sku = world_.erp.products[line.product].sku;
    const bool was_ordered = std::any_of(order->lines.begin(), order->lines.end(), [&](const auto& ordered) {
      return ordered.sku == sku && ordered.quantity == line.quantity;
    });
    must(was_ordered || order->is_cancelled, "nothing is doubled",
         [&] { return "sale of " + sale.reference + " has " + sku + ", which was not ordered so"; });
  }
}

void Laws::on_settled(const engine::Lease& lease, const Delivery& before, const Publication& publication,
                      const engine::SettledExchange& exchange, const engine::SettledItem& item) {
  check_writer(lease);
  const engine::LaneId& lane = lease.lane;
  const PortalSite& site = world_.site(lane.channel);
  const Feed feed = *feed_from_name(lane.job);
  const auto& after = publication.delivery;
  world_.trace([&] {
    return lane.job + " " + publication.label + " " + item.document + ": " + std::string(name_of(item.verdict)) + ", " +
           std::string(name_of(after.state)) + " " + after.reason;
  });
  const bool counts_no_attempt = item.verdict == Verdict::snooze || item.verdict == Verdict::drifted;
  must(!counts_no_attempt || after.attempts <= before.attempts, "one bad record", [&] {
    return publication.label + " was asked to wait, and an attempt counted";
  });
  if (after.state == PublicationState::dead) {
    // in the worst weather a protocol of many requests fails thirty times on end; a person replays it
    const bool was_given_up = after.reason.starts_with("given up after");
    const bool is_for_a_person = feed == Feed::order_status && (world_.is_sent_in_vain(lane.channel, publication.label) ||
                                                               world_.is_overdrawn(lane.channel, publication.label, true));
    must(was_given_up || is_for_a_person || bad_.contains(publication.label), "one bad record",
         [&] { return publication.label + " is a dead letter: " + after.reason; });
  }
  if (item.verdict != Verdict::delivered) return;
  const auto value = site.portal->value_in(feed, item.document);
  if (!value || (item.document.empty() && !site.portal->shown(feed, publication.label))) return;
  const auto& shown = histories_[{lane.channel, feed, publication.label}].shown;
  bool was_shown = shown.empty() && site.portal->shown(feed, publication.label) == value;  // as it was from the start
  if (!shown.empty() && shown.front().since > exchange.started_at) was_shown = was_shown || value == "0" || value == "";
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const bool has_begun = shown[i].since <= exchange.finished_at;
    const bool had_ended = i + 1 < shown.size() && shown[i + 1].since < exchange.started_at;
    was_shown = was_shown || (has_begun && !had_ended && shown[i].value == *value);
  }
  must(was_shown, "acknowledged is true", [&] {
    return publication.label + " is acknowledged as " + *value + ", which the portal did not show between " +
           to_iso8601(exchange.started_at) + " and " + to_iso8601(exchange.finished_at);
  });
  if (feed == Feed::stock) on_customer(site, publication.label);
}

// ---- what is sold ---------------------------------------------------------------------------------------------------

void Laws::on_customer(const PortalSite& site, const std::string& sku) {
  const auto* model = find_feed_model(Feed::stock);
  auto* product = world_.erp.find(sku);
  if (!model || !product || !product->is_known) return;
  on_held(site, *product);
  const LaneRow& row = world_.tables.row({site.id, std::string(name_of(Feed::stock))});
  const auto found = row.publications.find({product->key, 0});
  if (found == row.publications.end() || found->second.delivery.state != PublicationState::settled) return;
  if (found->second.acknowledged != found->second.desired) return;  // a person has given it up
  const auto wanted = model->wanted(world_.view(site), product->key);
  if (!wanted || found->second.desired != wanted->document) return;  // the ERP, or an order, has changed since
  // until it has been looked at once more, a request that was given up may still be applied
  if (!world_.has_seen_all_orders_of(sku) || found->second.delivery.confirm_at != Instant{}) return;
  std::int64_t free = world_.erp.on_hand(*product, world_.agenda.now()) - product->reserved;
  for (const auto& order : world_.orders) {
    if (order.is_cancelled || world_.is_skipped(order) || world_.erp.sale_of(order.channel, order.reference)) continue;
    for (const auto& line : order.lines) free -= line.sku == sku ? line.quantity : 0;
  }
  on_divided(*product, free);
  const auto saleable = site.portal->saleable(sku);
  must(saleable <= std::max<std::int64_t>(0, free), "nothing is oversold", [&] {
    return "channel " + std::to_string(site.id) + " sells " + std::to_string(saleable) + " of " + sku +
           ", the ERP allows " + std::to_string(free);
  });
}

// Where stock is divided, the others are given what this channel cannot be holding, whatever request is under way.
void Laws::on_held(const PortalSite& site, const Product& product) {
  if (world_.tables.allocation_percents.empty() || !world_.has_seen_all_orders_of(product.sku)) return;
  const auto held = find_feed_model(Feed::stock)->held(world_.view(site), product.key);
  must(site.portal->saleable(product.sku) <= held, "nothing is oversold", [&] {
    return "channel " + std::to_string(site.id) + " sells " +
           std::to_string(site.portal->saleable(product.sku)) + " of " + product.sku + ", and is taken to hold " + std::to_string(held);
  });
}

// Where stock is divided, all channels together; unless the ERP, or an order, has changed since one of them was told.
void Laws::on_divided(const Product& product, std::int64_t free) {
  if (world_.tables.allocation_percents.empty()) return;
  const auto* model = find_feed_model(Feed::stock);
  std::int64_t sum = 0;
  for (const auto& at : world_.portals) {
    const auto& publications = world_.tables.row({at.id, std::string(name_of(Feed::stock))}).publications;
    const auto found = publications.find({product.key, 0});
    if (found == publications.end()) continue;
    const auto wanted = model->wanted(world_.view(at), product.key);
    const auto& known = found->second;
    const bool is_settled = known.delivery.state == PublicationState::settled;
    const bool is_quiet = is_settled && wanted && known.desired == wanted->document;
    if (!is_quiet || known.delivery.confirm_at != Instant{}) return;
    sum += at.portal->saleable(product.sku);
  }
  must(sum <= std::max<std::int64_t>(0, free), "nothing is oversold", [&] {
    return "all channels sell " + std::to_string(sum) + " of " + product.sku + ", the ERP allows " +
           std::to_string(free);
  });
}

}  // namespace ferry::simulation
