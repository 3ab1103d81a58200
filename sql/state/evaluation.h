// Values that only the ERP can evaluate: which of them a run needs, and what became of asking. Within the run's
// transaction.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sql/state/session.h"

namespace ferry::sql {

// Takes what the ERP answered since the run first asked.
void take_evaluations(Session& session, const engine::FeedRun& run, const std::string& round);

// Looks for questions that the round has not dealt with; at most so many at a time, the ERP takes a millisecond or more
// for each.
using Unanswered = std::function<std::vector<engine::ErpQuestion>()>;
constexpr std::int64_t kMostQuestions = 10'000;
std::vector<engine::ErpQuestion> questions_of(Statement& executed);

// Deals with all of them without the ERP.
void put_off(Session& session, const engine::FeedRun& run, const std::string& round,
             std::vector<engine::ErpQuestion> questions, const Unanswered& next);

}  // namespace ferry::sql
