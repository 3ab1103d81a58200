// Watches every channel for alerts (plugin/engine/alerts.h) and carries their news to the log, the host and webhooks.
// Each channel is looked at by one process at a time, each piece of news carried by one: the tables settle whose turn
// it is. On a thread of its own, so that no lane ever waits for a webhook.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "plugin/runtime/channel_driver.h"
#include "plugin/runtime/service_settings.h"
#include "plugin/runtime/webhook.h"

namespace ferry::runtime {

class Watch {
 public:
  // Starts at once. The references outlive it. `breath`: between two questions whose turn it is.
  Watch(const HostServices& host, StorePool& stores, Credentials& credentials, Duration breath = std::chrono::seconds(5));
  ~Watch();  // breaks off what is under way and joins
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  void run();
  void look();
  void look_at(const sql::ChannelRow& row, const ChannelPlan& plan);
  void call_host();
  void post(const engine::ChannelSettings& settings, std::int32_t channel);
  void tell(const engine::AlertDecision& decision) const;
  void note(const engine::Problem& problem);

  const HostServices& host_;
  StorePool& stores_;
  Credentials& credentials_;
  const Duration breath_;
  Webhook webhook_;
  std::string problem_;  // as last logged
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool is_stopping_ = false;
  std::thread thread_;  // last
};

}  // namespace ferry::runtime
