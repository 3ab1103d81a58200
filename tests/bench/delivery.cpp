#include "tests/bench/delivery.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "plugin/engine/trail.h"
#include "sql/state/catalogue.h"
#include "tests/bench/effort.h"
#include "tests/bench/report.h"
#include "tests/bench/stopwatch.h"

namespace ferry::bench {
namespace {

std::string line(const char* what, const std::vector<double>& times) {
  return std::string(what) + ": " + number(median(times), 1) + " ms";
}

}  // namespace

void Profile::add(Instant committed, const std::vector<Phase>& phases, const Portal::Totals& totals,
                  double processor_time) {
  double of_run = 0, of_due = 0, of_settle = 0;
  int calls = 0;
  Instant first{}, last{};
  for (const Phase& phase : phases) {
    const double time = milliseconds(phase.end - phase.begin);
    if (phase.name == "run" && first == Instant{}) first = phase.begin;
    if (phase.name == "run") of_run += time;
    if (phase.name == "due") of_due += time;
    if (phase.name == "settle") of_settle += time, last = phase.end, ++calls;
  }
  total.push_back(milliseconds(last - committed));
  woken.push_back(milliseconds(first - committed));
  run.push_back(of_run);
  due.push_back(of_due);
  settle.push_back(of_settle);
  settles.push_back(calls);
  between.push_back(total.back() - woken.back() - of_run - of_due - of_settle);
  portal.push_back(milliseconds(totals.busy));
  processor.push_back(processor_time);
  before.push_back(milliseconds(totals.first - committed));
  sending.push_back(milliseconds(totals.answered - totals.first));
  after.push_back(milliseconds(last - totals.answered));
}

std::vector<std::string> Profile::lines() const {
  return {line("commit returned -> feed run begins", woken),
          line("feed run", run),
          line("loading what is due", due),
          line("recording answers", settle) + " in " + number(median(settles), 0) + " transactions",
          line("waiting for the portal and forming batches, not beside the tables", between),
          line("portal busy, mostly beside the tables", portal)};
}

std::vector<std::string> Profile::span_lines() const {
  return {line("commit returned -> first request at the portal", before),
          line("first request -> last answer", sending),
          line("last answer -> recorded", after),
          line("of these: feed run", run),
          line("of these: loading what is due", due),
          line("of these: recording answers, mostly beside the portal", settle) + " in " + number(median(settles), 0) +
              " transactions"};
}

double engine_round(Dataset& dataset, EngineProcess& engine, Portal& portal, Profile& profile) {
  dataset.settle_down();
  portal.take_totals();
  const double spent = processor_ms(dataset.cluster(), engine.process());
  dataset.touch(kChanged, true);
  const Instant committed = now();
  const auto phases = engine.await_settled(kChanged, kPatience);
  const auto totals = portal.take_totals();
  if (totals.items != kChanged) throw std::runtime_error("the portal was told another number of changes");
  profile.add(committed, phases, totals, processor_ms(dataset.cluster(), engine.process()) - spent);
  return profile.total.back();
}

std::string desired_query(Feed feed, std::string_view kind) {
  const auto& sections = sql::profile_sections("tryton-6.0", name_of(feed));
  const sql::SqlText parsed = sql::parse_sql(sql::profile_section(sections, "desired", std::string(kind), {}));
  std::string text;
  auto parameter = parsed.parameters.begin();
  for (const char c : parsed.text) {
    if (c == '?') {
      text += *parameter++ == "channel" ? "'" + std::to_string(kChannel) + "'" : "'true'";
    } else {
      text += c;
    }
  }
  return text;
}

Floor::Floor(Dataset& dataset, bool twice) : dataset_(dataset) {
  std::ifstream stream(FERRY_BENCH_SOURCE "/floor.sql");
  std::ostringstream file;
  file << stream.rdbuf();
  const sql::Sections parts = sql::parse_sections(file.str());
  const std::string marks = twice ? parts.at("mark") + ";" + parts.at("acknowledge") : parts.at("mark and acknowledge");
  statements_ = sql::composed(parts.at("compare") + ";" + marks + ";" + parts.at("record"),
                              {{"desired", desired_query(dataset.feed(), "keyed")},
                               {"feed", std::string(name_of(dataset.feed()))},
                               {"trail", std::to_string(engine::kLongestTrail)},
                               {"batch", std::to_string(kBatch)}});
}

Floor::Round Floor::round() {
  dataset_.settle_down();
  const double spent = processor_ms(dataset_.cluster());
  dataset_.touch(kChanged, false);
  const Instant committed = now();
  dataset_.pg().run(statements_);
  const Round round{milliseconds(now() - committed), processor_ms(dataset_.cluster()) - spent};
  if (dataset_.pg().integer("SELECT changed FROM ferry.run ORDER BY id DESC LIMIT 1") != kChanged) {
    throw std::runtime_error("PostgreSQL alone found another number of changes");
  }
  return round;
}

void Floor::catch_up() { dataset_.pg().run(statements_); }

}  // namespace ferry::bench
