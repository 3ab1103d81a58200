#include "tests/simulation/process.h"

#include <utility>

#include "plugin/engine/feed_lane.h"
#include "plugin/engine/intake_lane.h"
#include "tests/simulation/world.h"

namespace ferry::simulation {

using namespace engine;

namespace {

constexpr int kMostSteps = 200;  // of one lane within kInstant: nothing has that much to say in so short a time
constexpr Duration kInstant = std::chrono::milliseconds(10);

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

bool blocks(const Action& action) {
  return !std::holds_alternative<Request>(action) && !std::holds_alternative<EnterOrder>(action) &&
         !std::holds_alternative<LookForOrder>(action) && !std::holds_alternative<ReviseOrder>(action) && !std::holds_alternative<WakeJob>(action);
}

}  // namespace

LaneRunner::LaneRunner(World& world, Process& process, LaneId id, std::unique_ptr<Lane> lane)
    : world_(world), process_(process), id_(std::move(id)), lane_(std::move(lane)) {}

const std::string& LaneRunner::holder() const noexcept { return process_.holder_; }
bool LaneRunner::is_alive() const noexcept { return !process_.is_dead_; }
void LaneRunner::wake() { arrive(Wake{}); }

void LaneRunner::arrive(Input input) {
  if (!is_alive()) return;
  inbox_.push_back(std::move(input));
  advance();
}

void LaneRunner::step(Input input) {
  const Instant now = world_.agenda.now();
  if (now - counted_since_ > kInstant) {
    counted_since_ = now;
    counted_steps_ = 0;
  }
  must(++counted_steps_ < kMostSteps, "nobody spins",
       [&] { return id_.job + " of " + holder() + " does not come to rest"; });
  ++world_.figures.steps;
  Actions next = lane_->step(std::move(input), now, world_.engine_dice.unit());
  wake_at_ = next.wake_at;
  for (Action& action : next.actions) start(std::move(action));
}

void LaneRunner::start(Action action) {
  if (blocks(action)) {
    to_carry_out_.push_back(std::move(action));
    return;
  }
  std::visit(Overloaded{[this](const Request& request) {
                          world_.send(*this, request.http,
                                      [self = shared_from_this(), id = request.request](connector::HttpReply reply) {
                                        self->arrive(Replied{id, std::move(reply)});
                                      });
                        },
                        [this](const EnterOrder& order) { enter_order(order); },
                        [this](const ReviseOrder& order) { revise_order(order); },
                        [this](const LookForOrder& order) { look_for_order(order); },
                        [this](const WakeJob& wake) {
                          // other lanes of this process, once this step is over
                          world_.agenda.in(Duration(1),
                                           [process = &process_, wake] { process->wake(wake.channel, wake.job); });
                        },
                        [](const auto&) {}},
             action);
}

// Until nothing can be done without waiting for something.
void LaneRunner::advance() {
  while (is_alive() && !process_.is_paused_ && !is_busy_) {
    if (!inbox_.empty()) {
      for (Input& input : std::exchange(inbox_, {})) step(std::move(input));
    } else if (!to_carry_out_.empty()) {
      Action action = std::move(to_carry_out_.front());
      to_carry_out_.pop_front();
      const Duration delay = world_.delay_of_call();
      if (delay == Duration(0)) {
        carry_out(std::move(action));
      } else {
        is_busy_ = true;  // on its way to the database, where it arrives whatever becomes of the process's lease
        world_.agenda.in(delay, [self = shared_from_this(), action = std::move(action)] {
          if (!self->is_alive()) return;
          self->is_busy_ = false;
          self->carry_out(action);
          self->advance();
        });
      }
    } else {
      return plan_tick();
    }
  }
}

void LaneRunner::plan_tick() {
  if (wake_at_ == Instant{}) return;
  const bool is_planned = tick_planned_at_ > world_.agenda.now() && tick_planned_at_ <= wake_at_;
  if (is_planned) return;  // it will plan the rest of the way
  tick_planned_at_ = std::max(wake_at_, world_.agenda.now() + Duration(1));
  world_.agenda.at(tick_planned_at_, [self = shared_from_this(), at = tick_planned_at_] {
    if (self->tick_planned_at_ == at) self->tick();
  });
}

void LaneRunner::tick() {
  tick_planned_at_ = {};
  if (!is_alive() || process_.is_paused_ || is_busy_) return;
  if (wake_at_ != Instant{} && wake_at_ <= world_.agenda.now()) step(Tick{});
  advance();
}

template <class Answer, class Call>
void LaneRunner::ask_tables(Call call) {
  is_busy_ = true;
  const auto fate = world_.database_fate();
  auto result = fate.is_executed ? call() : decltype(call())(Problem{Failure::unavailable, "the database is away"});
  if (fate.failure) result = Problem{*fate.failure, "the database connection broke"};
  world_.agenda.in(fate.duration, [self = shared_from_this(), result = std::move(result)]() mutable {
    self->answered(Answer{std::move(result)});
  });
}

void LaneRunner::answered(Input input) {
  if (!is_alive()) return;
  is_busy_ = false;
  if (const auto* leased = std::get_if<Leased>(&input); leased && leased->answer && leased->answer->held)
    lease_ = leased->answer->lease;
  inbox_.insert(inbox_.begin(), std::move(input));
  advance();
}

void LaneRunner::carry_out(Action action) {
  Tables& tables = world_.tables;
  std::visit(
      Overloaded{
          [&](const Acquire& acquire) {
            ask_tables<Leased>([&] { return tables.acquire(id_, holder(), acquire); });
          },
          [&](const Release&) { static_cast<void>(tables.release(lease_)); },
          [&](const RunFeed& run) { ask_tables<Ran>([&] { return tables.run_feed(run.run); }); },
          [&](const LoadDue& load) { ask_tables<Loaded>([&] { return tables.due(lease_, load.most, load.except); }); },
          [&](const Record& record) { ask_tables<Recorded>([&] { return tables.settle(lease_, record.exchanges); }); },
          [&](const BeginIntake&) { ask_tables<Begun>([&] { return tables.begin_intake(lease_); }); },
          [&](const StoreOrders& page) {
            ask_tables<Stored>([&] { return tables.store_orders(lease_, page.run, page.orders); });
          },
          [&](const ListOpen& open) {
            ask_tables<OpenListed>([&] { return tables.open_orders(lease_, open.watched_since); });
          },
          [&](const ListReady& list) {
            ask_tables<ReadyListed>([&] { return tables.ready_orders(lease_, list.most); });
          },
          [&](const RecordOrders& record) {
            ask_tables<Recorded>([&] { return tables.record_orders(lease_, record.outcomes); });
          },
          [&](const FinishIntake& finish) {
            ask_tables<Recorded>(
                [&] { return tables.finish_intake(lease_, finish.run, finish.window_end, finish.unread); });
          },
          [&](const PauseLane& pause) {
            if (world_.database_is_up()) tables.pause(id_, pause.reason);
          },
          [&](const ReportError& report) {
            if (world_.database_is_up()) tables.report(lease_, report.error);
          },
          [&](const RunSummary& run) {
            if (tables.row(id_).hold == run.run) ++world_.figures.held;
            must(balanced(run.counts), "counts balance", [&] { return "run " + std::to_string(run.run) + " as told"; });
          },
          [&](const ReportBreaker&) {},  // for people only
          [&](const auto&) {
            throw LawBroken("the simulation knows every action", id_.job + " asks for one that process.cpp does not");
          },
      },
      action);
}

Instant LaneRunner::turn_in_erp() {
  Dice& dice = world_.dice;
  process_.erp_free_at = std::max(process_.erp_free_at, world_.agenda.now()) + std::chrono::milliseconds(20) +
                         dice.upto(std::chrono::seconds(dice.chance(50'000) ? 300 : 3));
  return process_.erp_free_at;
}

// The host enters one order at a time. Its transaction ends before its answer is on its way, and either may get lost.
void LaneRunner::enter_order(const EnterOrder& order) {
  world_.agenda.at(turn_in_erp(), [this, self = shared_from_this(), order] {
    const bool is_killed = !is_alive();
    if (is_killed && world_.dice.chance(500'000)) return;  // else the transaction was just about to commit
    ErpReply reply = world_.enter_order(id_.channel, order.reference, order.document);
    world_.trace([&] { return holder() + " entered " + order.reference + " " + reply.order.number + reply.reason; });
    if (!is_killed && reply.answer == ErpAnswer::linked)
      world_.after_commit(static_cast<std::size_t>(process_.number()), id_.channel, order.reference);
    if (is_alive()) arrive(ErpReplied{order.reference, std::move(reply)});
  });
}

void LaneRunner::revise_order(const ReviseOrder& order) {
  world_.agenda.at(turn_in_erp(), [this, self = shared_from_this(), order] {
    if (!is_alive() && world_.dice.chance(500'000)) return;
    ErpReply reply = world_.revise_order(id_.channel, order.reference, order.document);
    world_.trace([&] { return holder() + " revised " + order.reference + " " + reply.order.number + reply.reason; });
    if (is_alive()) arrive(ErpReplied{order.reference, std::move(reply)});
  });
}

void LaneRunner::look_for_order(const LookForOrder& order) {
  world_.agenda.at(turn_in_erp(), [this, self = shared_from_this(), order] {
    if (!is_alive()) return;
    ErpReply reply = world_.look_for_order(id_.channel, order.reference);
    world_.trace([&] {
      return holder() + " looked for " + order.reference + ", found " + reply.order.number + reply.reason;
    });
    arrive(ErpReplied{order.reference, std::move(reply)});
  });
}

// ---- the process ----------------------------------------------------------------------------------------------------

Process::Process(World& world, int number, int life)
    : world_(world), number_(number), holder_("erp" + std::to_string(number) + "/" + std::to_string(life)) {}

void Process::start() {
  for (auto& portal : world_.portals) {
    auto channel = portal.make_channel(world_.scenario);
    const auto add = [&](const std::string& job, std::unique_ptr<Lane> lane) {
      runners_.push_back(std::make_shared<LaneRunner>(world_, *this, LaneId{portal.id, job}, std::move(lane)));
    };
    for (const Feed feed : channel->connector->capabilities().feeds)
      add(std::string(name_of(feed)), std::make_unique<FeedLane>(channel, feed));
    add(std::string(kIntakeJob), std::make_unique<IntakeLane>(channel));
  }
  for (const auto& runner : runners_) runner->wake();
}

void Process::kill() {
  is_dead_ = true;
  runners_.clear();  // what is under way keeps its own alive until it comes back to nobody
}

void Process::pause() { is_paused_ = true; }

void Process::resume() {
  is_paused_ = false;
  const auto runners = runners_;
  for (const auto& runner : runners) runner->advance();
}

void Process::wake(std::int32_t channel, const std::string& job) {
  if (is_dead_) return;
  const auto runners = runners_;
  for (const auto& runner : runners) {
    if ((channel == 0 || runner->id().channel == channel) && runner->id().job == job) runner->wake();
  }
}

}  // namespace ferry::simulation
