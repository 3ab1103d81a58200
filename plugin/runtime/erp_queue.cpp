#include "plugin/runtime/erp_queue.h"

#include <utility>

namespace ferry::runtime {
namespace {

engine::ErpReply without_answer(engine::ErpAnswer answer, std::string reason) { return {answer, {}, std::move(reason)}; }

}  // namespace

void ErpQueue::enter(std::int32_t channel, std::string reference, std::string document, Answered answered) {
  ask({0, channel, std::move(reference), std::move(document), ErpCall::Purpose::enter}, request_pump_, std::move(answered));
}

void ErpQueue::find(std::int32_t channel, std::string reference, Answered answered) {
  ask({0, channel, std::move(reference), "", ErpCall::Purpose::find}, request_pump_, std::move(answered));
}

void ErpQueue::revise(std::int32_t channel, std::string reference, std::string document, Answered answered) {
  ask({0, channel, std::move(reference), std::move(document), ErpCall::Purpose::revise}, request_pump_, std::move(answered));
}

void ErpQueue::evaluate(std::int32_t channel, std::vector<engine::ErpQuestion> questions, Answered answered) {
  ErpCall call;
  call.channel = channel;
  call.questions = std::move(questions);
  ask(std::move(call), request_evaluation_, std::move(answered));
}

void ErpQueue::ask(ErpCall call, const std::function<void()>& request, Answered answered) {
  if (!request) {
    const auto* what = call.questions.empty() ? "this host has no order entry" : "this host evaluates no prices";
    answered(without_answer(engine::ErpAnswer::unsupported, what));
    return;
  }
  {
    std::lock_guard lock(mutex_);
    if (!closed_) {
      call.id = ++last_id_;
      calls_.push_back({std::move(call), clock_()});
      unanswered_.emplace(last_id_, std::move(answered));
      answered = nullptr;
    }
  }
  if (answered) {
    answered(without_answer(engine::ErpAnswer::busy, "the engine is stopping"));
  } else {
    request();
  }
}

std::optional<ErpCall> ErpQueue::next() {
  for (;;) {
    Waiting waiting;
    {
      std::lock_guard lock(mutex_);
      if (calls_.empty()) return std::nullopt;
      waiting = std::move(calls_.front());
      calls_.pop_front();
    }
    if (clock_() - waiting.since <= kLongestWait) return std::move(waiting.call);
    answer(waiting.call.id, without_answer(engine::ErpAnswer::busy, "the ERP did not come to it for too long"));
  }
}

ErpQueue::Answered ErpQueue::take_answered(std::uint64_t call) {
  std::lock_guard lock(mutex_);
  const auto found = unanswered_.find(call);
  return found == unanswered_.end() ? nullptr : std::move(unanswered_.extract(found).mapped());
}

void ErpQueue::answer(std::uint64_t call, engine::ErpReply reply) {
  if (const auto answered = take_answered(call)) answered(std::move(reply));
}

std::size_t ErpQueue::waiting() const {
  std::lock_guard lock(mutex_);
  return calls_.size();
}

void ErpQueue::close() {
  std::map<std::uint64_t, Answered> dropped;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    // a call already handed out may still succeed in the ERP: its answer is awaited by stop(), not dropped here
    for (const Waiting& waiting : calls_) {
      const auto found = unanswered_.find(waiting.call.id);
      dropped.insert(unanswered_.extract(found));
    }
    calls_.clear();
  }
  for (auto& [id, answered] : dropped) answered(without_answer(engine::ErpAnswer::busy, "the engine is stopping"));
}

void ErpQueue::abandon() {
  close();
  std::map<std::uint64_t, Answered> dropped;
  {
    std::lock_guard lock(mutex_);
    dropped.swap(unanswered_);
  }
  for (auto& [id, answered] : dropped) answered(without_answer(engine::ErpAnswer::busy, "the engine is stopping"));
}

}  // namespace ferry::runtime
