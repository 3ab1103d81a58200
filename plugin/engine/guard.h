// The guard: whether a change set looks like an accident, decided from figures alone. One that does is held as a whole
// until a person releases or discards it.
//
// Only what the portal has confirmed, or may have received, counts: replacing it is what frightens. New records replace
// nothing, so the first publication of a channel passes, unless the channel wants to be asked about that too. Stock has no limit on how much
// of it changes, because a stocktaking changes all of it and a decrease that is held is oversold; it has one on how much
// of it goes to zero. The withdrawals of a day add up. Of orders only the disappearance is suspect.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plugin/domain/feed.h"

namespace ferry::engine {

// Percent; zero: never.
struct GuardLimits {
  std::int64_t least = 20;  // fewer records than this are no share of anything
  std::int64_t changed = 50;
  std::int64_t withdrawn = 20;
  std::int64_t zeroed = 30;
  std::int64_t fall = 75, rise = 300;  // of a single price
  bool holds_first = false;            // the first publication waits, too
};

// Records that would be sent, against what the portal confirmed of them.
struct ChangeSet {
  std::int64_t records = 0;                             // new ones included
  // of confirmed ones; those withdrawn have changed as well, and may only have been sent
  std::int64_t changed = 0, withdrawn = 0, zeroed = 0;
  std::int64_t fall = 0, rise = 0;  // of the price that falls, rises most: hundredths of a percent
  std::int64_t withdrawn_lately = 0;  // by earlier runs of the last day that nobody was asked about
  std::int64_t gone = 0;              // of those the ones that the portal has withdrawn already
  std::int64_t confirmed = 0;  // records that the portal has confirmed or is being sent, up to confirmed_needed()
  bool leaves_nothing = false;  // none of the confirmed would remain; of none yet: none of those that are being sent
  bool is_first = false;            // the feed was never compared before
};

// How far the confirmed records must be counted for the decision; zero: they do not matter.
std::int64_t confirmed_needed(Feed feed, const ChangeSet& set, const GuardLimits& limits);

// Which limits are exceeded, each as a part of a sentence; none: nothing is to be held.
std::vector<std::string> breaches(Feed feed, const ChangeSet& set, const GuardLimits& limits);

// One of the records that change most. `before` and `after` are amounts or quantities, empty where there is none.
struct Example {
  std::string label, before, after;
  bool is_withdrawn = false;
};
// One line for a person: what exceeds which limit, and the largest changes by name.
std::string held_reason(const std::vector<std::string>& breaches, const std::vector<Example>& largest);

}  // namespace ferry::engine
