#include "plugin/engine/trouble.h"

#include <algorithm>

#include "plugin/domain/backoff.h"

namespace ferry::engine {
namespace {

constexpr Backoff kSoon{std::chrono::seconds(1), std::chrono::seconds(15)};
// A person has to act first.
constexpr Backoff kLater{std::chrono::seconds(30), std::chrono::minutes(5)};
constexpr Duration kLeastWait = std::chrono::milliseconds(100);

}  // namespace

void Trouble::store_failed(Part part, const Problem& problem, Instant now, double unit) {
  const bool passes_by_itself = problem.failure == Failure::unavailable || problem.failure == Failure::conflict;
  retry_at_ = now + std::max(backoff(passes_by_itself ? kSoon : kLater, ++store_failures_, unit), kLeastWait);
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

std::optional<std::string> Trouble::news() {
  const std::string& current = store_error_.empty() ? portal_error_ : store_error_;
  if (current == shown_) return std::nullopt;
  shown_ = current;
  return shown_;
}

}  // namespace ferry::engine
