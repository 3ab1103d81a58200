// What the tests of the intake lane share.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "plugin/engine/intake_lane.h"
#include "plugin/engine/testing.h"

namespace ferry::engine::testing {

using std::chrono::minutes;

class IntakeLaneTest : public ::testing::Test {
 protected:
  void build(const ChannelOptions& options = {}) {
    parts = make_channel(options);
    stage.emplace(std::make_unique<IntakeLane>(parts.channel));
    stage->row.portal_clock = kStart - minutes(1);
  }
  // Leased and begun; the request for the first page waits to be answered.
  void begun(const ChannelOptions& options = {}) {
    build(options);
    stage->lease();
    begin();
  }
  void begin() {
    // the next run's turn
    for (int i = 0; i < 100 && !stage->has<BeginIntake>(); ++i) {
      stage->wait();
      if (stage->has<Acquire>()) stage->renewed();
    }
    stage->take<BeginIntake>();
    stage->give(Begun{++run});
  }
  void stored(std::int64_t changed) {
    const auto page = stage->take<StoreOrders>();
    stage->give(Stored{StoredPage{static_cast<std::int64_t>(page.orders.size()), changed}});
  }
  void open_listed(std::vector<std::string> ids = {}) {
    stage->take<ListOpen>();
    stage->give(OpenListed{std::move(ids)});
  }
  void ready_listed(std::vector<ReadyOrder> orders = {}) {
    stage->take<ListReady>();
    stage->give(ReadyListed{std::move(orders)});
  }
  void erp(ErpAnswer answer, std::string reason = "") {
    const auto order = stage->take<EnterOrder>();
    stage->give(ErpReplied{order.reference, {answer, {41, "SO41"}, std::move(reason)}});
  }
  std::vector<OrderOutcome> outcomes_recorded() {
    auto outcomes = stage->take<RecordOrders>().outcomes;
    stage->give(Recorded{Result<void>{}});
    return outcomes;
  }
  Instant finished() {
    const auto finish = stage->take<FinishIntake>();
    stage->give(Recorded{Result<void>{}});
    return finish.window_end;
  }
  // A run that finds nothing.
  void empty_run() {
    stage->answer(reply(200));
    if (stage->has<ListOpen>()) open_listed();
    ready_listed();
    finished();
  }
  // At the point where `orders` wait for the ERP.
  void importing(std::vector<ReadyOrder> orders, const ChannelOptions& options = {}) {
    begun(options);
    stage->answer(reply(200));
    open_listed();
    ready_listed(std::move(orders));
  }
  static ReadyOrder ready(std::string reference, std::int32_t attempts = 0) {
    return {std::move(reference), "{}", attempts};
  }
  static ReadyOrder cancelled(std::string reference, Duration since, std::int32_t attempts = 0) {
    return {std::move(reference), "{}", attempts, since};
  }
  void looked_for(const std::string& reference, ErpAnswer answer) {
    EXPECT_EQ(stage->take<LookForOrder>().reference, reference);
    stage->give(ErpReplied{reference, {answer, {41, "SO41"}, ""}});
  }
  static ReadyOrder changed(std::string reference, std::int32_t attempts = 0) {
    return {std::move(reference), R"({"cancelled":true})", attempts, std::nullopt, true};
  }
  void revised(const std::string& reference, ErpAnswer answer, std::string reason = "") {
    EXPECT_EQ(stage->take<ReviseOrder>().reference, reference);
    stage->give(ErpReplied{reference, {answer, {41, "SO41"}, std::move(reason)}});
  }
  int wakes_of(const std::string& job) {
    int count = 0;
    std::vector<WakeJob> seen;
    while (stage->has<WakeJob>()) seen.push_back(stage->take<WakeJob>());
    for (const auto& wake : seen) count += wake.job == job ? 1 : 0;
    return count;
  }

  ChannelParts parts;
  std::optional<Stage> stage;
  std::int64_t run = 0;
};

}  // namespace ferry::engine::testing
