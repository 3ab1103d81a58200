// What Ferry promises (DESIGN.md section 1), asked at every step:
//
//   nothing is overlooked  after a run that is not of hints alone, what the tables want of every record is what the ERP
//                          says, whenever and by whomever it was written
//   nothing is skipped unsought  an order that is skipped has no sale: asked in the end, whoever was killed in between
//   nothing is doubled     a portal order never becomes two sales, and a sale belongs to an order that was placed
//   acknowledged is true   what is recorded as delivered was shown by the portal while the exchange lasted
//   the last value wins    a request never puts an older value in the place of a newer one. Exception, counted: a
//                          portal that applies a request after its client gave it up (weather `applied late`); no
//                          client can take such a request back, but it does not stay so, see below
//   one bad record         what the portal refuses for good is a record that is bad; others are given up only after
//                          as many attempts as the channel allows; waiting as asked counts no attempt
//   nothing is oversold    whenever Ferry has seen what there is to see (every order of the SKU in its present state,
//                          every committed change of the ERP) and its number is acknowledged, the portal sells no more
//                          than the ERP allows. What nobody could see yet cannot be subtracted yet: an order that was
//                          placed, shipped or cancelled since the last look, a write that is younger than the last run
//   no portal is emptied   of what a portal confirmed something remains, also while the ERP's source is empty by mistake
//   promotions stay        what the portal's own people sell for less is as they made it, whatever price was sent
//   money goes back once   what people return in the ERP is paid back on the portal by one refund that has its number, never
//                          more than it is worth; what the portal paid back becomes one return of the same amount
//   one drives a lane      only the process that the tables name as a lane's holder sends requests for it, and writes
//   the rate is kept       in any second all processes together, also those that have died or stood still in it, send a
//                          portal no more requests than the channel's setting allows
//
// After the weather has cleared, and within Scenario::recovery_limit(): every record shows on the portal what the ERP
// says, nothing is pending, dead, absent or in doubt, and every order that may be imported became one sale whose number
// it has, with what the ERP says of it in words. To the cent: each return of the ERP is a refund of the portal, and each
// refund a return, but for what the product leaves to a person (goods that cannot come back, more money than was paid).
// Nobody compares with the portal's own data for that (reconciliation). First while records of which every write makes
// the portal fail are still there: they hold up no other; then without them.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/portal/simulated_portal.h"
#include "tests/simulation/law.h"
#include "tests/simulation/tables.h"

namespace ferry::simulation {

class World;
struct PortalSite;
class LaneRunner;

class Laws {
 public:
  explicit Laws(World& world) : world_(world) {}

  void on_request(const LaneRunner& runner, const PortalSite& site);
  void on_answered(const PortalSite& site) const;
  void on_shown(const PortalSite& site, bool is_late);  // the portal was asked, or acted by itself
  void on_compared(const engine::Lease& lease, engine::RunMode mode);
  void on_sale(const Sale& sale);
  void on_returned(const Sale& sale, const Sale::Return& returned) const;  // of a refund of the portal
  void on_paid_back(const PortalSite& site) const;
  void on_settled(const engine::Lease& lease, const Delivery& before, const Publication& publication,
                  const engine::SettledExchange& exchange, const engine::SettledItem& item);
  void on_customer(const PortalSite& site, const std::string& sku);  // somebody may buy it now
  void mark_bad(const std::string& sku) { bad_.insert(sku); }

 private:
  struct Key {
    std::int32_t channel = 0;
    Feed feed{};
    std::string label;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Shown {
    Instant since{};
    std::string value;
    bool is_by_request = false;
  };
  struct History {
    std::vector<Shown> shown;
    std::ptrdiff_t newest = -1;  // the newest version that a request has put there
  };
  void check_writer(const engine::Lease& lease);
  void on_held(const PortalSite& site, const Product& product);
  void on_divided(const Product& product, std::int64_t free);
  void check_version(const PortalSite& site, const portal::NowShown& now, bool is_late, History& history);

  World& world_;
  std::map<Key, History> histories_;
  std::set<std::string> bad_;  // SKUs that are, or once were, bad records
  std::map<std::int32_t, std::deque<Instant>> sent_;  // by channel
};

}  // namespace ferry::simulation
