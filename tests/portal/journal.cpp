#include "tests/portal/journal.h"

#include <algorithm>
#include <boost/json.hpp>
#include <stdexcept>

namespace ferry::portal {
namespace json = boost::json;

void Journal::write_to(const std::string& path) {
  file_.open(path, std::ios::trunc);
  if (!file_) throw std::runtime_error("cannot write the journal to " + path);
}

void Journal::add(Entry entry) {
  ++requests_;
  faulted_ += entry.fault != Fault::none;
  ++operations_[entry.operation];
  ++faults_[static_cast<std::size_t>(entry.fault)];
  last_second_.push_back(entry.arrived_at);
  while (last_second_.front() <= entry.arrived_at - std::chrono::seconds(1)) last_second_.pop_front();
  most_in_a_second_ = std::max(most_in_a_second_, static_cast<std::int64_t>(last_second_.size()));
  if (file_) {
    file_ << json::serialize(json::object{{"at", to_iso8601(entry.arrived_at)},
                                          {"operation", entry.operation},
                                          {"items", entry.items},
                                          {"fate", name_of(entry.fault)},
                                          {"status", entry.status},
                                          {"bytes", entry.bytes}})
          << '\n';
    if (requests_ % 100 == 0) file_.flush();
  }
  entries_.push_back(std::move(entry));
  if (entries_.size() > kMostKept) entries_.pop_front();
}

void Journal::clear() {
  entries_.clear();
  last_second_.clear();
  requests_ = faulted_ = most_in_a_second_ = 0;
  operations_.clear();
  faults_ = {};
}

std::string Journal::totals() const {
  json::object operations, faults;
  for (const auto& [name, count] : operations_) operations[name] = count;
  for (std::size_t i = 0; i < kFaults; ++i) {
    if (faults_[i] > 0) faults[name_of(static_cast<Fault>(i))] = faults_[i];
  }
  return json::serialize(json::object{{"requests", requests_},
                                      {"faulted", faulted_},
                                      {"most_in_a_second", most_in_a_second_},
                                      {"operations", std::move(operations)},
                                      {"fates", std::move(faults)}});
}

}  // namespace ferry::portal
