#include "sql/notify/listener.h"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

namespace ferry::sql {
namespace {

PGconn* as_connection(void* connection) { return static_cast<PGconn*>(connection); }

// Any text as a value of a libpq connection string.
std::string quoted(std::string_view value) {
  std::string result = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') result.push_back('\\');
    result.push_back(c);
  }
  return result + "'";
}

std::string one_line(const char* message) {
  std::string line(message == nullptr ? "" : message);
  std::ranges::replace(line, '\n', ' ');
  if (line.size() > 500) line.resize(500);
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace

Listener::Listener(std::string conninfo, std::string password, std::string channel)
    : conninfo_(std::move(conninfo)),
      password_(std::move(password)),
      channel_(std::move(channel)),
      cancel_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (cancel_fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Listener::~Listener() {
  disconnect();
  close(cancel_fd_);
}

void Listener::disconnect() {
  PQfinish(as_connection(connection_));
  connection_ = nullptr;
}

int Listener::fd() const { return connection_ == nullptr ? -1 : PQsocket(as_connection(connection_)); }

void Listener::cancel() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(cancel_fd_, &one, sizeof one);  // only a full counter fails: already set
}

bool Listener::connect(Woken& woken) {
  std::string info = conninfo_ + " application_name=ferry-listener client_encoding=UTF8";
  if (info.find("connect_timeout") == std::string::npos) info += " connect_timeout=5";
  if (!password_.empty()) info += " password=" + quoted(password_);
  connection_ = PQconnectdb(info.c_str());
  if (PQstatus(as_connection(connection_)) == CONNECTION_OK) {
    const std::unique_ptr<char, decltype(&PQfreemem)> name(
        PQescapeIdentifier(as_connection(connection_), channel_.data(), channel_.size()), &PQfreemem);
    const std::unique_ptr<PGresult, decltype(&PQclear)> listening(
        PQexec(as_connection(connection_), ("LISTEN " + std::string(name ? name.get() : "")).c_str()), &PQclear);
    if (PQresultStatus(listening.get()) == PGRES_COMMAND_OK) return woken.reconnected = true;
  }
  woken.problem = "cannot listen for notifications: " + one_line(PQerrorMessage(as_connection(connection_)));
  disconnect();
  return false;
}

bool Listener::poll_for(std::chrono::milliseconds timeout, Woken& woken) {
  pollfd waiting[2] = {{cancel_fd_, POLLIN, 0}, {fd(), POLLIN, 0}};  // a negative fd is ignored by poll
  const auto bounded = std::clamp<std::int64_t>(timeout.count(), 0, 3'600'000);
  if (poll(waiting, 2, static_cast<int>(bounded)) < 0) return false;  // EINTR: the caller's loop comes back
  if ((waiting[0].revents & POLLIN) != 0) {
    std::uint64_t count = 0;
    woken.cancelled = read(cancel_fd_, &count, sizeof count) > 0;
  }
  return waiting[1].revents != 0;
}

void Listener::take_notifications(Woken& woken) {
  if (PQconsumeInput(as_connection(connection_)) == 0) {
    woken.problem = "notifications lost: " + one_line(PQerrorMessage(as_connection(connection_)));
    return disconnect();
  }
  while (PGnotify* raw = PQnotifies(as_connection(connection_))) {
    const std::unique_ptr<PGnotify, decltype(&PQfreemem)> notification(raw, &PQfreemem);
    const std::string payload(notification->extra);
    const bool known = std::ranges::find(woken.payloads, payload) != woken.payloads.end();
    if (!known && woken.payloads.size() < kMaxPayloads) woken.payloads.push_back(payload);
  }
}

Woken Listener::wait(std::chrono::milliseconds timeout) {
  Woken woken;
  if (connection_ == nullptr && connect(woken)) timeout = std::chrono::milliseconds(0);  // tell at once
  // a notification may have come in with an earlier answer, and so may the server's farewell
  const bool was_connected = connection_ != nullptr;
  if (was_connected) take_notifications(woken);
  const bool was_lost = was_connected && connection_ == nullptr;
  if (!woken.payloads.empty() || was_lost) timeout = std::chrono::milliseconds(0);
  if (poll_for(timeout, woken) && connection_ != nullptr) take_notifications(woken);
  woken.connected = connection_ != nullptr;
  return woken;
}

}  // namespace ferry::sql
