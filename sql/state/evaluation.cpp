#include "sql/state/evaluation.h"

namespace ferry::sql {
namespace {

void set_round(Statement& statement, const engine::FeedRun& run, const std::string& round) {
  statement.set("channel", run.lease.lane.channel).set("feed", name_of(run.feed)).set("round", round);
}

}  // namespace

void take_evaluations(Session& session, const engine::FeedRun& run, const std::string& round) {
  if (run.evaluations.empty()) return;
  ArrayLiteral keys, abouts, prices, errors;
  for (const engine::ErpEvaluation& evaluation : run.evaluations) {
    keys.add(evaluation.key);
    abouts.add_text(evaluation.about);
    prices.add_text_or_null(evaluation.error.empty() ? evaluation.value : "");
    errors.add_text_or_null(storable(evaluation.error));
  }
  Statement& statement = session.statement("evaluation.answer");
  set_round(statement, run, round);
  statement.set("keys", keys.text()).set("abouts", abouts.text());
  statement.set("prices", prices.text()).set("errors", errors.text()).execute();
}

std::vector<engine::ErpQuestion> questions_of(Statement& executed) {
  std::vector<engine::ErpQuestion> questions;
  while (executed.fetch()) {
    questions.push_back({executed.integer(0), std::string(executed.text(1)), std::string(executed.text(2))});
  }
  return questions;
}

void put_off(Session& session, const engine::FeedRun& run, const std::string& round,
             std::vector<engine::ErpQuestion> questions, const Unanswered& next) {
  for (; !questions.empty(); questions = next()) {
    ArrayLiteral keys, abouts;
    for (const engine::ErpQuestion& question : questions) {
      keys.add(question.key);
      abouts.add_text(question.about);
    }
    Statement& statement = session.statement("evaluation.put_off");
    set_round(statement, run, round);
    statement.set("keys", keys.text()).set("abouts", abouts.text()).execute();
  }
}

}  // namespace ferry::sql
