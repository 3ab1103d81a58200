// Waits for PostgreSQL notifications (the ODBC driver cannot receive them). Latency only: truth never depends on it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::sql {

// What ended a wait.
struct Woken {
  bool cancelled = false;             // cancel() was called
  bool connected = false;             // the listener has a connection now
  bool reconnected = false;           // notifications may have been missed since the last wait: look everywhere
  std::vector<std::string> payloads;  // distinct payloads that arrived, in order; bounded
  std::string problem;                // why there is no connection; one line, without the password
};

// Listens on one notification channel. One thread at a time, except cancel(). Opens no connection before the first
// wait.
class Listener {
 public:
  static constexpr std::size_t kMaxPayloads = 256;  // more in one wait are dropped; the remaining ones still wake

  // `conninfo`: libpq connection string; `password`, if any, is handed over separately. `channel`: notification
  // channel.
  Listener(std::string conninfo, std::string password, std::string channel);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Waits until notified, cancelled or `timeout` has passed, whichever comes first. Connects first when there is no
  // connection; when that fails, says why and still waits for `timeout`, so that a caller's loop is never a busy one.
  Woken wait(std::chrono::milliseconds timeout);

  // Any thread, any number of times: ends the current wait, or the next one at once.
  void cancel();

  // The connection's socket, -1 when there is none.
  int fd() const;

 private:
  bool connect(Woken& woken);
  void disconnect();
  bool poll_for(std::chrono::milliseconds timeout, Woken& woken);
  void take_notifications(Woken& woken);

  const std::string conninfo_, password_, channel_;
  void* connection_ = nullptr;  // PGconn
  int cancel_fd_;               // eventfd
};

}  // namespace ferry::sql
