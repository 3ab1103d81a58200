// One channel being driven: its connector, HTTP client and credential, and a driver for each of its jobs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/http/client.h"
#include "plugin/engine/channel.h"
#include "plugin/runtime/lane_driver.h"

namespace ferry::runtime {

// A row of ferry.channel, checked against the settings tables and with its secrets resolved.
struct ChannelPlan {
  std::shared_ptr<const engine::Channel> channel;  // null when there are problems
  std::vector<config::Problem> problems;
  std::vector<std::string> warnings;
};

// The credentials in use, so that channels which log in with the same one share its rate and its session. Thread-safe.
class Credentials {
 public:
  // `key` may hold secrets, `name` none: the name is how other processes know the credential.
  std::shared_ptr<engine::Credential> get(const std::string& key, std::int64_t rate_per_second, std::string name);

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<engine::Credential>, std::less<>> known_;
};

ChannelPlan plan_channel(const sql::ChannelRow& row, const config::SecretResolver& secrets, Credentials& credentials);

// In one line.
std::string all_messages(const std::vector<config::Problem>& problems);

// How its portal is reached.
http::Settings client_settings(const engine::ChannelSettings& settings);

class ChannelDriver {
 public:
  // What the drivers of one process share; outlives every ChannelDriver.
  struct Surroundings {
    StorePool& stores;
    ErpQueue& erp;
    std::string holder;
    std::function<void(const engine::WakeJob&)> wake_job;
    std::function<void(int severity, std::string_view line)> log;
    std::function<bool(const engine::LaneId&)> drives;  // which lanes this process may drive at all
  };

  // Starts a driver for each job of the channel. Precondition: `channel` is not null.
  ChannelDriver(std::shared_ptr<const engine::Channel> channel, const Surroundings& surroundings);
  ~ChannelDriver();  // ask_to_stop() and wait; requests still under way are broken off first

  void wake(std::string_view job);  // empty: every job; any thread
  void notice_pause();              // a job was paused, here or elsewhere; any thread
  void ask_to_stop();               // any thread; returns at once
  bool is_stopped() const;          // every lane has recorded what it had under way and released its lease
  void break_off();                 // ends the requests under way; what they sent counts as ambiguous

 private:
  const std::shared_ptr<const engine::Channel> channel_;
  http::Client client_;
  std::vector<std::unique_ptr<LaneDriver>> drivers_;  // after client_: they go first
};

}  // namespace ferry::runtime
