#include "plugin/domain/allocation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

namespace ferry {
namespace {

Decimal dec(std::string_view text) { return *Decimal::parse(text); }

Decimal share(std::int64_t pool, const Allocation& own, std::int64_t before = 0, std::int64_t together = 0) {
  return *share_of(Decimal(pool), own, {Decimal(before), Decimal(together)}, 0);
}

TEST(Allocation, WithoutSettingsAChannelSellsAllThatThereIs) {
  EXPECT_EQ(share(7, {}), Decimal(7));
  EXPECT_EQ(*share_of(dec("7.125"), {}, {}, 2), dec("7.12"));
}

TEST(Allocation, APercentageIsRoundedDown) {
  EXPECT_EQ(share(7, {50, {}, {}, {}}), Decimal(3));
  EXPECT_EQ(*share_of(dec("7"), {50, {}, {}, {}}, {}, 1), dec("3.5"));
  EXPECT_EQ(share(7, {0, {}, {}, {}}), Decimal(0));
}

TEST(Allocation, WhatIsRingFencedComesFirstAndIsNobodyElses) {
  const Allocation own{50, {}, Decimal(4), {}};
  EXPECT_EQ(share(20, own, 0, 10), Decimal(9)) << "four, and half of the ten that nobody has ring-fenced";
  EXPECT_EQ(share(20, {50, {}, {}, {}}, 0, 10), Decimal(5));
  EXPECT_EQ(share(8, own, 6, 10), Decimal(2)) << "the pool does not reach for all: the first come first";
  EXPECT_EQ(share(5, own, 6, 10), Decimal(0));
}

TEST(Allocation, TheCapBoundsAndAScarceProductIsNotShownAtAll) {
  EXPECT_EQ(share(100, {50, Decimal(20), {}, Decimal(5)}), Decimal(20));
  EXPECT_EQ(share(10, {50, Decimal(20), {}, Decimal(5)}), Decimal(5));
  EXPECT_EQ(share(9, {50, Decimal(20), {}, Decimal(5)}), Decimal(0));
  EXPECT_EQ(share(100, {100, dec("2.5"), {}, {}}), Decimal(2)) << "in pieces, where the product is sold in pieces";
}

TEST(Allocation, AChannelIsToldItsShareAsFarAsTheOthersLeaveRoom) {
  const auto told = [](std::string_view share, std::string_view stock, std::string_view held_by_others) {
    return *allotted(dec(share), dec(stock), dec(held_by_others), 0);
  };
  EXPECT_EQ(told("5", "10", "5"), Decimal(5));
  EXPECT_EQ(told("5", "10", "7"), Decimal(3)) << "another channel may still sell seven";
  EXPECT_EQ(told("5", "10", "7.5"), Decimal(2));
  EXPECT_EQ(told("5", "10", "12"), Decimal(0));
}

TEST(Allocation, NumbersBeyondADecimalGiveNothing) {
  const Decimal largest = dec(std::string(36, '9'));
  EXPECT_FALSE(share_of(largest, {99, {}, {}, {}}, {}, 0));
  EXPECT_FALSE(allotted(Decimal(1), largest, dec("0.5"), 0));
}

// ---- the property ---------------------------------------------------------------------------------------------------

// One product on several portals, step by step: whoever acts next is drawn, so every delay and every order of events
// between customers, portals, requests, Ferry's lanes and the ERP occurs.
class World {
 public:
  World(std::uint32_t seed, bool erp_takes) : random_(seed), erp_takes_(erp_takes) {
    on_hand_ = below(60);
    int left = 100;
    shops_.resize(2 + static_cast<std::size_t>(below(3)));
    for (auto& shop : shops_) {
      shop.subtracts_orders = chance(50);
      shop.allocation.percent = chance(30) ? left : below(left + 1);
      left -= shop.allocation.percent;
      if (chance(30)) shop.allocation.cap = Decimal(3 + below(20));
      if (chance(40)) shop.allocation.reserved = Decimal(below(8));
      if (chance(30)) shop.allocation.low_stock_threshold = Decimal(1 + below(3));
      shop.safety = chance(30) ? below(3) : 0;
    }
  }

  void step() {
    Shop& shop = shops_[static_cast<std::size_t>(below(static_cast<int>(shops_.size())))];
    switch (below(12)) {
      case 0: case 1: buy(shop); break;
      case 2: look(shop); break;
      case 3: case 4: compare(shop); break;
      case 5: send(shop); break;
      case 6: if (chance(25)) arrive(shop); break;  // requests are slow: much happens meanwhile
      case 7: answer(shop); break;
      case 8: import(); break;
      case 9: ship(); break;
      case 10: cancel(); break;
      default: move(); break;
    }
    check();
  }

  // Everybody does what there is to do, in any order, until nothing changes; the reconciliation sends again what a
  // portal has changed by itself while what Ferry wants of it stayed the same.
  void settle() {
    for (int round = 0; round < 12; ++round) {
      for (auto& order : orders_) fulfil(order);
      for (auto& shop : shops_) look(shop);
      for (auto& order : orders_) release(order);
      std::shuffle(shops_.begin(), shops_.end(), random_);
      for (auto& shop : shops_) {
        compare(shop);
        shop.is_pending = shop.is_pending || shop.number != shop.desired.quantity;
        send(shop);
        arrive(shop, true);
        answer(shop, true);
      }
    }
    taken_ = std::max(0, promised() - on_hand_);  // what was sold before it was taken away
    check();
    for (const auto& shop : shops_) {
      EXPECT_EQ(Decimal(can_be_bought(shop)).text(), share(shop).text()) << "everybody comes to his share";
    }
  }

 private:
  struct Document {
    int quantity = 0, open = 0;
    bool operator==(const Document&) const = default;
    int exposes() const { return quantity + open; }
  };
  struct Shop {
    bool subtracts_orders = false;
    Allocation allocation;
    int safety = 0;
    int id = next_id();
    // the portal
    int number = 0;
    int acts = 0;  // times it changed its number by itself
    // Ferry
    Document desired, acknowledged;
    int exposed = 0;
    bool is_pending = false;
    int acts_seen = 0, acts_compared = 0;
    struct Request {
      Document document;
      int acts = 0;
      bool has_arrived = false, was_taken = false;
    };
    std::optional<Request> under_way;
    static int next_id() {
      static int last = 0;
      return ++last;
    }
  };
  struct Order {
    int shop = 0, quantity = 0;
    bool is_seen = false, is_reserved = false, is_shipped = false;
    bool is_open = true, is_open_seen = false;  // the portal holds it back from sale
    bool is_cancelled = false, is_cancelled_seen = false, is_refused = false;
  };

  int below(int bound) { return bound <= 0 ? 0 : std::uniform_int_distribution<int>(0, bound - 1)(random_); }
  bool chance(int percent) { return below(100) < percent; }
  Shop& shop_of(const Order& order) {
    return *std::find_if(shops_.begin(), shops_.end(), [&](const Shop& shop) { return shop.id == order.shop; });
  }
  template <class Condition>
  Order* any_order(Condition condition) {
    std::vector<Order*> found;
    for (auto& order : orders_) {
      if (condition(order)) found.push_back(&order);
    }
    return found.empty() ? nullptr : found[static_cast<std::size_t>(below(static_cast<int>(found.size())))];
  }
  template <class Condition>
  int sum(Condition condition) const {
    int total = 0;
    for (const auto& order : orders_) total += condition(order) ? order.quantity : 0;
    return total;
  }

  // ---- the portal
  int can_be_bought(const Shop& shop) const {
    if (!shop.subtracts_orders) return shop.number;
    return shop.number - sum([&](const Order& order) { return order.shop == shop.id && order.is_open; });
  }
  void buy(Shop& shop) {
    const int most = std::min(chance(20) ? 30 : 4, can_be_bought(shop));
    if (most <= 0) return;
    orders_.push_back({shop.id, 1 + below(most)});
    if (shop.subtracts_orders) return;
    shop.number -= orders_.back().quantity;
    ++shop.acts;
  }
  void cancel() {
    Order* order = any_order([](const Order& o) { return o.is_open && !o.is_shipped && !o.is_cancelled; });
    if (order == nullptr || !chance(30)) return;
    order->is_open = false;
    order->is_cancelled = true;
    if (shop_of(*order).subtracts_orders) return;
    shop_of(*order).number += order->quantity;
    ++shop_of(*order).acts;
  }
  void fulfil(Order& order) {
    if (!order.is_shipped || !order.is_open) return;
    order.is_open = false;
    if (!shop_of(order).subtracts_orders) return;
    shop_of(order).number -= order.quantity;
    ++shop_of(order).acts;
  }

  // ---- the ERP
  void import() {
    Order* order = any_order([](const Order& o) {
      return o.is_seen && !o.is_reserved && !o.is_shipped && !o.is_cancelled_seen;
    });
    if (order != nullptr) order->is_reserved = true;
  }
  void ship() {
    Order* order = any_order([](const Order& o) { return o.is_reserved && !o.is_shipped && !o.is_cancelled; });
    if (order != nullptr) {
      order->is_shipped = true;
      order->is_reserved = false;
      on_hand_ -= order->quantity;
    }
    if (Order* shipped = any_order([](const Order& o) { return o.is_shipped && o.is_open; })) fulfil(*shipped);
  }
  void release(Order& order) {
    if (order.is_cancelled_seen) order.is_reserved = false;
  }
  void move() {
    if (chance(60)) {
      on_hand_ += below(6);
    } else if (erp_takes_) {
      const int taken = below(std::min(6, 1 + std::max(0, on_hand_ - promised())));
      on_hand_ -= taken;
      taken_ += taken;
    }
    if (Order* order = any_order([](const Order& o) { return o.is_cancelled_seen; })) release(*order);
  }
  int promised() const {
    return sum([](const Order& order) { return !order.is_cancelled && !order.is_shipped; });
  }

  // ---- Ferry
  void look(Shop& shop) {
    for (auto& order : orders_) {
      if (order.shop != shop.id) continue;
      order.is_seen = true;
      order.is_open_seen = order.is_open;
      order.is_cancelled_seen = order.is_cancelled;
    }
    shop.acts_seen = shop.acts;
  }
  int stock() const {
    return on_hand_ - sum([](const Order& order) {
             const bool is_claimed = order.is_seen && !order.is_cancelled_seen && !order.is_shipped;
             return is_claimed || order.is_reserved;
           });
  }
  int opened(const Shop& shop) const {
    return sum([&](const Order& order) { return order.shop == shop.id && order.is_seen && order.is_open_seen; });
  }
  Decimal share(const Shop& shop) const {
    RingFences fences;
    for (const auto& other : shops_) {
      fences.together = *fences.together.plus(other.allocation.reserved);
      if (other.id < shop.id) fences.before = *fences.before.plus(other.allocation.reserved);
    }
    return *share_of(Decimal(std::max(0, stock() - shop.safety)), shop.allocation, fences, 0);
  }
  int held(const Shop& shop) const { return std::max(0, shop.exposed - opened(shop)); }
  void compare(Shop& shop) {
    int others = 0;
    for (const auto& other : shops_) others += other.id != shop.id ? held(other) : 0;
    const Decimal told = *allotted(share(shop), Decimal(std::max(0, stock())), Decimal(others), 0);
    const int quantity = static_cast<int>(*told.to_minor_units(0));
    const Document document =
        shop.subtracts_orders ? Document{quantity + opened(shop), 0} : Document{quantity, opened(shop)};
    shop.acts_compared = shop.acts_seen;
    if (document == shop.desired) return;
    shop.desired = document;
    shop.exposed = std::max(shop.exposed, document.exposes());
    shop.is_pending = true;
  }
  void send(Shop& shop) {
    if (shop.is_pending && !shop.under_way) shop.under_way = {shop.desired, shop.acts_compared, false, false};
  }
  // Set only where the portal has not changed its number since Ferry looked at its orders (compare and set).
  void arrive(Shop& shop, bool surely = false) {
    if (!shop.under_way || shop.under_way->has_arrived) return;
    shop.under_way->has_arrived = true;
    if (!surely && chance(15)) return;
    shop.under_way->was_taken = shop.under_way->acts == shop.acts;
    if (shop.under_way->was_taken) shop.number = shop.under_way->document.quantity;
  }
  void answer(Shop& shop, bool surely = false) {
    if (!shop.under_way || !shop.under_way->has_arrived) return;
    const auto request = *shop.under_way;
    shop.under_way.reset();
    if (!request.was_taken || (!surely && chance(15))) return;  // or the answer was lost
    shop.acknowledged = request.document;
    shop.exposed = std::max(shop.desired.exposes(), request.document.exposes());
    shop.is_pending = shop.desired != request.document;
  }

  void check() const {
    int sold = promised();
    for (const auto& shop : shops_) sold += can_be_bought(shop);
    ASSERT_LE(sold, on_hand_ + taken_)
        << "what can be bought and what was bought, against what is there and what the ERP took away";
  }

  std::mt19937 random_;
  const bool erp_takes_;
  int on_hand_ = 0;
  int taken_ = 0;  // by the ERP, of what may have been sold already
  std::vector<Shop> shops_;
  std::vector<Order> orders_;
};

void play(bool erp_takes) {
  for (std::uint32_t seed = 1; seed <= 1500 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed, erp_takes);
    for (int rest = 0; rest < 4; ++rest) {
      for (int i = 0; i < 150 && !::testing::Test::HasFailure(); ++i) world.step();
      world.settle();
    }
  }
}

TEST(AllocationProperty, TheSumThatCanBeBoughtNeverExceedsWhatIsThere) { play(false); }

TEST(AllocationProperty, WhatTheErpTakesAwayIsAllThatCanBeMissingAndOnlyUntilAllIsQuiet) { play(true); }

}  // namespace
}  // namespace ferry
