#include "tests/bench/machine.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/bench/report.h"
#include "tests/bench/stopwatch.h"

namespace ferry::bench {
namespace {

constexpr int kRounds = 200;

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

// A byte to another thread and back, blocking: what one wake-up of an idle machine costs each way.
std::string round_trip() {
  int pair[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return "unknown";
  std::thread echo([&] {
    char byte = 0;
    while (::read(pair[1], &byte, 1) == 1 && ::write(pair[1], &byte, 1) == 1) {
    }
  });
  std::vector<double> times;
  for (int i = 0; i < kRounds; ++i) {
    char byte = 'x';
    const auto begin = std::chrono::steady_clock::now();
    if (::write(pair[0], &byte, 1) != 1 || ::read(pair[0], &byte, 1) != 1) break;
    times.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
  }
  ::shutdown(pair[0], SHUT_RDWR);
  echo.join();
  ::close(pair[0]);
  ::close(pair[1]);
  return "p50 " + number(median(times), 0) + " us, p99 " + number(quantile(times, 0.99), 0) + " us";
}

std::string flush(const std::string& folder) {
  const std::string name = folder + ".flush";
  const int file = ::open(name.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  const std::string page(8192, 'x');
  std::vector<double> times;
  for (int i = 0; i < kRounds; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    if (::pwrite(file, page.data(), page.size(), 0) < 0 || ::fdatasync(file) != 0) break;
    times.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
  }
  ::close(file);
  ::unlink(name.c_str());
  return "p50 " + number(median(times), 0) + " us, p99 " + number(quantile(times, 0.99), 0) + " us";
}

}  // namespace

std::vector<std::string> machine_facts(const std::string& folder) {
  double load[3] = {};
  ::getloadavg(load, 3);
  std::vector<std::string> facts{
      processor() + ", " + std::to_string(std::thread::hardware_concurrency()) + " processors",
      "load average " + number(load[0]) + " " + number(load[1]) + " " + number(load[2]),
      "round trip between two threads through a socket: " + round_trip(),
      "8 kB written and flushed (fdatasync): " + flush(folder)};
  if (load[0] > std::thread::hardware_concurrency()) {
    facts.emplace_back("THE MACHINE IS BUSY with other work: ratios hold, times on the clock do not");
  }
  return facts;
}

}  // namespace ferry::bench
