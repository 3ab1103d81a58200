// What people do in the week: customers buy, the warehouse moves stock, prices, products and parties change, orders
// are shipped and cancelled on either side, a clerk looks at what needs a hand.
#include <algorithm>

#include "tests/simulation/world.h"

namespace ferry::simulation {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

void World::plan_people() {
  for (int i = 0; i < scenario.products; ++i) {
    Product product;
    product.key = i + 1;
    product.sku = "SKU-" + std::to_string(i + 1);
    product.on_hand = static_cast<std::int64_t>(dice.below(60));
    product.prices.push_back({scenario.week.from, static_cast<std::int64_t>(100 + dice.below(10'000))});
    product.cost_cents = static_cast<std::int64_t>(dice.below(5'000));
    const bool is_second = i > 0 && erp.products.back().has_sibling && erp.products.back().template_key == i;
    product.has_sibling = is_second || (i + 1 < scenario.products && dice.chance(250'000));
    product.template_key = is_second ? erp.products.back().template_key : product.key;
    const auto kind = dice.below(20);
    if (kind == 0) {  // sold before anybody made it known to the ERP
      product.is_known = false;
      unknown_.insert(product.sku);
    }
    if (kind == 1) {  // a bad record: nobody sells half a piece
      product.has_half_a_piece = true;
      laws.mark_bad(product.sku);
    }
    for (auto& at : portals) {
      if (product.has_sibling && at.is_given_products) continue;  // as one product with its sibling
      const bool is_listed_late = kind == 2;
      if (is_listed_late)
        agenda.in(dice.upto(std::chrono::days(6)), [&at, sku = product.sku] { at.portal->list(sku); });
      else
        at.portal->list(product.sku);
      if (kind != 3) continue;
      laws.mark_bad(product.sku);  // a bad record: the portal refuses it, with all that comes with it
      at.portal->refuse(product.sku, true);
    }
    if (kind == 4) {  // a bad record: for some hours, and again in the end, its writes make the portal fail
      laws.mark_bad(product.sku);
      failing_.insert(product.sku);
      const Instant from = scenario.week.from + dice.upto(std::chrono::days(6));
      const auto fail = [this, sku = product.sku](bool fails) {
        for (auto& at : portals) at.portal->fail(sku, fails);
      };
      agenda.at(from, [fail] { fail(true); });
      agenda.at(from + dice.upto(hours(8)), [fail] { fail(false); });
    }
    erp.products.push_back(std::move(product));
  }
  for (std::int64_t key = 1; key <= 3; ++key) {
    erp.parties.push_back({key, "P" + std::to_string(key), 1, static_cast<int>(dice.below(3)), true, 0});
  }
  for (auto& at : portals) {
    begin_sale(at);
    agenda.in(std::chrono::days(2), [this, &at] { begin_sale(at); });
  }
  // several things happen soon after each other: that is when they meet
  for (int i = 0; i < scenario.erp_changes;) {
    const Instant around = scenario.week.from + dice.upto(std::chrono::days(7) - hours(2));
    for (auto burst = 1 + dice.below(6); burst > 0 && i < scenario.erp_changes; --burst, ++i) {
      agenda.at(around + dice.upto(dice.chance(500'000) ? minutes(1) : hours(1)), [this] { change_something(); });
    }
  }
  for (int i = 0; i < scenario.orders; ++i) {
    agenda.at(scenario.week.from + dice.upto(std::chrono::days(7) - hours(1)), [this] { place_order(); });
  }
  agenda.in(hours(3), [this] { visit_of_clerk(); });
}

// ---- the ERP --------------------------------------------------------------------------------------------------------

// In one transaction, which the database may end; whoever did it does it again then.
void World::change_erp(std::function<void(Xid)> change, std::vector<std::int64_t> hinted, Duration takes, Feed feed) {
  if (!database_is_up()) {
    agenda.in(minutes(5), [this, change, hinted, takes, feed] { change_erp(change, hinted, takes, feed); });
    return;
  }
  const Xid xid = erp.begin();
  erp.add(xid, change);
  for (const auto key : hinted) erp.hint(xid, feed, key);
  agenda.in(takes, [this, xid, change, hinted, takes, feed] {
    if (!erp.commit(xid)) return change_erp(change, hinted, takes, feed);
    ++figures.erp_changes;
    trace([&] { return "the ERP commits transaction " + std::to_string(xid); });
    if (!hinted.empty()) notice(std::string(name_of(feed)));
  });
}

void World::change_something() {
  const auto kind = dice.below(10);
  if (kind < 5) return move_stock();
  if (kind < 8) return change_price();
  kind < 9 ? change_product() : change_party();
}

// Nobody withdraws the last record of a portal: the first one stays, and until it is confirmed everywhere all do.
bool World::may_unpublish(std::int64_t key, std::initializer_list<Feed> feeds) const {
  constexpr RecordKey kFirst{1, 0};
  if (key == kFirst.key) return false;
  for (const auto& [lane, row] : tables.lanes()) {
    const bool is_watched = std::any_of(feeds.begin(), feeds.end(), [&name = lane.job](Feed feed) {
      return name == name_of(feed);
    });
    if (!is_watched) continue;
    const auto first = row.publications.find(kFirst);
    if (first == row.publications.end() || !first->second.acknowledged) return false;
  }
  return true;
}

// The portal's people sell some of what it lists for less, while its base prices go on changing in the ERP.
void World::begin_sale(PortalSite& at) {
  for (std::size_t i = 0; i < erp.products.size(); i += 2) {
    if (at.portal->lists(erp.products[i].sku)) at.portal->promote(erp.products[i].sku);
  }
  at.promotions = at.portal->promotions();
}

void World::change_party() {
  const auto index = dice.below(erp.parties.size());
  const auto kind = dice.below(4);
  const auto list = static_cast<int>(dice.below(3));
  const auto change = [this, index, kind, list](Xid xid) {
    Party& party = erp.parties[index];
    if (kind == 0 && (!party.is_published || may_unpublish(party.key, {Feed::customer})))
      party.is_published = !party.is_published;
    if (kind == 1) party.list = list;
    if (kind > 1) ++party.name_version;
    party.xid = std::max(party.xid, xid);
  };
  std::vector<std::int64_t> hinted;
  if (dice.chance(600'000)) hinted.push_back(erp.parties[index].key);
  change_erp(change, std::move(hinted), dice.upto(seconds(1)), Feed::customer);
}

void World::change_product() {
  const auto index = dice.below(erp.products.size());
  const bool is_renamed = erp.products[index].has_sibling || dice.chance(600'000);
  const auto change = [this, index, is_renamed](Xid xid) {
    Product& product = erp.products[index];
    const bool may_toggle = !product.is_published || may_unpublish(product.key, {Feed::product, Feed::stock, Feed::discount, Feed::fixed_net_price});
    if (is_renamed || is_emptied_ || !may_toggle)
      ++product.name_version;
    else
      product.is_published = !product.is_published;
    product.xid = std::max(product.xid, xid);
  };
  std::vector<std::int64_t> hinted;
  if (dice.chance(600'000)) hinted.push_back(erp.products[index].key);
  change_erp(change, std::move(hinted), dice.upto(seconds(1)), Feed::product);
}

void World::move_stock() {
  const auto index = dice.below(erp.products.size());
  const auto quantity = static_cast<std::int64_t>(dice.below(15)) - 5;
  const bool is_for_tomorrow = dice.chance(150'000);  // counts from midnight, when nobody writes anything
  const Instant day = std::chrono::ceil<std::chrono::days>(agenda.now());
  const auto change = [this, index, quantity, is_for_tomorrow, day](Xid xid) {
    Product& product = erp.products[index];
    if (is_for_tomorrow)
      product.planned.push_back({day, quantity});
    else
      product.on_hand += quantity;
    product.xid = std::max(product.xid, xid);
  };
  std::vector<std::int64_t> hinted;
  if (dice.chance(600'000)) hinted.push_back(erp.products[index].key);  // else plain SQL: nobody says so
  const Duration takes = dice.chance(800'000) ? dice.upto(seconds(1)) : dice.upto(minutes(20));
  change_erp(change, std::move(hinted), takes);
}

void World::change_price() {
  const auto index = dice.below(erp.products.size());
  const bool is_cost = dice.chance(400'000), is_for_tomorrow = dice.chance(300'000);
  const auto cents = static_cast<std::int64_t>(100 + dice.below(10'000));
  const Instant today = std::chrono::floor<std::chrono::days>(agenda.now());
  const Instant day = is_for_tomorrow ? today + std::chrono::days(1) : today;
  const auto change = [this, index, is_cost, cents, day](Xid xid) {
    Product& product = erp.products[index];
    if (is_cost)
      product.cost_cents = cents;
    else
      product.prices.insert(std::upper_bound(product.prices.begin(), product.prices.end(), day,
                                             [](Instant at, const auto& price) { return at < price.day; }),
                            {day, cents});
    product.xid = std::max(product.xid, xid);
  };
  std::vector<std::int64_t> hinted;
  if (dice.chance(600'000)) hinted.push_back(erp.products[index].key);
  const Duration takes = dice.chance(800'000) ? dice.upto(seconds(1)) : dice.upto(minutes(20));
  change_erp(change, std::move(hinted), takes, is_cost ? Feed::cost : Feed::list_price);
}

// Every product at once, in a statement that reports nothing.
void World::empty_source(bool is_published) {
  trace([&] { return std::string(is_published ? "the ERP publishes everything again" : "the ERP unpublishes everything"); });
  change_erp([this, is_published](Xid xid) {
    is_emptied_ = !is_published;
    if (!is_published) agenda.in(scenario.emptied->to - scenario.emptied->from, [this] { empty_source(true); });
    for (Product& product : erp.products) {
      product.is_published = is_published;
      product.xid = std::max(product.xid, xid);
    }
  }, {}, seconds(1));
}

void World::ship_or_cancel_sale(std::size_t index, SaleState state) {
  const TrueOrder& order = orders[index];
  const Sale* sale = erp.sale_of(order.channel, order.reference);
  if (!sale) {  // it is not in the ERP yet, or never comes
    if (is_over_) return;
    agenda.in(hours(2), [this, index, state] { ship_or_cancel_sale(index, state); });
    return;
  }
  std::vector<std::int64_t> hinted;
  for (const auto& line : sale->lines) hinted.push_back(erp.products[line.product].key);
  const auto position = static_cast<std::size_t>(sale->id - 1);
  const auto change = [this, position, state](Xid xid) { erp.set_state(position, state, xid); };
  change_erp(change, dice.chance(700'000) ? hinted : std::vector<std::int64_t>{}, dice.upto(seconds(30)));
}

void World::send_part_of_sale(std::size_t index) {
  const Sale* sale = erp.sale_of(orders[index].channel, orders[index].reference);
  if (sale == nullptr) return;  // it goes as one parcel, when it is there
  const auto position = static_cast<std::size_t>(sale->id - 1);
  const bool is_hinted = dice.chance(700'000);
  change_erp([this, position](Xid xid) { erp.send_part(position, xid); },
             is_hinted ? std::vector<std::int64_t>{sale->id} : std::vector<std::int64_t>{}, dice.upto(seconds(30)),
             Feed::order_status);
}

// ---- the shops ------------------------------------------------------------------------------------------------------

void World::place_order() {
  PortalSite& at = portals[dice.below(portals.size())];
  TrueOrder order;
  order.channel = at.id;
  for (auto lines = 1 + dice.below(3); lines > 0; --lines) {
    const auto& sku = erp.products[dice.below(erp.products.size())].sku;
    const bool is_there_already = std::any_of(order.lines.begin(), order.lines.end(),
                                              [&](const auto& line) { return line.sku == sku; });
    if (is_there_already || !at.portal->lists(sku)) continue;
    laws.on_customer(at, sku);
    // a shop may sell what the ERP does not know; else it sells what it has
    const auto saleable = std::clamp<std::int64_t>(unknown_.contains(sku) ? 2 : at.portal->saleable(sku), 0, 4);
    if (saleable == 0) continue;
    const auto quantity = 1 + dice.below(static_cast<std::uint64_t>(saleable));
    order.lines.push_back({sku, static_cast<std::int64_t>(quantity)});
  }
  if (order.lines.empty()) return;
  const Duration skew = at.has_its_own_clock && !is_over_ ? at.weather.climate().skew : Duration(0);
  order.is_paid = dice.chance(850'000);
  orders.push_back(std::move(order));
  ++figures.orders;
  const auto index = orders.size() - 1;
  // placed when paid, to be seen when the shop's transaction commits
  const Duration lag = dice.upto(seconds(30));
  agenda.in(lag, [this, index, placed_at = agenda.now() + skew] { show_order(index, placed_at); });
}

void World::show_order(std::size_t index, Instant placed_at) {
  TrueOrder& order = orders[index];
  PortalSite& at = site(order.channel);
  order.id = at.portal->place(order.lines, order.is_paid, placed_at);
  order.reference = at.portal->reference(order.id);
  if (dice.chance(60'000)) erp.strangers.emplace(order.channel, order.reference);
  trace([&] { return "customer places " + order.reference + " in portal " + std::to_string(at.id); });
  const Instant paid_at = agenda.now() + dice.upto(hours(10));
  if (!order.is_paid && paid_at < scenario.week.to) {  // else it never is
    agenda.at(paid_at, [this, index] {
      if (orders[index].is_cancelled) return;
      orders[index].is_paid = true;
      site(orders[index].channel).portal->pay(orders[index].id);
    });
  }
  plan_end_of(index);
}

// Most are shipped, some cancelled, some stay; the two sides hear of it one after the other.
void World::plan_end_of(std::size_t index) {
  const auto kind = dice.below(10);
  if (kind == 9) return;
  const bool is_shipped = kind < 7;
  const Instant begin = agenda.now() + minutes(5) + dice.upto(hours(40));
  const Instant erp_side = begin + dice.upto(hours(4)), portal_side = begin + dice.upto(hours(4));
  if (std::max(erp_side, portal_side) >= scenario.week.to - hours(1)) return;
  orders[index].is_parcelled = is_shipped && dice.chance(400'000);
  plan_money(index, std::max(erp_side, portal_side));
  if (orders[index].is_parcelled) agenda.at(begin, [this, index] { send_part_of_sale(index); });
  agenda.at(erp_side, [this, index, is_shipped] {
    ship_or_cancel_sale(index, is_shipped ? SaleState::shipped : SaleState::cancelled);
  });
  agenda.at(portal_side, [this, index, is_shipped] { ship_or_cancel_order(index, is_shipped); });
}

// A customer cancels when he likes. Shipped is only what Ferry has linked with its sale: an order that the portal ships
// before falls back to `waiting`, because its state permits no import any more, and a person has to find it there.
void World::ship_or_cancel_order(std::size_t index, bool is_shipped) {
  TrueOrder& order = orders[index];
  if (order.is_shipped || order.is_cancelled) return;
  const auto& stored = tables.orders(order.channel);
  const auto known = stored.find(order.reference);
  const bool is_linked = known != stored.end() && known->second.state == engine::OrderState::linked;
  if (is_shipped && !is_linked) {
    if (agenda.now() < scenario.week.to - hours(3))
      agenda.in(hours(2), [this, index, is_shipped] { ship_or_cancel_order(index, is_shipped); });
    return;
  }
  PortalSite& at = site(order.channel);
  // a person who enters a parcel there by hand makes one of it: two, and a part, are told by Ferry alone
  if (is_shipped && (order.is_parcelled || order.is_cut) && at.portal->parcels(order.id)) return;
  if (is_shipped)
    at.portal->ship(order.id);
  else if (!at.portal->cancel(order.id))
    return;
  (is_shipped ? order.is_shipped : order.is_cancelled) = true;
  trace([&] { return order.reference + (is_shipped ? " is shipped" : " is cancelled") + " on the portal"; });
  laws.on_shown(at, false);
}

// ---- the clerk ------------------------------------------------------------------------------------------------------

void World::visit_of_clerk() {
  agenda.in(is_over_ ? minutes(10) : hours(2) + dice.upto(hours(8)), [this] { visit_of_clerk(); });
  if (is_over_) mend_everything();
  if (!database_is_up()) return;
  if (!erp.strangers.empty() && dice.chance(100'000)) erp.strangers.erase(erp.strangers.begin());
  if (!unknown_.empty() && dice.chance(300'000)) {
    const std::string sku = *unknown_.begin();
    unknown_.erase(unknown_.begin());
    const auto change = [this, sku](Xid xid) {
      erp.find(sku)->is_known = true;
      erp.find(sku)->xid = std::max(erp.find(sku)->xid, xid);
    };
    change_erp(change, {erp.find(sku)->key}, seconds(1));
  }
  for (const auto& [lane, row] : tables.lanes()) {
    if (row.is_paused) tables.resume(lane);
    if (row.hold) look_at_what_is_held(lane);
    for (const auto& [key, publication] : row.publications) {
      if (publication.delivery.state == PublicationState::dead) tables.replay(lane, key);
    }
  }
  for (const auto& [channel, stored] : tables.all_orders()) {
    for (const auto& [reference, order] : stored) {
      const bool is_in_review = order.state == engine::OrderState::review;
      if ((is_in_review || order.state == engine::OrderState::ready) && dice.chance(100'000)) {
        ++figures.skipped;
        tables.skip_order(channel, reference);
        continue;
      }
      if (order.revision == StoredOrder::Revision::review) {
        must(!order.reason.empty(), "a review says why", [&name = reference] { return name; });
        ++figures.reviewed;
        const bool is_skipped = !dice.chance(500'000);
        is_skipped ? tables.skip_order(channel, reference) : tables.retry_order(channel, reference);
        if (is_skipped) leave_as_it_is(channel, reference);
      }
      if (!is_in_review) continue;
      // named anew: clang 14 does not let a lambda capture a structured binding
      must(!order.reason.empty(), "a review says why", [&name = reference] { return name; });
      ++figures.reviewed;
      tables.retry_order(channel, reference);
    }
  }
}

// A clerk lets go what may be so. That everything is withdrawn is none of that, nor that something is which the ERP
// publishes again: he gives it up, or waits until the ERP is mended and looked at.
void World::look_at_what_is_held(const engine::LaneId& lane) {
  const auto* model = find_feed_model(*feed_from_name(lane.job));
  const View now = view(site(lane.channel));
  int held = 0, withdrawn = 0, meant = 0;
  for (const auto& [key, publication] : tables.row(lane).publications) {
    if (publication.delivery.state != PublicationState::held) continue;
    ++held;
    if (publication.desired) continue;
    ++withdrawn;
    meant += !is_emptied_ && !model->wanted(now, key.key);
  }
  if (withdrawn == meant) return tables.release_held(lane);
  if (withdrawn == held && dice.chance(300'000)) tables.discard_held(lane);
}

// The records of which every write makes the portal fail are to be sent once more.
void World::break_what_fails() {
  for (const auto& sku : failing_) {
    for (auto& at : portals) at.portal->fail(sku, true);
    change_erp([this, sku](Xid xid) {
      Product& counted = *erp.find(sku);
      ++counted.on_hand;
      counted.xid = std::max(counted.xid, xid);
    }, {erp.find(sku)->key}, seconds(1));
  }
}

void World::mend_what_fails() {
  for (const auto& sku : std::exchange(failing_, {})) {
    for (auto& at : portals) at.portal->fail(sku, false);
  }
}

// After the week there is no bad record any more, but for those that make the portal fail.
void World::mend_everything() {
  if (!database_is_up()) return;
  erp.strangers.clear();
  for (const auto& sku : std::exchange(unknown_, {})) {
    change_erp([this, sku](Xid xid) {
      erp.find(sku)->is_known = true;
      erp.find(sku)->xid = std::max(erp.find(sku)->xid, xid);
    }, {erp.find(sku)->key}, seconds(1));
  }
  for (auto& product : erp.products) {
    for (auto& at : portals) {
      at.portal->refuse(product.sku, false);
      const bool is_created = product.has_sibling && at.is_given_products;
      if (!is_created && !at.portal->lists(product.sku)) at.portal->list(product.sku);
    }
    if (!product.has_half_a_piece) continue;
    change_erp([this, key = product.key](Xid xid) {
      Product& mended = erp.products[static_cast<std::size_t>(key - 1)];
      mended.has_half_a_piece = false;
      mended.xid = std::max(mended.xid, xid);
    }, {product.key}, seconds(1));
  }
}

}  // namespace ferry::simulation
