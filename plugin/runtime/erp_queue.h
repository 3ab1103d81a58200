// Calls into the ERP's order entry and its prices, on their way from the lanes to a host thread and back.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include "plugin/runtime/clock.h"
#include "plugin/runtime/service.h"

namespace ferry::runtime {

// Thread-safe. Each call is answered exactly once: by the host, or with `busy` when the queue is closed or the host did
// not come for it in time. A process that stood still must not enter what others have long been looking for in vain.
class ErpQueue {
 public:
  using Answered = std::function<void(engine::ErpReply)>;

  // Leaves the ERP a third of OrderEntry::kLongestEntry.
  static constexpr Duration kLongestWait = std::chrono::minutes(10);

  // `request_pump` empty: this host has no order entry, every call on it is answered `unsupported` at once; and so for
  // prices with `request_evaluation`.
  explicit ErpQueue(std::function<void()> request_pump, std::function<void()> request_evaluation = nullptr,
                    std::function<Instant()> clock = now)
      : request_pump_(std::move(request_pump)),
        request_evaluation_(std::move(request_evaluation)),
        clock_(std::move(clock)) {}

  // Whether there is an order entry.
  bool is_supported() const { return static_cast<bool>(request_pump_); }
  void enter(std::int32_t channel, std::string reference, std::string document, Answered answered);
  void find(std::int32_t channel, std::string reference, Answered answered);
  void revise(std::int32_t channel, std::string reference, std::string document, Answered answered);
  void evaluate(std::int32_t channel, std::vector<engine::ErpQuestion> questions, Answered answered);
  std::optional<ErpCall> next();  // hands a call out; it stays known until answered
  void answer(std::uint64_t call, engine::ErpReply reply);  // an unknown call is ignored: its lane is gone
  std::size_t waiting() const;

  // Answers everything that waits, and whatever is asked later, with `busy`: the engine is stopping.
  void close();
  // Answers `busy` also to what was handed out and not answered: the host will not, or not in time. If the ERP did create
  // the order, the next attempt finds it by its external reference.
  void abandon();

 private:
  struct Waiting {
    ErpCall call;
    Instant since{};
  };
  void ask(ErpCall call, const std::function<void()>& request, Answered answered);
  Answered take_answered(std::uint64_t call);  // null: unknown

  const std::function<void()> request_pump_;
  const std::function<void()> request_evaluation_;
  const std::function<Instant()> clock_;
  mutable std::mutex mutex_;
  bool closed_ = false;
  std::uint64_t last_id_ = 0;
  std::deque<Waiting> calls_;
  std::map<std::uint64_t, Answered> unanswered_;
};

}  // namespace ferry::runtime
