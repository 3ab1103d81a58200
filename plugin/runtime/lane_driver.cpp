#include "plugin/runtime/lane_driver.h"

#include <chrono>
#include <optional>
#include <utility>

#include "ferry/ext/log.h"
#include "plugin/domain/feed.h"
#include "plugin/runtime/clock.h"

namespace ferry::runtime {
namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

bool blocks(const engine::Action& action) {
  return !std::holds_alternative<engine::Request>(action) && !std::holds_alternative<engine::EnterOrder>(action) &&
         !std::holds_alternative<engine::LookForOrder>(action) && !std::holds_alternative<engine::ReviseOrder>(action) &&
         !std::holds_alternative<engine::Evaluate>(action) && !std::holds_alternative<engine::WakeJob>(action);
}

std::string summary_line(const engine::RunSummary& run) {
  const auto part = [](const char* name, std::int64_t value) { return std::string(" ") + name + "=" + std::to_string(value); };
  return "run " + std::to_string(run.run) + " " + run.mode + part("inbound", run.counts.inbound) +
         part("changed", run.counts.changed) + part("unchanged", run.counts.unchanged) +
         part("successful", run.counts.successful) + part("failed", run.counts.failed) +
         part("deferred", run.counts.deferred) + (run.news.empty() ? "" : ": " + run.news);
}

std::string summary_line(const engine::ReconciliationSummary& summary) {
  const engine::ReconciliationCounts& counts = summary.counts;
  const auto part = [](const char* name, std::int64_t value) { return std::string(" ") + name + "=" + std::to_string(value); };
  std::string line = "reconciliation " + std::to_string(summary.reconciliation) + " " +
                     std::string(name_of(summary.feed)) + part("listed", counts.listed) + part("agreed", counts.agreed) +
                     part("left_out", counts.left_out) + part("differing", counts.differing) +
                     part("missing", counts.missing) + part("surplus", counts.surplus) +
                     part("explained", counts.explained) + part("unconfirmed", counts.unconfirmed) +
                     part("healed", counts.healed);
  if (!counts.parity.empty()) line += " parity=" + counts.parity + "%";
  if (!counts.variance.empty()) line += " variance=" + counts.variance;
  return counts.error.empty() ? line : line + ": " + counts.error;
}

std::string breaker_line(const engine::BreakerChange& change) {
  if (change.state == engine::BreakerState::closed) return "the portal is well again; everything goes on";
  return "the portal is ill and left alone for now, one request at a time finds out when it is well again: " +
         change.reason;
}

}  // namespace

LaneDriver::LaneDriver(engine::LaneId id, std::unique_ptr<engine::Lane> lane, LaneSurroundings surroundings)
    : id_(std::move(id)), lane_(std::move(lane)), surroundings_(std::move(surroundings)), thread_([this] { run(); }) {}

LaneDriver::~LaneDriver() {
  ask_to_stop();
  thread_.join();
}

void LaneDriver::wake(engine::Wake wake) { inbox_->put(wake); }
void LaneDriver::ask_to_stop() { inbox_->put(engine::Stop{}); }

void LaneDriver::run() {
  step(engine::Wake{});
  while (!stopped_) {
    if (!to_carry_out_.empty()) {
      engine::Action action = std::move(to_carry_out_.front());
      to_carry_out_.pop_front();
      carry_out(std::move(action));
      for (engine::Input& input : inbox_->take_arrived()) step(std::move(input));
      continue;
    }
    const auto deadline = wake_at_ == Instant{} ? std::nullopt : std::optional(wake_at_);
    auto inputs = inbox_->take_all(deadline);
    if (inputs.empty()) inputs.push_back(engine::Tick{});
    for (engine::Input& input : inputs) step(std::move(input));
  }
  has_ended_ = true;
}

void LaneDriver::step(engine::Input input) {
  std::uniform_real_distribution<double> unit(0.0, 1.0);
  engine::Actions next = lane_->step(std::move(input), now(), unit(random_));
  wake_at_ = next.wake_at;
  stopped_ = next.stopped;
  for (engine::Action& action : next.actions) start(std::move(action));
  if (stopped_) {  // what the machine wanted done before it stopped (releasing the lease) is still done
    while (!to_carry_out_.empty()) {
      engine::Action action = std::move(to_carry_out_.front());
      to_carry_out_.pop_front();
      if (std::holds_alternative<engine::Release>(action)) carry_out(std::move(action));
    }
  }
}

void LaneDriver::start(engine::Action action) {
  if (blocks(action)) {
    to_carry_out_.push_back(std::move(action));
    return;
  }
  std::visit(Overloaded{
                 [this](engine::Request& request) {
                   surroundings_.client.send(request.http,
                                             [inbox = inbox_, id = request.request](connector::HttpReply reply) {
                                               inbox->put(engine::Replied{id, std::move(reply)});
                                             });
                 },
                 [this](engine::EnterOrder& order) {
                   surroundings_.erp.enter(id_.channel, order.reference, std::move(order.document),
                                           to_inbox(order.reference));
                 },
                 [this](engine::LookForOrder& order) {
                   surroundings_.erp.find(id_.channel, order.reference, to_inbox(order.reference));
                 },
                 [this](engine::ReviseOrder& order) {
                   surroundings_.erp.revise(id_.channel, order.reference, std::move(order.document),
                                            to_inbox(order.reference));
                 },
                 [this](engine::Evaluate& portion) {
                   surroundings_.erp.evaluate(id_.channel, std::move(portion.questions),
                                              [inbox = inbox_, id = portion.request](engine::ErpReply reply) {
                                                inbox->put(engine::Evaluated{id, std::move(reply)});
                                              });
                 },
                 [this](engine::WakeJob& wake) { surroundings_.wake_job(wake); },
                 [](auto&) {},
             },
             action);
}

ErpQueue::Answered LaneDriver::to_inbox(std::string reference) const {
  return [inbox = inbox_, reference = std::move(reference)](engine::ErpReply reply) {
    inbox->put(engine::ErpReplied{reference, std::move(reply)});
  };
}

void LaneDriver::carry_out(engine::Action action) {
  auto store = surroundings_.stores.borrow();
  std::visit(
      Overloaded{
          [&](engine::Acquire& acquire) {
            auto answer = store->acquire(id_, surroundings_.holder, acquire.ttl, acquire.credential);
            if (answer && answer->held) lease_ = answer->lease;
            step(engine::Leased{std::move(answer)});
          },
          [&](engine::Release&) { static_cast<void>(store->release(lease_)); },  // else it expires by itself
          [&](engine::RunFeed& run) { step(engine::Ran{store->run_feed(run.run)}); },
          [&](engine::LoadDue& load) {
            step(engine::Loaded{store->due(lease_, *feed_from_name(id_.job), load.most, load.except)});
          },
          [&](engine::Record& record) {
            step(engine::Recorded{store->settle(lease_, *feed_from_name(id_.job), record.exchanges)});
          },
          [&](engine::BeginIntake&) { step(engine::Begun{store->begin_intake(lease_)}); },
          [&](engine::StoreOrders& page) { step(engine::Stored{store->store_orders(lease_, page.run, page.orders)}); },
          [&](engine::ListOpen& open) { step(engine::OpenListed{store->open_orders(lease_, open.watched_since)}); },
          [&](engine::ListReady& list) { step(engine::ReadyListed{store->ready_orders(lease_, list.most)}); },
          [&](engine::RecordOrders& record) {
            step(engine::Recorded{store->record_orders(lease_, record.run, record.outcomes)});
          },
          [&](engine::FinishIntake& finish) {
            step(engine::Recorded{store->finish_intake(lease_, finish.run, finish.window_end, finish.unread)});
          },
          [&](engine::NextSurvey& next) { step(engine::SurveyGiven{store->next_survey(lease_, next.wish)}); },
          [&](engine::RecordSurvey& page) {
            step(engine::SurveyRecorded{store->record_survey(lease_, page.result)});
          },
          [&](engine::PauseLane& pause) {
            log(FERRY_LOG_ERROR, "paused: " + pause.reason);
            static_cast<void>(store->pause(id_, pause.reason));
          },
          [&](engine::ReportError& report) {
            if (!report.error.empty()) log(FERRY_LOG_WARNING, report.error);
            // a report that cannot be written (the database is away) was logged; the screen catches up with the next
            static_cast<void>(store->report(lease_, report.error));
          },
          [&](engine::ReportBreaker& report) {
            if (report.change.is_news) log(FERRY_LOG_WARNING, breaker_line(report.change));
            static_cast<void>(store->report_breaker(id_.channel, report.change));
          },
          [&](engine::RunSummary& run) { log(run.news.empty() ? FERRY_LOG_INFO : FERRY_LOG_WARNING, summary_line(run)); },
          [&](engine::ReconciliationSummary& summary) { log(FERRY_LOG_INFO, summary_line(summary)); },
          [](auto&) {},
      },
      action);
}

void LaneDriver::log(int severity, const std::string& text) const {
  surroundings_.log(severity, "channel " + std::to_string(id_.channel) + " " + id_.job + ": " + text);
}

}  // namespace ferry::runtime
