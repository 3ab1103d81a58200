// The ERP: products with stock, price and cost, parties, sales, and order entry that makes exactly one sale of an
// external reference. What is written is seen by others when its transaction commits, which may be long after it began.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugin/engine/ports.h"
#include "tests/simulation/agenda.h"
#include "tests/simulation/transactions.h"

namespace ferry::simulation {

struct Product {
  std::int64_t key = 0;
  std::string sku;
  bool is_known = true;          // false: the ERP has no product of this SKU yet
  bool has_half_a_piece = false;  // a bad record: portals count pieces, and cents
  std::int64_t on_hand = 0;
  std::int64_t reserved = 0;  // by confirmed sales that have not left
  struct Move {
    Instant day{};  // counts from then on, with no write
    std::int64_t quantity = 0;
  };
  std::vector<Move> planned;
  struct Price {
    Instant day{};  // valid from then on, with no write
    std::int64_t cents = 0;
  };
  std::vector<Price> prices;  // in order of day
  std::int64_t cost_cents = 0;
  int name_version = 1;
  bool is_published = true;
  std::int64_t template_key = 0;  // what it is a variant of
  bool has_sibling = false;       // then nobody lists it in the shop but Ferry
  Xid xid = 0;  // the newest that wrote a row of it
};

struct Party {
  std::int64_t key = 0;
  std::string code;
  int name_version = 1;
  int list = 0;
  bool is_published = true;
  Xid xid = 0;
};

enum class SaleState : std::uint8_t { confirmed = 1, shipped, cancelled };
std::string_view name_of(SaleState state) noexcept;

struct Sale {
  std::int64_t id = 0;
  std::string number;
  std::int32_t channel = 0;
  std::string reference;
  struct Line {
    std::size_t product = 0;  // position
    std::int64_t quantity = 0, sent = 0;
    std::int64_t cancelled = 0;  // a person has decided that these are never sent
    std::int64_t cents = 0;      // what the portal charged for all of it, with tax
    std::int64_t open() const noexcept { return quantity - sent - cancelled; }
  };
  std::vector<Line> lines;
  struct Shipment {
    std::string number;
    std::map<std::string, std::int64_t> pieces;  // by SKU
  };
  std::vector<Shipment> shipments;  // that have left
  // What came back of it, or money alone; a sale of its own in the ERP.
  struct Return {
    std::string number;
    std::string refund;  // of the portal, which it was made of or found to be; empty: people entered it, and no more is known
    std::string reason;
    std::int64_t cents = 0;
    std::map<std::string, std::int64_t> pieces;  // by SKU
  };
  std::vector<Return> returns;
  std::int64_t returns_entered = 0;  // with those that were withdrawn
  struct Invoice {
    std::string number, date;
    bool is_credit_note = false;
  };
  std::vector<Invoice> invoices;  // posted

  // Nothing has left, and nothing ever will.
  bool is_withdrawn() const noexcept { return state == SaleState::cancelled && shipments.empty(); }
  std::int64_t returnable(std::size_t line, const std::string& sku) const;  // pieces of it that have not come back
  SaleState state = SaleState::confirmed;
  Xid xid = 0;
};

// Of the return that a refund is for, as its reason says at the end: "SO-1-R2" of "Damaged [SO-1-R2]"; "": it says none.
std::string return_number_in(std::string_view reason);

struct Hint {
  Feed feed{};
  std::int64_t key = 0;
  Xid xid = 0;
};

class Erp {
 public:
  Erp(Agenda& agenda, Transactions& transactions) : agenda_(agenda), transactions_(transactions) {}

  // ---- as committed
  std::vector<Product> products;  // key = position + 1
  std::vector<Sale> sales;        // id = position + 1
  std::vector<Party> parties;     // key = position + 1
  std::vector<Hint> hints;
  // Channel and reference of orders of customers who are in no category of the channel: it takes none of them
  std::set<std::pair<std::int32_t, std::string>> strangers;

  std::int64_t on_hand(const Product& product, Instant now) const;
  std::int64_t price_cents(const Product& product, Instant now) const;
  Product* find(std::string_view sku);
  const Sale* sale_of(std::int32_t channel, std::string_view reference) const;

  // ---- transactions
  using Change = std::function<void(Xid)>;
  Xid begin() { return open_.emplace(transactions_.begin(), Open()).first->first; }
  void add(Xid transaction, Change change) { open_[transaction].changes.push_back(std::move(change)); }
  void hint(Xid transaction, Feed feed, std::int64_t key) {
    open_[transaction].hints.push_back({feed, key, transaction});
  }
  // False: the database ended it before.
  bool commit(Xid transaction);
  void abort_all();

  // ---- order entry: find by external reference, else create, in one transaction of its own that commits now
  engine::ErpReply enter(std::int32_t channel, const std::string& reference, const std::string& document);
  engine::ErpReply revise(std::int32_t channel, const std::string& reference, const std::string& document);
  void set_state(std::size_t sale, SaleState state, Xid xid);  // shipped: what has not left yet leaves
  // A person has that back, and owes the customer the amount.
  void take_back(std::size_t sale, const std::map<std::string, std::int64_t>& pieces, std::int64_t cents,
                 const std::string& reason, Xid xid);
  void post_invoice(std::size_t sale, bool is_credit_note, Xid xid);
  void cancel_rest_of_line(std::size_t sale, std::size_t line, Xid xid);  // what has not left yet never will
  void send_part(std::size_t sale, Xid xid);  // the first piece or so of each line, where that leaves something to send
  std::function<void(const Sale&)> on_created;
  std::function<void(const Sale&, const Sale::Return&)> on_returned;  // of a refund of the portal

 private:
  void send(Sale& sale, const std::function<std::int64_t(const Sale::Line&)>& pieces_of, Xid xid);
  struct Open {
    std::vector<Change> changes;
    std::vector<Hint> hints;
  };
  std::string read_lines(const std::string& document, std::vector<Sale::Line>& lines);
  void come_back(const std::map<std::string, std::int64_t>& pieces, Xid xid);
  // What the portal paid back; empty, or why a person has to decide, and then nothing was done.
  std::string enter_refunds(Sale& sale, const std::string& document, Xid xid);

  Agenda& agenda_;
  Transactions& transactions_;
  std::map<Xid, Open> open_;
  std::map<std::pair<std::int32_t, std::string>, std::size_t, std::less<>> by_reference_;
};

}  // namespace ferry::simulation
