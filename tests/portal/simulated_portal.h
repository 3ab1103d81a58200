// A portal as the simulation needs it: it answers a connector's requests without I/O, lives through any weather, and
// is a shop in which customers buy. One for every connector: the build finds
// tests/portal/<connector>/simulated_portal.cpp, which defines `make_simulated_portal_<connector>()`.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/connector/connector.h"
#include "tests/portal/weather.h"

namespace ferry::portal {

struct OrderLine {
  std::string sku;
  std::int64_t quantity = 0;
};

// What has left, as the portal shows it. Of a parcel that a person entered there nobody knows the shipment.
struct Parcel {
  std::string shipment;  // the ERP's number; empty: unknown
  std::map<std::string, std::int64_t> pieces;  // by SKU
  bool has_left = true;
};

// Of what was paid for an order, as the portal shows it.
struct PaidBack {
  std::string id, reason;
  std::int64_t cents = 0;
  bool is_settled = true;  // else it is only promised
};

// What people read on the portal's order, beside its number, of what the ERP did with it.
struct OrderWords {
  std::string state, invoices, cancelled;
};

// What the portal shows from now on of one record, as the feed's document says it: see value_in().
struct NowShown {
  Feed feed{};
  std::string label;
  std::string value;
  bool is_by_request = true;  // else the portal did it by itself
};

class SimulatedPortal {
 public:
  virtual ~SimulatedPortal() = default;

  // The connector's own settings for a channel on it: a JSON object without the common ones. A secret may be anything.
  virtual std::string settings(Dice& dice) const = 0;

  // ---- requests
  virtual Asked kind_of(const connector::HttpRequest& request) const = 0;
  // Precondition: the fate is applied at once, or it is applied late now, or token_expired. The answer is mangled as
  // the fate says.
  virtual connector::HttpReply answer(const connector::HttpRequest& request, const Fate& fate, Instant now) = 0;

  // For a test of the tests: makes of the answer what a connector would believe that takes the n-th row of an answer for
  // the n-th record that it asked for.
  virtual void take_by_position(const connector::HttpRequest&, connector::HttpReply&) const {}

  // ---- what the feeds' documents mean here
  // The part of a document that the portal shows; none: the document promises nothing that could be seen.
  virtual std::optional<std::string> value_in(Feed feed, const std::string& document) const = 0;
  // What it shows of the record; none: it does not have it.
  virtual std::optional<std::string> shown(Feed feed, const std::string& label) const = 0;
  virtual std::vector<NowShown> take_shown() = 0;  // since the last call

  // ---- the shop
  virtual void list(const std::string& sku) = 0;  // from now on it sells this, with nothing on hand
  virtual bool lists(const std::string& sku) const = 0;
  virtual std::int64_t saleable(const std::string& sku) const = 0;  // what a customer can buy
  // From now on a person sells this for less, as a promotion of the shop's own. Precondition: it lists it.
  virtual void promote(const std::string& sku) = 0;
  // All of what people sell for less, in every detail; nothing but promote() changes it.
  virtual std::string promotions() const = 0;
  // A record that the portal refuses, with everything that comes in the same batch.
  virtual void refuse(const std::string& sku, bool refuses) = 0;
  // A record of which every write makes the portal fail, with everything that comes in the same batch.
  virtual void fail(const std::string&, bool /*fails*/) {}
  // An order that can be seen from now on; `is_paid`: it may be imported. The portal's id.
  virtual std::string place(std::span<const OrderLine> lines, bool is_paid, Instant placed_at) = 0;
  virtual void pay(const std::string& order) = 0;
  virtual void ship(const std::string& order) = 0;
  virtual bool cancel(const std::string& order) = 0;  // false: it refuses, because something is fulfilled
  virtual std::int64_t open(const std::string& order, const std::string& sku) const = 0;  // neither shipped nor cancelled
  // None: shipments of the ERP are not told to this portal.
  virtual std::optional<std::vector<Parcel>> parcels(const std::string& /*order*/) const { return std::nullopt; }
  // For a test of the tests: the answer of a portal that shows no parcels.
  virtual void hide_parcels(const connector::HttpRequest&, connector::HttpReply&) const {}
  virtual std::string reference(const std::string& order) const = 0;
  // None: nothing is paid back on this portal.
  virtual std::optional<std::vector<PaidBack>> refunds(const std::string& /*order*/) const { return std::nullopt; }
  virtual std::int64_t paid(const std::string& /*order*/) const { return 0; }  // in cents, before anything was paid back
  // A person there has some of the goods back, or none, and pays so many cents for it. False: that is more than is left.
  virtual bool give_back(const std::string& /*order*/, std::span<const OrderLine> /*goods*/, std::int64_t /*cents*/,
                         const std::string& /*reason*/, Instant /*at*/) {
    return false;
  }
  // For a test of the tests: the answer of a portal that shows no refunds to who is about to make one.
  virtual void hide_refunds(const connector::HttpRequest&, connector::HttpReply&) const {}
  // None: it shows nothing but the number.
  virtual std::optional<OrderWords> words(const std::string& /*order*/) const { return std::nullopt; }
};

struct SimulatedPortalInfo {
  std::string_view connector;
  std::unique_ptr<SimulatedPortal> (*make)();
};
// All that there are in tests/portal/*/ (generated).
std::span<const SimulatedPortalInfo> simulated_portals() noexcept;

}  // namespace ferry::portal
