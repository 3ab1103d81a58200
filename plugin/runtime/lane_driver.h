// Drives one lane: carries out the actions of its state machine and feeds the answers back, on a thread of its own.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <thread>

#include "connectors/http/client.h"
#include "plugin/engine/lane.h"
#include "plugin/runtime/erp_queue.h"
#include "plugin/runtime/mailbox.h"
#include "plugin/runtime/store_pool.h"

namespace ferry::runtime {

// What a lane shares with the others of its channel and process; outlives every driver.
struct LaneSurroundings {
  StorePool& stores;
  http::Client& client;
  ErpQueue& erp;
  std::string holder;  // names this engine in the lease
  std::function<void(const engine::WakeJob&)> wake_job;
  std::function<void(int severity, std::string_view line)> log;
};

class LaneDriver {
 public:
  // Starts at once.
  LaneDriver(engine::LaneId id, std::unique_ptr<engine::Lane> lane, LaneSurroundings surroundings);
  ~LaneDriver();  // ask_to_stop() and join
  LaneDriver(const LaneDriver&) = delete;
  LaneDriver& operator=(const LaneDriver&) = delete;

  const engine::LaneId& id() const { return id_; }
  void wake(engine::Wake wake = {});  // any thread
  void ask_to_stop();  // any thread; returns at once
  bool is_stopped() const { return has_ended_; }  // any thread

 private:
  void run();
  void step(engine::Input input);
  // Hands over what does not block; store calls are queued until every arrived input has been stepped, so that answers
  // which arrive together are recorded together.
  void start(engine::Action action);
  void carry_out(engine::Action action);
  ErpQueue::Answered to_inbox(std::string reference) const;
  void log(int severity, const std::string& text) const;

  const engine::LaneId id_;
  const std::unique_ptr<engine::Lane> lane_;
  const LaneSurroundings surroundings_;
  std::shared_ptr<Mailbox<engine::Input>> inbox_ = std::make_shared<Mailbox<engine::Input>>();
  std::mt19937_64 random_{std::random_device{}()};
  std::deque<engine::Action> to_carry_out_;
  Instant wake_at_{};
  bool stopped_ = false;
  std::atomic<bool> has_ended_ = false;
  engine::Lease lease_;  // as last acquired; store calls carry it
  std::thread thread_;   // last: starts when everything else exists
};

}  // namespace ferry::runtime
