// Test double: an Engine that records what the glue does with it.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "plugin/abi/engine.h"

namespace ferry::abi {

struct FakeEngineLog {
  std::vector<std::string> calls;
  std::vector<engine::ErpReply> answers;
  std::deque<runtime::ErpCall> waiting;
  std::vector<config::Problem> problems;  // what making one finds
  std::string settings;
  runtime::HostServices host;
  std::function<boost::system::result<std::string, runtime::OperationFailed>(std::string_view, std::string_view)>
      perform = [](std::string_view, std::string_view) { return std::string("{}"); };
  std::function<void()> on_next = [] {};
  std::function<void()> on_start = [] {};
};

class FakeEngine final : public Engine {
 public:
  explicit FakeEngine(FakeEngineLog& log) : log_(log) {}
  ~FakeEngine() override { log_.calls.emplace_back("destroyed"); }

  void start() override {
    log_.on_start();
    log_.calls.emplace_back("start");
  }
  void stop(Duration drain) override {
    log_.calls.push_back("stop " +
                         std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(drain).count()));
  }
  void wake() override { log_.calls.emplace_back("wake"); }
  std::optional<runtime::ErpCall> next_erp_call() override {
    const auto hook = log_.on_next;  // may replace itself
    hook();
    if (log_.waiting.empty()) return std::nullopt;
    runtime::ErpCall call = log_.waiting.front();
    log_.waiting.pop_front();
    return call;
  }
  void answer(std::uint64_t, engine::ErpReply reply) override { log_.answers.push_back(std::move(reply)); }
  std::size_t erp_calls_waiting() const override { return log_.waiting.size(); }
  boost::system::result<std::string, runtime::OperationFailed> perform(std::string_view operation,
                                                                       std::string_view arguments) override {
    return log_.perform(operation, arguments);
  }

 private:
  FakeEngineLog& log_;
};

inline MakeEngine making_fakes(FakeEngineLog& log) {
  return [&log](std::string_view settings, runtime::HostServices host, std::vector<config::Problem>& problems) {
    log.settings = settings;
    log.host = std::move(host);
    problems = log.problems;
    return std::make_unique<FakeEngine>(log);
  };
}

}  // namespace ferry::abi
