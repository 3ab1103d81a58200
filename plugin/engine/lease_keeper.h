// Keeps a lane's lease: when to take or renew it, and whether it may be relied on now.
#pragma once

#include <optional>
#include <utility>

#include "plugin/engine/credential.h"
#include "plugin/engine/lane.h"

namespace ferry::engine {

class LeaseKeeper {
 public:
  enum class Change : std::uint8_t {
    kept = 1,  // ours as before
    gained,    // ours, newly: whatever was under way belongs to another epoch
    missed,    // somebody else's, and it was not ours before either
    lost,      // somebody else's now
  };

  // The credential outlives the keeper, and is told its share with every answer.
  LeaseKeeper(Duration ttl, Credential& credential) : ttl_(ttl), credential_(credential) {}

  // It is time to ask.
  bool is_due(Instant now) const noexcept { return now >= ask_at_; }
  Instant ask_at() const noexcept { return ask_at_; }
  void ask_now() noexcept { ask_at_ = Instant{}; }
  void ask_again_at(Instant at) noexcept { ask_at_ = at; }
  Acquire ask(Instant now);

  // `unit` spreads the questions of several waiting processes.
  Change on_answer(const LeaseAnswer& answer, Instant now, double unit);
  // The store refused a write of ours: another holder drives the lane.
  void on_fenced(Instant now, double unit);
  void forget() noexcept { lease_.reset(); }

  // True once when a lease of ours ran out unrenewed: it may be somebody else's by now, and counts as gained when it
  // returns.
  bool has_run_out(Instant now);

  // Ours, and not yet expired even if the answer took its time: counted from the moment of asking.
  bool is_held(Instant now) const noexcept { return lease_ && now < held_until_; }
  // The lease we have; none after it was lost or ran out.
  const std::optional<Lease>& lease() const noexcept { return lease_; }

 private:
  const Duration ttl_;
  Credential& credential_;
  Instant ask_at_{};
  Instant asked_at_{};
  Instant held_until_{};
  std::optional<Lease> lease_;
};

}  // namespace ferry::engine
