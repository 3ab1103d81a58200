// Processes that die, stop and come back; outages; and how long it takes until their backlog is gone.
#include <algorithm>

#include "tests/simulation/world.h"

namespace ferry::simulation {

void World::start_process(std::size_t number) {
  processes_.push_back(std::make_unique<Process>(*this, static_cast<int>(number), lives_[number]++));
  living_[number] = processes_.back().get();
  trace([&] { return living_[number]->holder() + " starts"; });
  living_[number]->start();
}

void World::kill_process(std::size_t number, Duration until_restart) {
  if (!living_[number]) return;
  ++figures.kills;
  trace([&] { return living_[number]->holder() + " is killed"; });
  living_[number]->kill();
  living_[number] = nullptr;
  begin_recovery(Outage::kill);
  agenda.in(until_restart, [this, number] { start_process(number); });
}

// Before anything of it is recorded; and the customer changes his mind before anybody takes the lane over.
void World::after_commit(std::size_t number, std::int32_t channel, const std::string& reference) {
  if (is_over_ || !dice.chance(scenario.dies_at_commit)) return;
  ++figures.kills_at_commit;
  kill_process(number, dice.upto(std::chrono::minutes(30)));
  const Instant cancelled_at = agenda.now() + dice.upto(std::chrono::minutes(30));
  if (cancelled_at >= scenario.week.to - std::chrono::hours(1)) return;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    if (orders[i].channel != channel || orders[i].reference != reference) continue;
    agenda.at(cancelled_at, [this, i] { ship_or_cancel_order(i, false); });
  }
}

void World::plan_mishaps() {
  const auto count = static_cast<std::size_t>(scenario.processes);
  living_.assign(count, nullptr);
  lives_.assign(count, 0);
  for (std::size_t i = 0; i < count; ++i) {
    agenda.in(dice.upto(std::chrono::seconds(20)), [this, i] { start_process(i); });
  }
  for (const auto& kill : scenario.kills) {
    agenda.at(kill.at,
              [this, kill, count] { kill_process(static_cast<std::size_t>(kill.process) % count, kill.length); });
  }
  for (const auto& pause : scenario.pauses) {
    agenda.at(pause.at, [this, pause, count] {
      Process* process = living_[static_cast<std::size_t>(pause.process) % count];
      if (!process || process->is_paused()) return;
      ++figures.pauses;
      trace([&] { return process->holder() + " stands still"; });
      process->pause();
      agenda.in(pause.length, [this, process] {
        if (process->is_dead()) return;
        trace([&] { return process->holder() + " goes on"; });
        process->resume();
      });
    });
  }
  for (const auto& outage : scenario.database_outages) {
    agenda.at(outage.from, [this] {
      ++figures.database_outages;
      trace([] { return std::string("the database goes away"); });
      erp.abort_all();
    });
    agenda.at(outage.to, [this] {
      trace([] { return std::string("the database is back"); });
      begin_recovery(Outage::database);
    });
  }
  plan_late_finale();
  if (scenario.emptied) {
    ++figures.emptied;
    agenda.at(scenario.emptied->from, [this] { empty_source(false); });
  }
  for (const auto& at : portals) {
    for (const auto& outage : at.weather.climate().outages)
      agenda.at(outage.to, [this] { begin_recovery(Outage::portal); });
  }
}

// The last minutes of the week, in half of the histories: portals apply late much of what they are sent, while the
// warehouse counts. What is wrong after that nothing newer puts right.
void World::plan_late_finale() {
  if (!dice.chance(500'000)) return;
  const Duration length = std::chrono::minutes(3);
  agenda.at(scenario.week.to - length, [this] {
    for (auto& at : portals) {
      auto climate = at.weather.climate();
      climate.per_million[static_cast<std::size_t>(portal::Fault::late)] = 300'000;
      at.weather.set(std::move(climate));
    }
  });
  for (int i = 0; i < 10; ++i) agenda.at(scenario.week.to - dice.upto(length), [this] { move_stock(); });
}

bool World::is_driven(const engine::LaneId& lane) const {
  const auto found = tables.lanes().find(lane);
  if (found == tables.lanes().end() || found->second.expires_at <= agenda.now()) return false;
  return std::any_of(living_.begin(), living_.end(), [&](const Process* process) {
    return process && !process->is_paused() && process->holder() == found->second.holder;
  });
}

// One at a time of each kind: what is waiting now is to be gone, and every lane to be driven.
void World::begin_recovery(Outage outage) {
  const bool is_measured = std::any_of(recoveries_.begin(), recoveries_.end(),
                                       [&](const auto& recovery) { return recovery.outage == outage; });
  if (is_measured || is_over_) return;
  Recovery recovery{outage, agenda.now(), {}, false};
  for (const auto& [lane, row] : tables.lanes()) {
    recovery.waits_for_lanes = recovery.waits_for_lanes || !is_driven(lane);
    for (const auto& [key, publication] : row.publications) {
      if (publication.delivery.state == PublicationState::pending) recovery.backlog.emplace_back(lane, key);
    }
  }
  if (recovery.backlog.empty() && !recovery.waits_for_lanes) return;
  recoveries_.push_back(std::move(recovery));
  if (recoveries_.size() == 1) agenda.in(std::chrono::seconds(5), [this] { look_at_recoveries(); });
}

void World::look_at_recoveries() {
  std::erase_if(recoveries_, [this](Recovery& recovery) {
    std::erase_if(recovery.backlog, [this](const auto& waiting) {
      return tables.row(waiting.first).publications.at(waiting.second).delivery.state != PublicationState::pending;
    });
    const auto& lanes = tables.lanes();
    const bool are_driven =
        std::all_of(lanes.begin(), lanes.end(), [this](const auto& lane) { return is_driven(lane.first); });
    recovery.waits_for_lanes = recovery.waits_for_lanes && !are_driven;
    if (!recovery.backlog.empty() || recovery.waits_for_lanes) return false;
    figures.recovery[static_cast<std::size_t>(recovery.outage)].push_back(agenda.now() - recovery.since);
    return true;
  });
  if (recoveries_.empty()) return;
  const Duration waited = agenda.now() - recoveries_.front().since;  // looked at the less often the longer it takes
  agenda.in(std::max<Duration>(std::chrono::seconds(5), waited / 10), [this] { look_at_recoveries(); });
}

}  // namespace ferry::simulation
