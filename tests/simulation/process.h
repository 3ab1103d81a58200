// One ERP server process with Ferry in it: carries out what its lanes ask for, as plugin/runtime does, and can be
// killed or paused at any moment.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "plugin/engine/channel.h"
#include "plugin/engine/lane.h"

namespace ferry::simulation {

class World;
class Process;

// One lane of one process; like runtime/lane_driver: one call on the tables at a time, everything else beside it.
class LaneRunner : public std::enable_shared_from_this<LaneRunner> {
 public:
  LaneRunner(World& world, Process& process, engine::LaneId id, std::unique_ptr<engine::Lane> lane);

  const engine::LaneId& id() const noexcept { return id_; }
  const std::string& holder() const noexcept;
  bool is_alive() const noexcept;
  void wake();
  void arrive(engine::Input input);  // an answer, when it comes

 private:
  friend class Process;
  void step(engine::Input input);
  void advance();
  void start(engine::Action action);
  void carry_out(engine::Action action);
  template <class Answer, class Call>
  void ask_tables(Call call);
  void answered(engine::Input input);
  void plan_tick();
  void tick();
  void enter_order(const engine::EnterOrder& order);
  void revise_order(const engine::ReviseOrder& order);
  void look_for_order(const engine::LookForOrder& order);
  Instant turn_in_erp();  // when the host's next call into it ends

  World& world_;
  Process& process_;
  const engine::LaneId id_;
  const std::unique_ptr<engine::Lane> lane_;
  std::deque<engine::Action> to_carry_out_;
  std::vector<engine::Input> inbox_;
  bool is_busy_ = false;  // a call on the tables is under way
  engine::Lease lease_;   // as last acquired
  Instant wake_at_{}, tick_planned_at_{};
  Instant counted_since_{};
  int counted_steps_ = 0;
};

class Process {
 public:
  // `life`: how often a process was started before; each life has another name in the leases.
  Process(World& world, int number, int life);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void start();
  void kill();
  void pause();
  void resume();
  bool is_dead() const noexcept { return is_dead_; }
  bool is_paused() const noexcept { return is_paused_; }
  const std::string& holder() const noexcept { return holder_; }
  int number() const noexcept { return number_; }
  void wake(std::int32_t channel, const std::string& job);  // 0: of every channel
  Instant erp_free_at{};  // its host does one ERP call at a time

 private:
  friend class LaneRunner;
  World& world_;
  const int number_;
  const std::string holder_;
  bool is_dead_ = false, is_paused_ = false;
  std::vector<std::shared_ptr<LaneRunner>> runners_;
};

}  // namespace ferry::simulation
