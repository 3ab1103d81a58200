#include <stdexcept>

#include "plugin/engine/breaker.h"
#include "plugin/engine/ports.h"

namespace ferry::engine {

std::string_view name_of(BreakerState state) noexcept {
  switch (state) {
    case BreakerState::closed: return "closed";
    case BreakerState::open: return "open";
    case BreakerState::half_open: return "half open";
  }
  return "unknown";
}

void throw_exception_from_error(const Problem& problem, const boost::source_location&) {
  throw std::runtime_error(problem.message);
}

std::string_view name_of(RunMode mode) noexcept {
  switch (mode) {
    case RunMode::hints: return "hints";
    case RunMode::watermark: return "watermark";
    case RunMode::full: return "full";
  }
  return "unknown";
}

std::string_view name_of(OrderState state) noexcept {
  switch (state) {
    case OrderState::waiting: return "waiting";
    case OrderState::ready: return "ready";
    case OrderState::review: return "review";
    case OrderState::linked: return "linked";
    case OrderState::skipped: return "skipped";
  }
  return "unknown";
}

bool balanced(const Counts& counts) noexcept {
  const bool is_negative = counts.inbound < 0 || counts.changed < 0 || counts.unchanged < 0 || counts.successful < 0 ||
                           counts.failed < 0 || counts.deferred < 0;
  return !is_negative && counts.inbound == counts.changed + counts.unchanged &&
         counts.changed == counts.successful + counts.failed + counts.deferred;
}

}  // namespace ferry::engine
