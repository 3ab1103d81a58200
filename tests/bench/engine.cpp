#include "tests/bench/engine.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "ferry/ext/log.h"
#include "plugin/runtime/service.h"
#include "tests/bench/stopwatch.h"

namespace ferry::bench {

int serve_engine(const std::string& settings_json) {
  tell_phases = true;
  runtime::HostServices host;
  host.log = [](int severity, std::string_view line) {
    std::printf("log %d %.*s\n", severity, static_cast<int>(line.size()), line.data());
    std::fflush(stdout);
  };
  host.secret = [](std::string_view) { return std::nullopt; };
  std::vector<config::Problem> problems;
  runtime::Service service(settings_json, host, problems);
  for (const auto& problem : problems) host.log(FERRY_LOG_ERROR, problem.message);
  if (!problems.empty()) return 1;
  service.start();
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {
  }
  service.stop(std::chrono::seconds(3));
  return 0;
}

EngineProcess::EngineProcess(const std::string& odbc, const std::string& notify) {
  const std::string settings = boost::json::serialize(boost::json::object{{"database", odbc}, {"notify", notify}});
  int to[2] = {-1, -1}, from[2] = {-1, -1};
  if (::pipe2(to, O_CLOEXEC) != 0 || ::pipe2(from, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  process_ = ::fork();
  if (process_ == 0) {
    ::dup2(to[0], STDIN_FILENO);
    ::dup2(from[1], STDOUT_FILENO);
    ::execl("/proc/self/exe", "ferry-bench", "--engine", settings.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(to[0]);
  ::close(from[1]);
  input_ = to[1];
  output_ = from[0];
  listener_ = std::thread([this] { listen(); });
}

EngineProcess::~EngineProcess() {
  ::close(input_);
  int status = 0;
  ::waitpid(process_, &status, 0);
  listener_.join();
  ::close(output_);
}

void EngineProcess::listen() {
  std::string text;
  char block[8192];
  for (ssize_t size = 0; (size = ::read(output_, block, sizeof block)) > 0;) {
    text.append(block, static_cast<std::size_t>(size));
    std::lock_guard lock(mutex_);
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
      take(text.substr(begin, end - begin));
    }
    text.erase(0, begin);
    arrived_.notify_all();
  }
  std::lock_guard lock(mutex_);
  has_ended_ = true;
  arrived_.notify_all();
}

void EngineProcess::take(const std::string& line) {
  std::istringstream words(line);
  std::string kind;
  words >> kind;
  if (kind == "phase") {
    Phase phase;
    std::int64_t begin = 0, end = 0;
    words >> phase.name >> begin >> end >> phase.count;
    phase.begin = Instant(Duration(begin));
    phase.end = Instant(Duration(end));
    if (phase.count < 0) trouble_ = "the engine's call '" + phase.name + "' failed";
    phases_.push_back(std::move(phase));
  } else if (kind == "log") {
    int severity = 0;
    words >> severity;
    if (severity >= FERRY_LOG_WARNING) trouble_ = line;
  }
}

std::vector<Phase> EngineProcess::await_settled(std::int64_t items, Duration patience) {
  std::unique_lock lock(mutex_);
  const auto settled = [&] {
    std::int64_t sum = 0;
    for (const Phase& phase : phases_) sum += phase.name == "settle" ? phase.count : 0;
    return sum;
  };
  const bool in_time =
      arrived_.wait_for(lock, patience, [&] { return has_ended_ || !trouble_.empty() || settled() >= items; });
  if (!in_time || settled() < items) {
    throw std::runtime_error("the engine settled " + std::to_string(settled()) + " of " + std::to_string(items) +
                             " records: " + (trouble_.empty() ? "it took too long" : trouble_));
  }
  return std::exchange(phases_, {});
}

void EngineProcess::await_ready(Duration patience) {
  // the first run, then a look for what is due: nothing is
  std::unique_lock lock(mutex_);
  const auto is_idle = [&] { return phases_.size() >= 2 && phases_.back().name == "due" && phases_.back().count == 0; };
  if (!arrived_.wait_for(lock, patience, [&] { return has_ended_ || !trouble_.empty() || is_idle(); }) || !is_idle()) {
    throw std::runtime_error("the engine does not start: " + (trouble_.empty() ? "it took too long" : trouble_));
  }
  phases_.clear();
}

EngineProcess::Memory EngineProcess::memory() const {
  Memory memory;
  std::ifstream status("/proc/" + std::to_string(process_) + "/status");
  for (std::string line; std::getline(status, line);) {
    std::istringstream words(line);
    std::string name;
    double kilobytes = 0;
    words >> name >> kilobytes;
    if (name == "VmRSS:") memory.resident_mb = kilobytes / 1024;
    if (name == "VmHWM:") memory.peak_mb = kilobytes / 1024;
  }
  return memory;
}

}  // namespace ferry::bench
