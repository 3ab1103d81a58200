// What lies between a process and the others: the network to a portal, the connection to the database, the host's order
// entry.
#include <algorithm>

#include "plugin/engine/channel_settings.h"
#include "tests/simulation/world.h"

namespace ferry::simulation {

using portal::Fate;
using portal::Fault;
using std::chrono::milliseconds;

std::shared_ptr<const engine::Channel> PortalSite::make_channel(const Scenario& scenario) const {
  std::vector<config::Problem> problems;
  const auto secret = [](std::string_view) { return std::optional<std::string>("secret"); };
  const auto values = config::parse(engine::channel_fields(*connector), settings, secret, problems);
  if (!problems.empty()) throw std::logic_error("settings of the simulation: " + problems.front().message);
  auto channel = std::make_shared<engine::Channel>();
  channel->id = id;
  channel->profile = "simulated";
  channel->settings = engine::channel_settings(values);
  channel->settings.retry.absent_interval = scenario.absent_interval;
  channel->connector = connector->create(values);
  engine::fit(channel->settings, channel->connector->capabilities());
  channel->credential = std::make_shared<engine::Credential>(channel->settings.rate_per_second, "portal " + std::to_string(id));
  return channel;
}

// ---- the portal -----------------------------------------------------------------------------------------------------

void World::send(const LaneRunner& runner, const connector::HttpRequest& request,
                 std::function<void(connector::HttpReply)> done) {
  PortalSite& at = site(runner.id().channel);
  laws.on_request(runner, at);
  ++figures.requests;
  const Instant now = agenda.now();
  const Fate fate = at.weather.next(now, at.portal->kind_of(request));
  trace([&] {
    const auto variables = request.body.find("variables");  // of GraphQL; else path and body say what it is
    const auto what = variables == std::string::npos
                          ? request.method + " " + request.target.substr(0, 300) + " " + request.body.substr(0, 600)
                          : request.body.substr(variables, 300);
    return runner.holder() + " " + runner.id().job + " asks portal " + std::to_string(at.id) + " " + what + " (" +
           std::string(name_of(fate.fault)) + ")";
  });
  connector::HttpReply reply;
  reply.request_was_sent = true;
  Duration wait = fate.latency;
  if (const auto refusal = refusal_of(fate, now)) {
    reply.status = refusal->status;
    reply.headers = refusal->headers;
    reply.body = refusal->body;
    reply.request_was_sent = reply.status != 0;
    if (reply.status == 0) reply.error = "connect: connection refused";
    if (reply.status == 429) begin_recovery(Outage::slow_down);
  } else if (fate.is_applied_at_once() || fate.fault == Fault::token_expired) {
    reply = at.portal->answer(request, fate, now);
    const auto& first = erp.products.front().sku;
    const bool is_price = runner.id().job == name_of(Feed::list_price) && at.portal->lists(first);
    if (mutant_ == Mutant::promotion_overwritten && is_price) at.portal->promote(first);
    laws.on_answered(at);
    if (runner.id().job == name_of(Feed::order_status)) laws.on_paid_back(at);
    laws.on_shown(at, false);
    if (fate.fault == Fault::token_expired) begin_recovery(Outage::token);
  }
  const bool breaks = fate.fault == Fault::reset_before || fate.fault == Fault::reset_after;
  const bool is_silent = fate.fault == Fault::answer_lost || fate.fault == Fault::late || wait >= at.request_timeout;
  if (breaks || is_silent) {
    reply = {};
    reply.request_was_sent = true;
    reply.error = breaks ? "connection reset by peer" : "timeout";
  }
  if (is_silent) wait = at.request_timeout;
  if (mutant_ == Mutant::fulfilled_unsought && reply.status == 200) at.portal->hide_parcels(request, reply);
  if (mutant_ == Mutant::refunded_unsought && reply.status == 200) at.portal->hide_refunds(request, reply);
  if (mutant_ == Mutant::acknowledged_by_position && reply.status == 200) at.portal->take_by_position(request, reply);
  if (fate.fault == Fault::late) {
    // nobody waits for it, least of all the warehouse
    for (auto moves = dice.below(4); moves > 0; --moves)
      agenda.in(dice.upto(at.request_timeout + fate.late), [this] { move_stock(); });
    agenda.in(at.request_timeout + fate.late, [this, &at, request] {
      static_cast<void>(at.portal->answer(request, Fate{}, agenda.now()));
      laws.on_answered(at);
      laws.on_paid_back(at);
      laws.on_shown(at, true);
    });
  }
  agenda.in(wait + milliseconds(1),
            [done = std::move(done), reply = std::move(reply)]() mutable { done(std::move(reply)); });
}

// ---- the database ---------------------------------------------------------------------------------------------------

bool World::database_is_up() const {
  for (const auto& outage : scenario.database_outages) {
    if (outage.contains(agenda.now())) return false;
  }
  return true;
}

Duration World::delay_of_call() {
  if (is_over_ || !dice.chance(scenario.call_fails / 8)) return Duration(0);
  ++figures.calls_failed;
  return dice.upto(2 * scenario.lease);  // the process stood still between deciding and calling
}

CallFate World::database_fate() {
  CallFate fate;
  fate.duration = milliseconds(1) + dice.upto(milliseconds(10));
  if (!database_is_up()) {
    fate.is_executed = false;
    fate.failure = engine::Failure::unavailable;
    return fate;
  }
  if (is_over_ || !dice.chance(scenario.call_fails)) return fate;
  ++figures.calls_failed;
  switch (dice.below(4)) {
    case 0: fate.duration += dice.upto(std::chrono::minutes(5)); break;  // the answer takes its time
    case 1:
      fate.is_executed = false;
      fate.failure = engine::Failure::conflict;
      break;
    case 2:
      fate.is_executed = false;
      fate.failure = engine::Failure::unavailable;
      break;
    default:
      ++figures.answers_lost;
      fate.failure = engine::Failure::unavailable;
  }
  return fate;
}

// Wakes the job in every process that hears of it.
void World::notice(const std::string& job) {
  agenda.in(milliseconds(5), [this, job] {
    for (Process* process : living_) {
      if (process && (is_over_ || !dice.chance(scenario.notice_is_lost))) process->wake(0, job);
    }
  });
}

// ---- the ERP --------------------------------------------------------------------------------------------------------

// What the ERP does in one transaction, unless it hesitates, or breaks off before or after.
engine::ErpReply World::transact(const std::function<engine::ErpReply()>& work) {
  using engine::ErpAnswer;
  if (!database_is_up()) return {ErpAnswer::retry, {}, "the ERP's database is away"};
  const bool hesitates = !is_over_ && dice.chance(scenario.erp_hesitates);
  const auto how = hesitates ? dice.below(3) : 3;
  if (hesitates) ++figures.erp_hesitated;
  if (how == 0) return {ErpAnswer::busy, {}, "another user edits the customer"};
  if (how == 1) return {ErpAnswer::retry, {}, "serialisation failure"};
  auto reply = work();
  if (how == 2) return {ErpAnswer::retry, {}, "the connection broke at commit"};
  return reply;
}

engine::ErpReply World::enter_order(std::int32_t channel, const std::string& reference, const std::string& document) {
  return transact([&] { return erp.enter(channel, reference, document); });
}

// Whoever stood still with an older document than the tables have by now changes nothing.
engine::ErpReply World::revise_order(std::int32_t channel, const std::string& reference, const std::string& document) {
  return transact([&]() -> engine::ErpReply {
    if (tables.orders(channel).at(reference).seen.document != document)
      return {engine::ErpAnswer::busy, {}, "the portal has changed the order since"};
    ++figures.revised;
    return erp.revise(channel, reference, document);
  });
}

engine::ErpReply World::look_for_order(std::int32_t channel, const std::string& reference) {
  using engine::ErpAnswer;
  if (!database_is_up()) return {ErpAnswer::retry, {}, "the ERP's database is away"};
  if (!is_over_ && dice.chance(scenario.erp_hesitates)) {
    ++figures.erp_hesitated;
    return {dice.chance(500'000) ? ErpAnswer::busy : ErpAnswer::retry, {}, "the ERP hesitates"};
  }
  const Sale* sale = erp.sale_of(channel, reference);
  ++(sale ? figures.found : figures.sought);
  if (!sale) return {ErpAnswer::absent, {}, "no such order"};
  return {ErpAnswer::linked, {sale->id, sale->number}, ""};
}

}  // namespace ferry::simulation
