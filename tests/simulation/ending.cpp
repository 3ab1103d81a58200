// The week, and what must be true once the weather has cleared.
#include <algorithm>

#include "tests/simulation/world.h"

namespace ferry::simulation {

void World::play() {
  plan_people();
  plan_mishaps();
  while (agenda.step(scenario.week.to)) {
  }
  is_over_ = true;
  trace([] { return std::string("the weather clears"); });
  visit_of_clerk();
  break_what_fails();
  come_to_rest();
  figures.clearing.push_back(agenda.now() - scenario.week.to);
  trace([] { return std::string("the last bad records are mended"); });
  mend_what_fails();
  come_to_rest();
  figures.simulated = agenda.now() - scenario.week.from;
  figures.histories = 1;
  for (const auto& at : portals) {
    for (std::size_t i = 0; i < portal::kFaults; ++i) figures.faults[i] += at.weather.counts()[i];
  }
}

void World::come_to_rest() {
  const Instant from = agenda.now();
  std::string wrong;
  for (Instant look = from; look <= from + scenario.recovery_limit(); look += std::chrono::minutes(5)) {
    while (agenda.step(look)) {
    }
    wrong = disorder();
    if (wrong.empty()) return;
  }
  ++(wrong.ends_with("was lost") ? figures.lost : figures.stuck);
  throw LawBroken("all is well once the weather clears",
                  wrong + ", " + std::to_string(scenario.recovery_limit() / std::chrono::minutes(1)) + " min after " +
                      (failing_.empty() ? "all was mended" : "the week"));
}

std::string World::disorder() const {
  for (const auto& at : portals) {
    for (const auto* model : feed_models()) {
      if (auto wrong = disorder_of_feed(at, model->feed()); !wrong.empty()) return wrong;
    }
  }
  return disorder_of_orders();
}

std::string World::disorder_of_feed(const PortalSite& at, Feed feed) const {
  const auto found = tables.lanes().find({at.id, std::string(name_of(feed))});
  if (found == tables.lanes().end()) return "";  // the connector has no such feed
  const auto& row = found->second;
  const std::string where = "channel " + std::to_string(at.id) + " " + found->first.job + ": ";
  if (row.is_paused) return where + "paused: " + row.pause_reason;
  const auto* model = find_feed_model(feed);
  for (const auto key : model->all(view(at))) {
    const auto wanted = model->wanted(view(at), key);
    if (!wanted || failing_.contains(wanted->label)) continue;
    const auto known = row.publications.find({key, 0});
    if (known == row.publications.end()) return where + wanted->label + " was never looked at";
    const auto& publication = known->second;
    if (publication.desired != wanted->document) return where + "the ERP says " + wanted->document + ", not seen";
    const bool is_for_a_person = is_sent_in_vain(at.id, wanted->label) || is_overdrawn(at.id, wanted->label);
    if (feed == Feed::order_status && is_for_a_person) continue;
    const auto& delivery = publication.delivery;
    if (delivery.state != PublicationState::settled)
      return where + wanted->label + " is " + std::string(name_of(delivery.state)) + ": " + delivery.reason;
    if (delivery.confirm_at != Instant{}) return where + wanted->label + " is still in doubt";
    const auto value = at.portal->value_in(feed, wanted->document);
    const auto shown = at.portal->shown(feed, wanted->label);
    if (feed == Feed::order_status) {
      for (const auto disorder : {&World::disorder_of_parcels, &World::disorder_of_money, &World::disorder_of_words}) {
        if (auto wrong = (this->*disorder)(at, wanted->label); !wrong.empty()) return where + wrong;
      }
    }
    if (shown != value)
      return where + wanted->label + " is " + value.value_or("?") + " in the ERP and " + shown.value_or("nothing") +
             " on the portal";
  }
  return "";
}

// The ERP has sent what was cancelled on the portal: a person has to settle that with the customer.
bool World::is_sent_in_vain(std::int32_t channel, const std::string& label) const {
  const auto* order = find_order(channel, label);
  const auto* sale = erp.sale_of(channel, label);
  return order != nullptr && order->is_cancelled && sale != nullptr && !sale->shipments.empty();
}

// Every shipment of the ERP is on the portal exactly once: under its number, or as the parcel that a person has entered.
std::string World::disorder_of_parcels(const PortalSite& at, const std::string& label) const {
  const auto* order = find_order(at.id, label);
  const auto* sale = erp.sale_of(at.id, label);
  if (order == nullptr || sale == nullptr) return "";
  auto parcels = at.portal->parcels(order->id);
  if (!parcels) return "";
  for (const auto& shipment : sale->shipments) {
    const auto found = std::find_if(parcels->begin(), parcels->end(), [&](const portal::Parcel& parcel) {
      return parcel.pieces == shipment.pieces && (parcel.shipment == shipment.number || parcel.shipment.empty());
    });
    if (found == parcels->end()) return "order " + label + ": shipment " + shipment.number + " is not on the portal";
    if (!found->has_left) return "order " + label + ": shipment " + shipment.number + " has not left on the portal";
    parcels->erase(found);
  }
  for (const auto& parcel : *parcels) {
    if (!parcel.shipment.empty()) return "order " + label + ": shipment " + parcel.shipment + " is on the portal twice";
  }
  return "";
}

std::string World::disorder_of_orders() const {
  using engine::OrderState;
  for (const auto& order : orders) {
    const auto& stored = tables.orders(order.channel);
    const auto found = stored.find(order.reference);
    if (found == stored.end()) return "order " + order.reference + " was lost";
    const auto& known = found->second;
    if (known.state == OrderState::linked) {  // its number is the feed's business
      if (known.revision != StoredOrder::Revision::none)
        return "order " + order.reference + " is not revised: " + known.reason;
      const auto* sale = erp.sale_of(order.channel, order.reference);
      if (order.is_cancelled && sale != nullptr && sale->state == SaleState::confirmed && sale->shipments.empty())
        return "order " + order.reference + " is cancelled on the portal, and not in the ERP";
      continue;
    }
    if (known.state == OrderState::skipped) {
      const bool is_in_erp = erp.sale_of(order.channel, order.reference) != nullptr;
      const auto disorder = "order " + order.reference + " is skipped, and the ERP has a sale of it";
      // the ERP may have entered it this moment: it is asked again and again
      if (is_in_erp && known.is_left_alone && known.seen.open) return disorder;
      must(!is_in_erp, "nothing is skipped unsought", [&] { return disorder; });
      // what the portal has finished before the ERP took any like it never comes in
      if (order.is_cancelled || known.skip_asked_at != Instant{} || (known.is_left_alone && !known.seen.open)) continue;
    }
    if (!order.is_paid && known.state == OrderState::waiting) continue;
    return "order " + order.reference + " is " + std::string(engine::name_of(known.state)) + ": " + known.reason;
  }
  return "";
}

}  // namespace ferry::simulation
