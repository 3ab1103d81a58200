// The engine under measurement: runtime::Service in a process of its own, as an ERP's process would hold it.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "plugin/domain/time.h"

namespace ferry::bench {

// Whether the lanes' calls are told on the output: in the engine's process only. Set before an engine starts.
extern bool tell_phases;

// main() of the engine's process: serves until its input ends.
int serve_engine(const std::string& settings_json);

// A call of the lane on the tables, as phases.cpp reports it.
struct Phase {
  std::string name;  // run | due | settle
  Instant begin{}, end{};
  std::int64_t count = 0;  // changed, due, settled; -1: failed
};

class EngineProcess {
 public:
  // Starts this program again as an engine on the database.
  EngineProcess(const std::string& odbc, const std::string& notify);
  ~EngineProcess();
  EngineProcess(const EngineProcess&) = delete;
  EngineProcess& operator=(const EngineProcess&) = delete;

  // Waits until that many items were settled since the last call, and returns every phase since then, also of an
  // earlier call that is still going on. Throws when it takes longer than `patience` or a call fails.
  std::vector<Phase> await_settled(std::int64_t items, Duration patience);
  // Waits until the lane listens and has nothing to do: its first runs are over.
  void await_ready(Duration patience);

  struct Memory {
    double resident_mb = 0, peak_mb = 0;
  };
  Memory memory() const;
  pid_t process() const { return process_; }

 private:
  void listen();
  void take(const std::string& line);

  pid_t process_ = -1;
  int input_ = -1, output_ = -1;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Phase> phases_;
  std::string trouble_;
  bool has_ended_ = false;
  std::thread listener_;
};

}  // namespace ferry::bench
