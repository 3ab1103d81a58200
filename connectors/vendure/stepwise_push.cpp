#include "connectors/vendure/stepwise_push.h"

#include <algorithm>
#include <utility>

#include "connectors/vendure/operations.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {

using namespace connector;

namespace {

constexpr int kMostWrites = 8;  // of one record within one exchange

// The one member of a mutation's answer.
const json::value* result_of(const json::value& data) {
  const auto* object = data.if_object();
  return object && !object->empty() ? &object->begin()->value() : nullptr;
}

// Of an ErrorResult. What a transition was refused for stands beside the message.
std::string why(const json::value& result) {
  const auto detail = text_at(result, {"transitionError"});
  return quote_and_bound(detail.empty() ? text_at(result, {"message"}) : detail, 200);
}

}  // namespace

NextStep settled(Verdict verdict, std::string reason) {
  NextStep step;
  step.verdict = verdict;
  step.reason = std::move(reason);
  return step;
}

NextStep write(std::string_view operation, json::object variables) {
  NextStep step;
  step.operation = operation;
  step.variables = std::move(variables);
  return step;
}

Step StepwisePush::settle_one(Verdict verdict, std::string reason, std::optional<Duration> wait) {
  settle(indices_.front(), verdict, std::move(reason), wait);
  indices_.erase(indices_.begin());
  return next();
}

void StepwisePush::settle(std::size_t index, Verdict verdict, std::string reason, std::optional<Duration> wait) {
  ItemVerdict item;
  item.index = index;
  item.verdict = verdict;
  item.reason = std::move(reason);
  item.wait = wait;
  settled_.push_back(std::move(item));
}

Step StepwisePush::fail_all(const Trouble& trouble) {
  for (const auto index : indices_) settled_.push_back(trouble.for_item(index, batch_.size() == 1));
  return finish();
}

Step StepwisePush::start() {
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    if (auto problem = read(i); problem.empty())
      indices_.push_back(i);
    else
      settle(i, Verdict::rejected, std::move(problem));
  }
  return indices_.empty() ? finish() : look(Stage::looking_at_all, indices_);
}

Step StepwisePush::on_reply(const HttpReply& reply) {
  switch (stage_) {
    case Stage::looking_at_all: return on_looked_at_all(reply);
    case Stage::looking_at_one: return on_looked_at_one(reply);
    case Stage::writing: break;
  }
  return on_written(reply);
}

Step StepwisePush::look(Stage stage, std::span<const std::size_t> indices) {
  stage_ = stage;
  auto request = look_at(indices);
  if (request.body.size() <= kMaxBodyBytes) return Send{std::move(request)};
  for (const auto index : indices_)
    settle(index, batch_.size() == 1 ? Verdict::rejected : Verdict::split,
           "what the records are looked for by is too long for one request to the portal");
  return finish();
}

// What is missing from a list that is cut is not absent.
std::optional<Trouble> StepwisePush::cut(const json::value& data) const {
  for (const auto list : lists_) {
    const auto total = integer_at(data, {list, "totalItems"});
    const auto count = static_cast<std::int64_t>(array_at(data, {list, "items"}).size());
    if (total && *total <= count) continue;
    Trouble trouble;
    trouble.reason = "the portal listed " + std::to_string(count) + " of its " + std::string(list) + " and has more";
    return trouble;
  }
  return std::nullopt;
}

Step StepwisePush::on_looked_at_all(const HttpReply& reply) {
  auto answer = read_answer(reply, Kind::query, lists_.front());
  if (!answer.trouble) answer.trouble = cut(answer.data);
  if (answer.trouble) return fail_all(*answer.trouble);
  all_ = std::move(answer.data);
  arrange(indices_, all_);
  return next();
}

// The first item that is not settled, as seen in the common look unless something has changed near it since.
Step StepwisePush::next() {
  writes_ = 0;
  last_body_.clear();
  created_body_.clear();
  refusal_.clear();
  has_looked_again_ = false;
  if (indices_.empty()) return finish();
  if (touched_.contains(place_of(indices_.front())))
    return look(Stage::looking_at_one, std::span(indices_).first(1));
  return act(all_);
}

Step StepwisePush::on_looked_at_one(const HttpReply& reply) {
  auto answer = read_answer(reply, Kind::query, lists_.front());
  if (!answer.trouble) answer.trouble = cut(answer.data);
  if (answer.trouble && answer.trouble->ends_exchange()) return fail_all(*answer.trouble);
  if (answer.trouble) return settle_one(Verdict::retry, answer.trouble->reason);
  return act(answer.data);
}

Step StepwisePush::act(const json::value& data) {
  step_ = next_step(indices_.front(), data);
  if (step_.operation.empty()) return settle_one(step_.verdict, std::move(step_.reason), step_.wait);
  return send(step_.operation, std::move(step_.variables));
}

Step StepwisePush::send(std::string_view operation, json::object variables) {
  auto request = graphql(settings_, Kind::mutation, operation, std::move(variables));
  if (request.body.size() > kMaxBodyBytes)
    return settle_one(Verdict::rejected, "the record's texts are too long for one request to the portal");
  if (request.body == last_body_ && !refusal_.empty()) return settle_one(Verdict::rejected, std::move(refusal_));
  if (request.body == last_body_ || request.body == created_body_)
    return settle_one(Verdict::retry, "the portal confirmed a change of the record and does not show it");
  if (++writes_ > kMostWrites) return settle_one(Verdict::retry, "the record needs more changes than are made at once");
  last_body_ = request.body;
  stage_ = Stage::writing;
  touched_.insert(place_of(indices_.front()));
  return Send{std::move(request)};
}

Step StepwisePush::on_written(const HttpReply& reply) {
  const auto answer = read_answer(reply, Kind::mutation);
  if (answer.trouble) return on_refused(*answer.trouble);
  const auto* result = result_of(answer.data);
  const auto code = result ? text_at(*result, {"errorCode"}) : std::string_view();
  if (!code.empty()) {
    auto refusal = step_.subject + "the portal refused it: " + why(*result);
    return code == step_.passing ? settle_one(Verdict::retry, std::move(refusal)) : look_who_has_it(refusal);
  }
  refusal_.clear();
  const auto created = result ? id_at(*result, {"id"}) : std::string();
  if (!step_.then.empty() && !created.empty()) {
    --writes_;  // both are one change
    created_body_ = last_body_;
    step_.then_variables["created"] = created;
    return send(std::exchange(step_.then, ""), std::move(step_.then_variables));
  }
  return look(Stage::looking_at_one, std::span(indices_).first(1));
}

// A record may be there since we looked, by a request of ours that arrived late.
Step StepwisePush::look_who_has_it(const std::string& refusal) {
  return look_again(refusal + "; " + std::string(taken_hint_));
}

Step StepwisePush::look_again(std::string refusal) {
  refusal_ = std::move(refusal);
  return look(Stage::looking_at_one, std::span(indices_).first(1));
}

Step StepwisePush::on_refused(const Trouble& trouble) {
  if (trouble.ends_exchange()) {
    settled_.push_back(trouble.for_item(indices_.front(), true));
    indices_.erase(indices_.begin());
    auto later = trouble;
    if (later.verdict == Verdict::ambiguous) later.verdict = Verdict::retry;  // nothing was sent for the rest
    for (const auto index : indices_) settled_.push_back(later.for_item(index, true));
    return finish();
  }
  if (trouble.is_duplicate) return look_who_has_it(trouble.reason);
  // the same of a variant; or it was deleted since
  const bool is_stale = trouble.is_not_found || trouble.reason.find("already exists") != std::string::npos;
  const auto verdict = is_stale ? Verdict::retry : trouble.for_item(0, true).verdict;
  // Once: a late request may have changed what it belongs to, and then the next step is another one.
  if (verdict == Verdict::rejected && !std::exchange(has_looked_again_, true)) return look_again(trouble.reason);
  return settle_one(verdict, trouble.reason);
}

}  // namespace ferry::vendure
