// The guard's part in a feed run: what the run would change is counted by the statement that marks it, judged by
// plugin/engine/guard.h, and held in the same transaction. Used by store_feed.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/engine/guard.h"
#include "plugin/engine/ports.h"

namespace ferry::sql {

class Session;
class Statement;

// What the lane's row says of what it holds.
struct LaneHold {
  std::int64_t run = 0;       // whose change set is held; 0: nothing is
  bool was_first = false;     // because it was the first publication
  bool compares_first = false;  // the lane has never compared anything before this run
};

// What stands for {previous}, {document} and {in_doubt}.
struct FigureColumns {
  std::string_view previous, document, in_doubt;
};
std::string in_columns(std::string text, const FigureColumns& columns);
// A statement with %figures% (of documents in these columns) and %change_set% set in.
std::string with_figures(const std::string& source, const FigureColumns& columns);

// What %change_set% selects.
inline constexpr std::size_t kChangeSetColumns = 6;
engine::ChangeSet change_set(const Statement& row, std::size_t first_column);

// Holds what the run has marked where it is beyond the limits; looks again at what was held before where it is not.
void guard(Session& session, const engine::FeedRun& run, const LaneHold& lane, const engine::ChangeSet& marked,
           engine::FeedRunReport& report);

// Why the guard would hold the change set; empty: it would not. `leaves_nothing` is known already.
std::string would_hold(Session& session, const engine::FeedRun& run, engine::ChangeSet set);

}  // namespace ferry::sql
