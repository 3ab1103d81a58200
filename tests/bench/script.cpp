#include "tests/bench/script.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <stdexcept>

#include "tests/bench/delivery.h"

namespace ferry::bench {

Script::Script(const Cluster& cluster, const Dataset& dataset, std::uint16_t portal) {
  int to[2] = {-1, -1}, from[2] = {-1, -1};
  if (::pipe2(to, O_CLOEXEC) != 0 || ::pipe2(from, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  process_ = ::fork();
  if (process_ == 0) {
    ::dup2(to[0], STDIN_FILENO);
    ::dup2(from[1], STDOUT_FILENO);
    ::execl("/usr/bin/python3", "python3", "-B", FERRY_BENCH_SOURCE "/prices_script.py", nullptr);
    ::_exit(127);
  }
  ::close(to[0]);
  ::close(from[1]);
  input_.reset(::fdopen(to[1], "w"));
  output_.reset(::fdopen(from[0], "r"));
  ask(boost::json::serialize(boost::json::object{{"database", cluster.conninfo(dataset.size().database)},
                                                 {"port", portal},
                                                 {"in_flight", kInFlight},
                                                 {"batch", kBatch},
                                                 {"all", desired_query(dataset.feed(), "full")},
                                                 {"hinted", desired_query(dataset.feed(), "keyed")}}));
}

Script::~Script() {
  input_.reset();
  int status = 0;
  ::waitpid(process_, &status, 0);
}

std::string Script::ask(const std::string& line) {
  std::fputs((line + "\n").c_str(), input_.get());
  std::fflush(input_.get());
  std::string answer;
  for (int c = 0; (c = std::fgetc(output_.get())) != EOF && c != '\n';) answer += static_cast<char>(c);
  if (answer.empty()) throw std::runtime_error("the Python script ended; see above");
  return answer;
}

Script::Round Script::round(const std::string& kind) {
  const auto answer = boost::json::parse(ask(kind));
  return {answer.at("changed").to_number<std::int64_t>(), answer.at("requests").to_number<std::int64_t>()};
}

}  // namespace ferry::bench
