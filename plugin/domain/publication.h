// One publication: what one portal should show of one ERP record, what it last confirmed, and how the delivery of the
// difference stands. One row of ferry.publication per (channel, feed, key, part).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "plugin/domain/time.h"

namespace ferry {

// Record key: the ERP's own id of the record (product, sale, party), and where the portal has locations the ERP's id of
// the warehouse (part; 0 = the whole channel).
struct RecordKey {
  std::int64_t key = 0;
  std::int32_t part = 0;
  friend auto operator<=>(const RecordKey&, const RecordKey&) = default;
};

enum class PublicationState : std::uint8_t {
  settled = 1,  // the portal confirmed `desired`; looked at once more at confirm_at, if there is one
  pending,      // to be sent when next_attempt_at has come. Only the portal's answer ends this state: a value that went
                // back to the acknowledged one meanwhile is sent all the same, because an answer may have been lost
  dead,         // dead letter: a person, or a new ERP value, revives it
  absent,       // the portal does not have the record; looked for again at next_attempt_at
  held,         // part of a change set that looks like an accident: a person releases or discards it as a whole
};

std::string_view name_of(PublicationState state) noexcept;

// The delivery part of a publication; the input and output of settle().
struct Delivery {
  PublicationState state = PublicationState::pending;
  std::int32_t attempts = 0;  // failed attempts in a row, 0..; a snooze counts none
  std::int32_t snoozes = 0;   // times the portal asked to wait, in a row
  Instant next_attempt_at{};  // pending and absent only
  std::string reason;         // empty when settled
  // What was confirmed, or will be, is believed for good only after a delivery that began then or later: a request
  // whose answer was lost may be applied until then, and put an older value in its place. Epoch: nothing is in doubt.
  Instant confirm_at{};
};

}  // namespace ferry
