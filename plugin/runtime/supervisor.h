// Keeps the right lanes driven: connects, brings the schema up to date, follows the channels as they are saved, and passes
// on what the database announces. One thread for that, one for listening.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "plugin/runtime/channel_driver.h"
#include "plugin/runtime/mailbox.h"
#include "plugin/runtime/service_settings.h"
#include "sql/notify/listener.h"

namespace ferry::runtime {

class Supervisor {
 public:
  struct State {
    bool is_connected = false;
    std::string error;  // empty: all is well
  };

  // Starts both threads. The references outlive the supervisor.
  Supervisor(const ServiceSettings& settings, const HostServices& host, StorePool& stores, ErpQueue& erp,
             Credentials& credentials, std::string holder);
  ~Supervisor();  // stop() without waiting, if that was forgotten
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // Look now: hints were committed. Any thread. Nothing happens while the listener hears of every commit anyway.
  void wake();
  // Stops every lane: waits at most `drain` for what is under way, then breaks it off, then joins. Once.
  void stop(Duration drain);
  State state() const;

 private:
  struct Driven {
    std::string row;  // the row of ferry.channel it was made from, to notice changes
    std::unique_ptr<ChannelDriver> driver;
  };

  void run();
  void listen();
  bool prepare_schema();
  void follow_channels();
  void retire(const std::function<bool(std::int32_t, const Driven&)>& is_obsolete);
  static bool await_stopped(const std::map<std::int32_t, Driven>& driven, Instant deadline);
  bool is_driven(std::int32_t channel) const;
  void take_channel(const sql::ChannelRow& row);
  bool note_trouble(std::int32_t channel, const std::string& trouble);
  void purge_now_and_then(Instant now);
  void trim_now_and_then(Instant now);
  void wake_job(std::int32_t channel, std::string_view job);
  void notice_pause();
  void note_error(const std::string& error);
  void log(int severity, const std::string& line) const;

  const ServiceSettings& settings_;
  const HostServices& host_;
  StorePool& stores_;
  ErpQueue& erp_;
  Credentials& credentials_;
  const std::string holder_;

  Mailbox<bool> orders_;  // true: look at the channels; false: end
  std::atomic<bool> is_stopping_ = false;
  std::atomic<bool> is_listening_ = false;  // every commit is heard of
  bool has_schema_ = false;
  Instant next_purge_{}, next_trim_{};

  mutable std::mutex mutex_;
  State state_;
  std::map<std::int32_t, std::string> troubles_;  // what was said of each channel that is not driven
  std::map<std::int32_t, Driven> driven_;

  std::unique_ptr<sql::Listener> listener_;  // null: poll only
  std::thread listener_thread_;
  std::thread thread_;
};

}  // namespace ferry::runtime
