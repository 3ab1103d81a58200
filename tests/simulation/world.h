// Everything of one history: portals, ERP, database, processes and people, under virtual time.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/portal/simulated_portal.h"
#include "tests/simulation/agenda.h"
#include "tests/simulation/erp.h"
#include "tests/simulation/feed_model.h"
#include "tests/simulation/figures.h"
#include "tests/simulation/laws.h"
#include "tests/simulation/process.h"
#include "tests/simulation/scenario.h"
#include "tests/simulation/tables.h"

namespace ferry::simulation {

// One channel's portal, with its weather.
struct PortalSite {
  std::int32_t id = 0;
  const connector::ConnectorInfo* connector = nullptr;
  std::string settings;  // of the channel, JSON
  std::unique_ptr<portal::SimulatedPortal> portal;
  portal::Weather weather{portal::Climate::clear(), 0};
  connector::StockMeaning stock_meaning{};
  bool has_its_own_clock = false;
  bool is_given_products = false;  // by Ferry; else people list what it sells
  std::int64_t rate_per_second = 0;
  Duration request_timeout{};
  std::string promotions;  // of the portal's own people, as they made them

  std::shared_ptr<const engine::Channel> make_channel(const Scenario& scenario) const;
};

// An order as it really is, whoever has seen it.
struct TrueOrder {
  std::int32_t channel = 0;
  std::string id, reference;
  std::vector<portal::OrderLine> lines;
  bool is_paid = false, is_shipped = false, is_cancelled = false;
  bool is_parcelled = false;  // the ERP sends it in two parcels
  bool is_cut = false;        // the ERP never sends a part of it
  bool is_left_as_it_is = false;  // a person has skipped what its portal changed
};

// How one call on the tables goes.
struct CallFate {
  bool is_executed = true;
  std::optional<engine::Failure> failure;  // what the caller is told instead of the answer
  Duration duration{};
};

class World {
 public:
  World(const Scenario& scenario, Mutant mutant, bool traces);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // The week, and what comes after it. Throws LawBroken.
  void play();

  template <class Describe>
  void trace(Describe describe) {
    if (traces_) note(describe());
  }
  const std::deque<std::string>& last_events() const noexcept { return events_; }

  const Scenario& scenario;
  Agenda agenda;
  Dice dice, engine_dice;
  Figures figures;
  Transactions transactions;
  Erp erp;
  Tables tables;
  std::vector<PortalSite> portals;
  std::vector<TrueOrder> orders;
  Laws laws;

  // ---- for processes (links.cpp)
  Duration delay_of_call();  // before a call on the tables reaches the database; usually none
  CallFate database_fate();
  bool database_is_up() const;
  void send(const LaneRunner& runner, const connector::HttpRequest& request,
            std::function<void(connector::HttpReply)> done);
  engine::ErpReply enter_order(std::int32_t channel, const std::string& reference, const std::string& document);
  engine::ErpReply revise_order(std::int32_t channel, const std::string& reference, const std::string& document);
  engine::ErpReply look_for_order(std::int32_t channel, const std::string& reference);
  // The ERP has committed an order, and the process may not live to hear of it.
  void after_commit(std::size_t process, std::int32_t channel, const std::string& reference);

  // ---- for laws
  PortalSite& site(std::int32_t channel) { return portals.at(static_cast<std::size_t>(channel - 1)); }
  View view(const PortalSite& site) const;
  const TrueOrder* find_order(std::int32_t channel, const std::string& reference) const;
  const PortalSite& site(std::int32_t channel) const { return portals.at(static_cast<std::size_t>(channel - 1)); }
  bool is_sent_in_vain(std::int32_t channel, const std::string& label) const;
  // The ERP owes the customer more than is left of what he paid; also by what the portal has paid back itself.
  bool is_overdrawn(std::int32_t channel, const std::string& label, bool with_refunds_of_portal = false) const;
  bool is_skipped(const TrueOrder& order) const;
  bool has_seen_all_orders_of(const std::string& sku) const;

 private:
  engine::ErpReply transact(const std::function<engine::ErpReply()>& work);

  // people (people.cpp)
  void plan_people();
  void send_part_of_sale(std::size_t index);
  void change_something();
  void move_stock();
  void empty_source(bool is_published);
  void look_at_what_is_held(const engine::LaneId& lane);
  void change_price();
  void change_product();
  void begin_sale(PortalSite& at);
  void change_party();
  bool may_unpublish(std::int64_t key, std::initializer_list<Feed> feeds) const;
  void change_erp(std::function<void(Xid)> change, std::vector<std::int64_t> hinted, Duration takes,
                  Feed feed = Feed::stock);  // that the keys are hinted for
  void place_order();
  void show_order(std::size_t order, Instant placed_at);
  void plan_end_of(std::size_t order);
  void ship_or_cancel_order(std::size_t order, bool is_shipped);
  void ship_or_cancel_sale(std::size_t order, SaleState state);
  void visit_of_clerk();

  // people and money (people_money.cpp)
  void plan_money(std::size_t order, Instant shipped_at);
  const Sale* sale_to_change(std::size_t order) const;
  void change_sale(const Sale& sale, std::function<void(std::size_t, Xid)> change);
  void cancel_part_of_sale(std::size_t order);
  void post_invoice(std::size_t order);
  void post_credit_note(std::size_t order);
  void take_back(std::size_t order);
  void pay_back_by_hand(std::size_t order);
  void leave_as_it_is(std::int32_t channel, const std::string& reference);
  void mend_everything();
  void break_what_fails();
  void mend_what_fails();

  // mishaps (mishaps.cpp)
  void plan_mishaps();
  void plan_late_finale();
  void start_process(std::size_t number);
  void kill_process(std::size_t number, Duration until_restart);
  void notice(const std::string& job);
  void begin_recovery(Outage outage);
  void look_at_recoveries();

  // the end (ending.cpp)
  void come_to_rest();
  std::string disorder() const;  // empty: everything is in order
  std::string disorder_of_feed(const PortalSite& site, Feed feed) const;
  std::string disorder_of_parcels(const PortalSite& site, const std::string& label) const;
  std::string disorder_of_money(const PortalSite& site, const std::string& label) const;
  std::string disorder_of_words(const PortalSite& site, const std::string& label) const;
  std::string disorder_of_orders() const;
  bool is_driven(const engine::LaneId& lane) const;

  void note(const std::string& event);

  struct Recovery {
    Outage outage{};
    Instant since{};
    std::vector<std::pair<engine::LaneId, RecordKey>> backlog;
    bool waits_for_lanes = false;
  };

  const bool traces_;
  std::deque<std::string> events_;
  std::vector<std::unique_ptr<Process>> processes_;  // every life of every one
  std::vector<Process*> living_;                     // the present life of each; null: dead
  std::vector<int> lives_;
  std::vector<Recovery> recoveries_;
  bool is_over_ = false;  // the week
  bool is_emptied_ = false;  // the ERP: by mistake it publishes nothing
  std::set<std::string> unknown_;  // SKUs that the ERP does not know yet
  std::set<std::string> failing_;  // SKUs of which every write makes the portal fail
  const Mutant mutant_;
};

}  // namespace ferry::simulation
