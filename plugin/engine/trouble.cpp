#include "plugin/engine/trouble.h"

#include <algorithm>

#include "plugin/domain/backoff.h"

namespace ferry::engine {
namespace {

// The database comes back, or a person grants the right that was missing: work goes on within the cap.
constexpr Backoff kSoon{std::chrono::seconds(1), Trouble::kLongestWait};
// A defect, or a profile that does not fit the database.
constexpr Backoff kLater{std::chrono::seconds(30), std::chrono::minutes(5)};
constexpr Duration kLeastWait = std::chrono::milliseconds(100);

}  // namespace

void Trouble::store_failed(Part part, const Problem& problem, Instant now, double unit) {
  const Backoff& policy = problem.failure == Failure::invalid ? kLater : kSoon;
  retry_at_ = now + std::max(backoff(policy, ++store_failures_, unit), kLeastWait);
  store_error_ = problem.message;
  failed_part_ = part;
}

void Trouble::store_succeeded(Part part) {
  if (part == Part::lease && failed_part_ == Part::work) return;
  store_failures_ = 0;
  retry_at_ = Instant{};
  store_error_.clear();
}

void Trouble::portal(std::string error) { portal_error_ = std::move(error); }

void Trouble::erp(std::string error) { erp_error_ = std::move(error); }

std::optional<std::string> Trouble::news() {
  const std::string& elsewhere = portal_error_.empty() ? erp_error_ : portal_error_;
  const std::string& current = store_error_.empty() ? elsewhere : store_error_;
  if (current == shown_) return std::nullopt;
  shown_ = current;
  return shown_;
}

}  // namespace ferry::engine
