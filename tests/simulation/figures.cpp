#include "tests/simulation/figures.h"

#include <algorithm>
#include <cstdio>

namespace ferry::simulation {
namespace {

std::string line(const std::string& name, const std::string& value) {
  char text[160];
  std::snprintf(text, sizeof text, "  %-28s %s\n", name.c_str(), value.c_str());
  return text;
}

std::string span(Duration duration) {
  const auto seconds = static_cast<double>(duration.count()) / 1e6;
  char text[40];
  if (seconds < 120)
    std::snprintf(text, sizeof text, "%.1f s", seconds);
  else
    std::snprintf(text, sizeof text, "%.1f min", seconds / 60);
  return text;
}

std::string spread(std::vector<Duration> times) {
  if (times.empty()) return "none";
  std::sort(times.begin(), times.end());
  return "p50 " + span(times[times.size() / 2]) + ", max " + span(times.back()) + " (" +
         std::to_string(times.size()) + ")";
}

}  // namespace

std::string_view name_of(Outage outage) noexcept {
  constexpr std::array<std::string_view, kOutages> kNames = {"portal down", "database away", "process killed",
                                                             "token expired", "429"};
  return kNames[static_cast<std::size_t>(outage)];
}

void Figures::add(const Figures& other) {
  for (const auto member :
       {&Figures::histories, &Figures::steps, &Figures::requests, &Figures::orders, &Figures::linked,
         &Figures::reviewed, &Figures::skipped, &Figures::erp_changes, &Figures::held, &Figures::emptied, &Figures::kills, &Figures::pauses,
         &Figures::database_outages, &Figures::calls_failed, &Figures::answers_lost, &Figures::erp_hesitated,
         &Figures::kills_at_commit, &Figures::revised, &Figures::found, &Figures::sought,
         &Figures::paid_back, &Figures::returned, &Figures::overtaken,
         &Figures::lost, &Figures::doubled, &Figures::stuck}) {
    this->*member += other.*member;
  }
  simulated += other.simulated;
  for (std::size_t i = 0; i < faults.size(); ++i) faults[i] += other.faults[i];
  for (std::size_t i = 0; i < kOutages; ++i)
    recovery[i].insert(recovery[i].end(), other.recovery[i].begin(), other.recovery[i].end());
  clearing.insert(clearing.end(), other.clearing.begin(), other.clearing.end());
}

std::string Figures::text() const {
  std::string text = "Played\n";
  text += line("histories", std::to_string(histories));
  text += line("simulated days", std::to_string(simulated / std::chrono::days(1)));
  text += line("steps of lanes", std::to_string(steps));
  text += line("requests to portals", std::to_string(requests));
  text += line("orders placed", std::to_string(orders));
  text += line("orders entered into the ERP", std::to_string(linked));
  text += line("of these after a review", std::to_string(reviewed));
  text += line("orders skipped by a person", std::to_string(skipped));
  text += line("changes in the ERP", std::to_string(erp_changes));
  text += line("change sets held", std::to_string(held));
  text += "Faults injected\n";
  for (std::size_t i = 1; i < faults.size(); ++i)
    text += line("portal: " + std::string(portal::name_of(static_cast<portal::Fault>(i))), std::to_string(faults[i]));
  text += line("processes killed", std::to_string(kills));
  text += line("of these between two commits", std::to_string(kills_at_commit));
  text += line("processes paused", std::to_string(pauses));
  text += line("sources emptied by mistake", std::to_string(emptied));
  text += line("database outages", std::to_string(database_outages));
  text += line("database calls failed", std::to_string(calls_failed));
  text += line("committed, answer lost", std::to_string(answers_lost));
  text += line("ERP busy, failed, answer lost", std::to_string(erp_hesitated));
  text += "Recovery, from the end of the outage\n";
  for (std::size_t i = 0; i < kOutages; ++i)
    text += line(std::string(name_of(static_cast<Outage>(i))), spread(recovery[i]));
  text += line("everything, after the week", spread(clearing));
  text += "Seen\n";
  text += line("changes handed to the ERP", std::to_string(revised));
  text += line("cancelled, found in the ERP", std::to_string(found));
  text += line("cancelled, and not found", std::to_string(sought));
  text += line("returns of the ERP's people", std::to_string(paid_back));
  text += line("refunds that became returns", std::to_string(returned));
  text += line("overtaken by a late request", std::to_string(overtaken));
  text += line("lost / doubled / stuck",
               std::to_string(lost) + " / " + std::to_string(doubled) + " / " + std::to_string(stuck));
  return text;
}

}  // namespace ferry::simulation
