#include "plugin/engine/evaluation.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ferry::engine {

void Evaluation::prepare(FeedRun& run, Instant now) {
  asks_ = now >= not_before_;
  mode_ = run.mode;
  run.asks_erp = asks_;
  run.round = round_;
  run.evaluations = std::exchange(evaluations_, {});
}

void Evaluation::begin(FeedRunReport report) {
  is_open_ = true;
  round_ = std::move(report.round);
  portions_.clear();
  ask_in_portions(std::move(report.questions), kMostAsked);
}

// Before everything else that waits.
void Evaluation::ask_in_portions(std::vector<ErpQuestion> questions, std::size_t most) {
  std::vector<std::vector<ErpQuestion>> portions;
  for (auto& question : questions) {
    if (portions.empty() || portions.back().size() == most) portions.emplace_back();
    portions.back().push_back(std::move(question));
  }
  portions_.insert(portions_.begin(), std::make_move_iterator(portions.begin()), std::make_move_iterator(portions.end()));
}

std::optional<Evaluate> Evaluation::next(Instant now) {
  if (deadline_ != Instant{} || portions_.empty()) return std::nullopt;
  asked_ = std::move(portions_.front());
  portions_.pop_front();
  deadline_ = now + kLongestWait;
  return Evaluate{++last_request_, asked_};
}

std::optional<std::string> Evaluation::on_answer(Evaluated answer, Instant now) {
  if (answer.request != last_request_ || deadline_ == Instant{}) return std::nullopt;
  deadline_ = Instant{};
  if (answer.reply.answer == ErpAnswer::rejected) return narrow(std::move(answer.reply), now);
  if (answer.reply.answer != ErpAnswer::evaluated) return give_up(answer.reply, now);
  blame_suspects();
  in_vain_ = 0;
  was_answered_ = true;
  std::ranges::move(answer.reply.evaluations, std::back_inserter(evaluations_));
  return std::nullopt;
}

std::optional<std::string> Evaluation::on_time(Instant now) {
  if (deadline_ == Instant{} || now < deadline_) return std::nullopt;
  deadline_ = Instant{};
  return narrow({ErpAnswer::rejected, {}, "it does not answer within 2 minutes"}, now);
}

// What was asked has no answer as a whole.
std::optional<std::string> Evaluation::narrow(ErpReply reply, Instant now) {
  if (searched_since_ == Instant{}) {
    searched_since_ = now;
    was_answered_ = false;
  }
  if (++in_vain_ >= kMostInVain || now - searched_since_ >= kLongestSearch) return give_up(reply, now);
  if (asked_.size() > 1) {
    const std::size_t part = (asked_.size() + kParts - 1) / kParts;
    ask_in_portions(std::move(asked_), part);
    return std::nullopt;
  }
  const ErpQuestion& alone = asked_.front();
  suspects_.push_back({alone.key, alone.about, "", reply.reason.empty() ? "it named no reason" : reply.reason});
  if (!portions_.empty()) return std::nullopt;
  if (!was_answered_) return give_up(reply, now);
  blame_suspects();
  return std::nullopt;
}

// The ERP answers others, so it is they that fail.
void Evaluation::blame_suspects() {
  std::ranges::move(suspects_, std::back_inserter(evaluations_));
  suspects_.clear();
}

// The run goes on with what was answered so far.
std::optional<std::string> Evaluation::give_up(const ErpReply& reply, Instant now) {
  portions_.clear();
  suspects_.clear();
  const Duration searched = searched_since_ == Instant{} ? Duration(0) : now - searched_since_;
  end_search();
  // whoever waits for an ERP that does not answer works for as long without it
  not_before_ = now + (reply.answer == ErpAnswer::unsupported ? Duration(kUnsupportedHoldOff)
                                                              : std::max<Duration>(kHoldOff, searched));
  if (reply.answer == ErpAnswer::unsupported) return std::nullopt;  // no trouble: section findings says it
  return "the ERP was asked for prices that only it can evaluate, and gave " +
         std::string(evaluations_.empty() ? "none: " : "not all: ") +
         (reply.reason.empty() ? std::string("it named no reason") : reply.reason) +
         "; the prices that it gave before stay, and it is asked again";
}

void Evaluation::end_search() {
  searched_since_ = Instant{};
  in_vain_ = 0;
  was_answered_ = false;
}

void Evaluation::drop() {
  is_open_ = false;
  round_.clear();
  portions_.clear();
  suspects_.clear();
  evaluations_.clear();
  deadline_ = Instant{};
  end_search();
}

std::optional<RunMode> Evaluation::resumable() const {
  if (!is_open_ || deadline_ != Instant{} || !portions_.empty()) return std::nullopt;
  return mode_;
}

}  // namespace ferry::engine
