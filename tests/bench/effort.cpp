#include "tests/bench/effort.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace ferry::bench {
namespace {

struct Spent {
  pid_t parent = 0;
  double own = 0, of_ended_children = 0;  // clock ticks
};

Spent spent_by(const std::string& process) {
  std::ifstream stream("/proc/" + process + "/stat");
  std::string text;
  std::getline(stream, text);
  // the name, in parentheses, may hold anything
  std::istringstream words(text.substr(std::min(text.size(), text.rfind(')') + 2)));
  std::string state, ignored;
  Spent spent;
  words >> state >> spent.parent;
  for (int field = 0; field < 9; ++field) words >> ignored;
  double user = 0, system = 0, user_of_children = 0, system_of_children = 0;
  words >> user >> system >> user_of_children >> system_of_children;
  spent.own = user + system;
  spent.of_ended_children = user_of_children + system_of_children;
  return spent;
}

}  // namespace

double processor_ms(const Cluster& cluster, pid_t beside) {
  std::ifstream file(cluster.folder() + "/data/postmaster.pid");
  pid_t postmaster = 0;
  file >> postmaster;
  double ticks = beside == 0 ? 0 : spent_by(std::to_string(beside)).own;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string process = entry.path().filename();
    if (process.find_first_not_of("0123456789") != std::string::npos) continue;
    const Spent spent = spent_by(process);
    if (process == std::to_string(postmaster)) ticks += spent.own + spent.of_ended_children;
    if (spent.parent == postmaster) ticks += spent.own;
  }
  return ticks * 1000 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace ferry::bench
