#include "sql/testing/reconciliation_fixture.h"

namespace ferry::sql {
namespace {

using engine::ReconciliationCounts;
using engine::SurveyKind;
using ::testing::ElementsAre;
using testing::must;
using testing::unruled;

class OrderReconciliation : public testing::ReconciliationTest {
 protected:
  void SetUp() override {
    synced({"A"});
    lease(1, "intake");
    sql("INSERT INTO ferry.job (channel, job, compared_fully_at) VALUES (1, 'order_status', now())");
    linked("R1", 1);
    linked("R2", 2);
    portal_.clear();
    show_order("R1", 1, "S1");
    show_order("R2", 2, "S2");
  }
  void linked(const std::string& reference, int id) {
    const auto n = std::to_string(id);
    const auto document =
        R"({"order":")" + n + R"(","reference":")" + reference + R"(","number":"S)" + n + R"(","state":"done"})";
    sql("INSERT INTO ferry.portal_order (channel, reference, portal_id, placed_at, portal_state, open, cancelled, "
        "document, "
        "fingerprint, state, erp_id, erp_number, first_seen_at, last_seen_at) VALUES (1, '" +
        reference + "', '" + n + "', now() - interval '2 days', 'Shipped', false, false, '{}', 1, 'linked', " + n +
        ", 'S" + n + "', now(), now())");
    sql("INSERT INTO ferry.publication (channel, feed, key, label, desired, fingerprint, acknowledged, "
        "acknowledged_fingerprint, acknowledged_at, state, run, changed_at) VALUES (1, 'order_status', " +
        n + ", '" + reference + "', '" + document + "', 7, '" + document +
        "', 7, now() - interval '1 day', 'settled', 1, now())");
  }
  void show_order(const std::string& reference, int id, const std::string& number) {
    portal_[reference] = R"({"order":")" + std::to_string(id) + R"(","number":")" + number + "\"}";
  }
  ReconciliationCounts orders(bool heal = false) {
    must(store_.request_reconciliation(1, {Feed::order_status}, heal));
    const auto task = first_look();
    if (task.kind == SurveyKind::finished) return task.counts;
    sql("UPDATE ferry.job SET last_success_at = now() WHERE job = 'intake'");
    return second_look();
  }
};

TEST_F(OrderReconciliation, OrdersOnBothSidesAgree) {
  const auto counts = orders();
  EXPECT_EQ(counts.agreed, 2);
  EXPECT_EQ(counts.parity, "100.000");
  EXPECT_EQ(counts.variance, "") << "orders have no quantity";
}

TEST_F(OrderReconciliation, OrdersOnOneSideOnlyAndLostNumbersAreFound) {
  linked("R3", 3);
  show_order("R2", 2, "");
  show_order("R9", 9, "");
  const auto counts = orders();
  EXPECT_EQ(findings(), "differing R2, missing R3, surplus R9");
  EXPECT_EQ(counts.parity, "33.333");
}

TEST_F(OrderReconciliation, HealingWritesTheNumberAgainAndLetsTheIntakeLookForTheOrder) {
  show_order("R2", 2, "");
  show_order("R9", 9, "");
  EXPECT_EQ(orders(true).healed, 2);
  EXPECT_EQ(value("SELECT state FROM ferry.publication WHERE label = 'R2'"), "pending");
  const auto intake = lease(1, "intake");
  EXPECT_THAT(must(store_.open_orders(intake, {})), ElementsAre("9"));
  // what the intake then finds is imported as any other
  connector::PulledOrder order{"R9", "9", "PaymentSettled", {}, true, true, false, R"({"lines":[]})"};
  const auto round = must(store_.begin_intake(intake));
  EXPECT_EQ(must(store_.store_orders(intake, round, unruled({order}))).changed, 1);
  EXPECT_EQ(value("SELECT state FROM ferry.portal_order WHERE reference = 'R9'"), "ready");
}

TEST_F(OrderReconciliation, AnOrderWithoutIdIsFoundAndNotLookedForByIt) {
  portal_["R9"] = R"({"order":"","number":""})";
  EXPECT_EQ(orders(true).healed, 0);
  EXPECT_EQ(findings(), "surplus R9");
  EXPECT_EQ(value("SELECT count(*) FROM ferry.portal_order WHERE reference = 'R9'"), "0");
}

TEST_F(OrderReconciliation, AnOrderThatIsKnownButNotImportedIsNoSurplus) {
  sql("INSERT INTO ferry.portal_order (channel, reference, portal_id, placed_at, portal_state, open, cancelled, "
      "document, "
      "fingerprint, state, reason, first_seen_at, last_seen_at) VALUES (1, 'R9', '9', now(), 'PaymentSettled', true, "
      "false, "
      "'{}', 1, 'review', 'unknown SKU', now(), now())");
  show_order("R9", 9, "");
  EXPECT_EQ(orders().left_out, 1);
  EXPECT_EQ(findings(), "");
}

TEST_F(OrderReconciliation, OrdersBeforeTheWindowAreNotMissed) {
  linked("R0", 5);
  sql("UPDATE ferry.portal_order SET placed_at = now() - interval '60 days' WHERE reference = 'R0'");
  EXPECT_EQ(orders().lacking, 0);
  EXPECT_EQ(value("SELECT (window_from > now() - interval '31 days')::text FROM ferry.reconciliation"), "true");
}

}  // namespace
}  // namespace ferry::sql
