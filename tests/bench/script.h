// The Python script that does a feed's work without Ferry: prices_script.py, in a process of its own.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "tests/bench/cluster.h"
#include "tests/bench/dataset.h"

namespace ferry::bench {

class Script {
 public:
  // Starts it, and waits until it has taken what is wanted now for what the portal shows.
  Script(const Cluster& cluster, const Dataset& dataset, std::uint16_t portal);
  ~Script();
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  // One round; returns when what it sent is recorded. `kind`: all | hinted.
  struct Round {
    std::int64_t changed = 0, requests = 0;
  };
  Round round(const std::string& kind);
  pid_t process() const { return process_; }

 private:
  struct Close {
    void operator()(FILE* file) const { std::fclose(file); }
  };
  using File = std::unique_ptr<FILE, Close>;

  std::string ask(const std::string& line);

  pid_t process_ = -1;
  File input_, output_;
};

}  // namespace ferry::bench
