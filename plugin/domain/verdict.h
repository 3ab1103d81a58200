// What became of one item of a batch. A connector decides the verdict from the portal's answer;
// domain/settle.h alone decides what it means for the publication.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "plugin/domain/time.h"

namespace ferry {

enum class Verdict : std::uint8_t {
  delivered = 1,  // the portal confirmed: acknowledged := what was sent
  rejected,       // this item will never pass as it is: dead letter; a new ERP value revives it
  retry,          // transient: backoff with full jitter, the attempt counts
  snooze,         // the portal asked to wait: waits as asked, no attempt counted
  split,          // the batch was refused as a whole: halve it until the bad row stands alone
  unauthorized,   // credentials refused, also after one new login: the channel pauses with an alert
  ambiguous,      // sent, answer lost: state-setting items are resent, others are looked at first
  absent,         // the portal does not have this record (yet): no failure, looked for again later
  drifted,        // the portal acted by itself since our last look: look at its orders again, then recompute
};

std::string_view name_of(Verdict verdict) noexcept;

// Who has to wait when the verdict is `snooze`.
enum class SnoozeScope : std::uint8_t {
  record = 1,  // 423, "locked": only this record
  credential,  // 429, maintenance: everything that uses the same credential
};

struct ItemVerdict {
  std::size_t index = 0;  // position in the batch that was pushed; every index is settled exactly once
  Verdict verdict = Verdict::retry;
  std::string reason;                       // for a person; portal text in it is quoted and bounded (domain/text.h)
  std::optional<Duration> wait;             // snooze only: how long the portal asked for; none = it did not say
  SnoozeScope scope = SnoozeScope::record;  // snooze only
};

}  // namespace ferry
