// Calls into the ERP's order entry, on their way from the intake lanes to a host thread and back.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>

#include "plugin/runtime/service.h"

namespace ferry::runtime {

// Thread-safe. Each call is answered exactly once: by the host, or with `busy` when the queue is closed.
class ErpQueue {
 public:
  using Answered = std::function<void(engine::ErpReply)>;

  // `request_pump` empty: this host has no order entry, every call is answered `unsupported` at once.
  explicit ErpQueue(std::function<void()> request_pump) : request_pump_(std::move(request_pump)) {}

  bool is_supported() const { return static_cast<bool>(request_pump_); }
  void ask(std::int32_t channel, std::string reference, std::string document, Answered answered);
  std::optional<ErpCall> next();  // hands a call out; it stays known until answered
  void answer(std::uint64_t call, engine::ErpReply reply);  // an unknown call is ignored: its lane is gone
  std::size_t waiting() const;

  // Answers everything that waits, and whatever is asked later, with `busy`: the engine is stopping.
  void close();
  // Answers `busy` also to what was handed out and not answered: the host will not, or not in time. If the ERP did create
  // the order, the next attempt finds it by its external reference.
  void abandon();

 private:
  const std::function<void()> request_pump_;
  mutable std::mutex mutex_;
  bool closed_ = false;
  std::uint64_t last_id_ = 0;
  std::deque<ErpCall> calls_;
  std::map<std::uint64_t, Answered> unanswered_;
};

}  // namespace ferry::runtime
