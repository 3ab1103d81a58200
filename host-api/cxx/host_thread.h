// The symbolic [host-thread]: any OS thread, never two at once for one instance.
#pragma once

#include <atomic>

namespace ferry::abi {

class HostThread {
 public:
  // Held for the length of one [host-thread] call. is_alone() false: another one is under way, the caller broke the
  // contract and the call must not be carried out.
  class Call {
   public:
    explicit Call(HostThread& thread) noexcept : thread_(thread), is_alone_(!thread.is_taken_.exchange(true)) {}
    ~Call() {
      if (is_alone_) thread_.is_taken_ = false;
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    bool is_alone() const noexcept { return is_alone_; }

   private:
    HostThread& thread_;
    const bool is_alone_;
  };

 private:
  std::atomic<bool> is_taken_ = false;
};

}  // namespace ferry::abi
