#include "plugin/runtime/erp_queue.h"

#include <utility>

namespace ferry::runtime {
namespace {

engine::ErpReply without_order(engine::ErpAnswer answer, std::string reason) { return {answer, {}, std::move(reason)}; }

}  // namespace

void ErpQueue::ask(std::int32_t channel, std::string reference, std::string document, Answered answered) {
  if (!is_supported()) {
    answered(without_order(engine::ErpAnswer::unsupported, "this host has no order entry"));
    return;
  }
  {
    std::lock_guard lock(mutex_);
    if (!closed_) {
      calls_.push_back({++last_id_, channel, std::move(reference), std::move(document)});
      unanswered_.emplace(last_id_, std::move(answered));
      answered = nullptr;
    }
  }
  if (answered) {
    answered(without_order(engine::ErpAnswer::busy, "the engine is stopping"));
  } else {
    request_pump_();
  }
}

std::optional<ErpCall> ErpQueue::next() {
  std::lock_guard lock(mutex_);
  if (calls_.empty()) return std::nullopt;
  ErpCall call = std::move(calls_.front());
  calls_.pop_front();
  return call;
}

void ErpQueue::answer(std::uint64_t call, engine::ErpReply reply) {
  Answered answered;
  {
    std::lock_guard lock(mutex_);
    const auto found = unanswered_.find(call);
    if (found == unanswered_.end()) return;
    answered = std::move(found->second);
    unanswered_.erase(found);
  }
  answered(std::move(reply));
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
    for (const ErpCall& call : calls_) {
      const auto found = unanswered_.find(call.id);
      dropped.insert(unanswered_.extract(found));
    }
    calls_.clear();
  }
  for (auto& [id, answered] : dropped) answered(without_order(engine::ErpAnswer::busy, "the engine is stopping"));
}

void ErpQueue::abandon() {
  close();
  std::map<std::uint64_t, Answered> dropped;
  {
    std::lock_guard lock(mutex_);
    dropped.swap(unanswered_);
  }
  for (auto& [id, answered] : dropped) answered(without_order(engine::ErpAnswer::busy, "the engine is stopping"));
}

}  // namespace ferry::runtime
