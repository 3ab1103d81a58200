// What only the ERP can evaluate, on its way from a run to the ERP and back. Part of a FeedLane.
//
// A run that needs it names it instead of comparing, and is repeated with the answers; it is asked for in portions, so
// that the ERP's thread is free for orders in between. No answer is no change: the run then goes on without, what the ERP
// said before stays in use and is asked for again later.
//
// One price that the ERP cannot give, or takes too long for, stops only itself: a portion that has no answer as a whole is
// asked for in parts, down to the one that fails alone. That is its error then, which the feed's findings name, if the ERP
// answered others meanwhile; if it answers nothing, the ERP is ill and no price is to blame.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "plugin/engine/lane.h"

namespace ferry::engine {

class Evaluation {
 public:
  static constexpr std::size_t kMostAsked = 500;  // a second or two of the ERP's
  static constexpr Duration kLongestWait = std::chrono::minutes(2);  // for one answer
  // After it could not be had: until it is asked for again. An ERP that hangs must not hold up what is worked out here.
  static constexpr Duration kHoldOff = std::chrono::minutes(1);
  // A portion that fails is asked for in so many parts: failures cost a minute or two each, answers nearly nothing.
  static constexpr std::size_t kParts = 8;
  static constexpr std::size_t kMostInVain = 16;  // failures in a row: three to the first that fails alone, and its kin
  static constexpr Duration kLongestSearch = std::chrono::minutes(10);  // in one run; the next goes on with the rest
  static constexpr Duration kUnsupportedHoldOff = std::chrono::hours(1);  // this host has no ERP

  // What a run is told: whether it may ask, and what is known since it did.
  void prepare(FeedRun& run, Instant now);
  // It asks. Precondition: it was told that it may.
  void begin(FeedRunReport report);
  // The next portion, when none is with the ERP.
  std::optional<Evaluate> next(Instant now);
  // Empty: all is well, or nobody waits for that. Otherwise one line for people.
  std::optional<std::string> on_answer(Evaluated answer, Instant now);
  std::optional<std::string> on_time(Instant now);
  void drop();

  bool is_open() const noexcept { return is_open_; }  // a run waits
  std::optional<RunMode> resumable() const;           // in which mode it goes on, once it can
  // The run under way was free to ask and had no need, or no more.
  bool is_free_of_questions() const noexcept { return asks_; }
  Instant wake_at() const noexcept { return deadline_; }  // epoch: nothing to wait for

 private:
  void ask_in_portions(std::vector<ErpQuestion> questions, std::size_t most);
  std::optional<std::string> narrow(ErpReply reply, Instant now);
  void blame_suspects();
  std::optional<std::string> give_up(const ErpReply& reply, Instant now);
  void end_search();

  bool asks_ = false;
  RunMode mode_{};

  bool is_open_ = false;
  std::string round_;
  std::deque<std::vector<ErpQuestion>> portions_;  // not asked yet
  std::vector<ErpQuestion> asked_;                 // the portion that is, or was last, with the ERP
  std::vector<ErpEvaluation> evaluations_;         // since the run asked
  std::uint64_t last_request_ = 0;
  Instant deadline_{};  // of the portion that is with the ERP; epoch: none is
  Instant not_before_{};

  // the search for what fails
  Instant searched_since_{};              // epoch: nothing has failed
  std::vector<ErpEvaluation> suspects_;   // failed alone, and the ERP has not answered anything since
  std::size_t in_vain_ = 0;               // failures since its last answer
  bool was_answered_ = false;             // anything, since the search began
};

}  // namespace ferry::engine
