// A lane's inbox: inputs from other threads (replies, wakes), read by the lane's own thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "plugin/domain/time.h"

namespace ferry::runtime {

// Thread-safe; any number of writers, one reader. Unbounded by itself: what arrives is bounded by what the lane asked for.
template <class T>
class Mailbox {
 public:
  void put(T value) {
    {
      std::lock_guard lock(mutex_);
      values_.push_back(std::move(value));
    }
    arrived_.notify_one();
  }

  // Everything that has arrived; waits until there is something or `deadline` has come (none: waits for ever).
  std::deque<T> take_all(std::optional<Instant> deadline) {
    std::unique_lock lock(mutex_);
    const auto something = [this] { return !values_.empty(); };
    if (deadline) {
      arrived_.wait_until(lock, *deadline, something);
    } else {
      arrived_.wait(lock, something);
    }
    return std::exchange(values_, {});
  }

  // Everything that has arrived, without waiting.
  std::deque<T> take_arrived() {
    std::lock_guard lock(mutex_);
    return std::exchange(values_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<T> values_;
};

}  // namespace ferry::runtime
