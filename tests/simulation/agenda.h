// Virtual time: what happens when. Everything in a history happens from here, in order of time and then of planning.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "plugin/domain/time.h"

namespace ferry::simulation {

class Agenda {
 public:
  explicit Agenda(Instant begin) : now_(begin) {}

  Instant now() const noexcept { return now_; }
  void at(Instant when, std::function<void()> what) {
    planned_.push_back({std::max(when, now_), ++count_, std::move(what)});
    std::push_heap(planned_.begin(), planned_.end(), is_later);
  }
  void in(Duration wait, std::function<void()> what) { at(now_ + wait, std::move(what)); }

  // The next thing planned up to `until` happens; false: there is none, and it is `until`.
  bool step(Instant until) {
    if (planned_.empty() || planned_.front().at > until) {
      now_ = std::max(now_, until);
      return false;
    }
    std::pop_heap(planned_.begin(), planned_.end(), is_later);
    Planned next = std::move(planned_.back());
    planned_.pop_back();
    now_ = next.at;
    next.what();
    return true;
  }

 private:
  struct Planned {
    Instant at{};
    std::uint64_t number = 0;
    std::function<void()> what;
  };
  static bool is_later(const Planned& a, const Planned& b) {
    return a.at != b.at ? a.at > b.at : a.number > b.number;
  }

  Instant now_;
  std::uint64_t count_ = 0;
  std::vector<Planned> planned_;
};

}  // namespace ferry::simulation
