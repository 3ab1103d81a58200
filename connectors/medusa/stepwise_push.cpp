#include "connectors/medusa/stepwise_push.h"

#include <utility>

#include "connectors/medusa/rest.h"

namespace ferry::medusa {

using namespace connector;

namespace {

constexpr int kMostWrites = 40;  // of one record within one exchange

}  // namespace

NextStep settled(Verdict verdict, std::string reason) {
  NextStep step;
  step.verdict = verdict;
  step.reason = std::move(reason);
  return step;
}

NextStep write(HttpRequest request) {
  NextStep step;
  step.request = std::move(request);
  return step;
}

Step StepwisePush::start() {
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    if (auto problem = read(i); problem.empty())
      indices_.push_back(i);
    else
      settle(i, Verdict::rejected, std::move(problem));
  }
  return indices_.empty() ? finish() : look_or_act();
}

Step StepwisePush::on_reply(const HttpReply& reply) {
  if (stage_ == Stage::writing) return on_written(reply);
  if (stage_ == Stage::looking_at_one) return on_looked_at_one(reply);
  if (const auto trouble = on_seen(reply)) return fail_all(*trouble, batch_.size() == 1);
  return look_or_act();
}

Step StepwisePush::look_or_act() {
  if (auto target = next_look()) return Send{get(settings_, std::move(*target))};
  arrange(indices_);
  return next();
}

Step StepwisePush::next() {
  writes_ = 0;
  last_.clear();
  refusal_.clear();
  return indices_.empty() ? finish() : act();
}

Step StepwisePush::act() {
  step_ = next_step(indices_.front());
  if (!step_.request) return settle_first(step_.verdict, std::move(step_.reason));
  auto written = step_.request->method + " " + step_.request->target + " " + step_.request->body;
  if (written == last_ && !refusal_.empty()) return settle_first(Verdict::rejected, std::move(refusal_));
  if (written == last_)
    return settle_first(Verdict::retry, "the portal confirmed a change of the record and does not show it");
  if (++writes_ > kMostWrites)
    return settle_first(Verdict::retry, "the record needs more changes than are made at once");
  last_ = std::move(written);
  stage_ = Stage::writing;
  return Send{std::move(*step_.request)};
}

Step StepwisePush::look_at_first(std::string target) {
  stage_ = Stage::looking_at_one;
  return Send{get(settings_, std::move(target))};
}

Step StepwisePush::on_looked_at_one(const HttpReply& reply) {
  const auto trouble = on_seen(reply);
  if (trouble && trouble->ends_exchange()) return fail_all(*trouble, true);
  if (trouble) return settle_first(Verdict::retry, trouble->reason);
  return act();
}

Step StepwisePush::on_written(const HttpReply& reply) {
  const auto answer = read_answer(reply, Kind::write);
  if (answer.trouble) return on_refused(*answer.trouble);
  refusal_.clear();
  if (auto problem = on_done(indices_.front(), answer.body); !problem.empty())
    return settle_first(Verdict::retry, std::move(problem));
  auto target = look_at(indices_.front());
  return target ? look_at_first(std::move(*target)) : act();
}

Step StepwisePush::on_refused(const Trouble& trouble) {
  if (trouble.ends_exchange()) {
    settled_.push_back(trouble.for_item(indices_.front(), true));
    indices_.erase(indices_.begin());
    auto later = trouble;
    if (later.verdict == Verdict::ambiguous) later.verdict = Verdict::retry;  // nothing was sent for the rest
    return fail_all(later, true);
  }
  auto item = trouble.for_item(indices_.front(), true);
  item.reason = step_.subject + trouble.reason;
  const bool is_passing = !step_.passing.empty() && trouble.reason.find(step_.passing) != std::string::npos;
  auto target = look_at(indices_.front());
  if (target && !is_passing && item.verdict == Verdict::rejected) {
    // by a request of ours that arrived late it may be done already, or another step be due: else it is refused
    refusal_ = item.reason + std::string(remedy_);
    return look_at_first(std::move(*target));
  }
  // there by now, or gone since we looked: by a request of ours that arrived late, or by a person
  const bool is_stale = trouble.is_existing || trouble.is_not_found;
  if (is_stale || is_passing) item.verdict = Verdict::retry;
  settled_.push_back(std::move(item));
  indices_.erase(indices_.begin());
  return next();
}

Step StepwisePush::settle_first(Verdict verdict, std::string reason) {
  settle(indices_.front(), verdict, std::move(reason));
  indices_.erase(indices_.begin());
  return next();
}

void StepwisePush::settle(std::size_t index, Verdict verdict, std::string reason) {
  ItemVerdict item;
  item.index = index;
  item.verdict = verdict;
  item.reason = std::move(reason);
  settled_.push_back(std::move(item));
}

Step StepwisePush::fail_all(const Trouble& trouble, bool is_alone) {
  for (const auto index : indices_) settled_.push_back(trouble.for_item(index, is_alone));
  return finish();
}

}  // namespace ferry::medusa
