// For the tests of this folder: a scripted portal and a stage on which a lane is stepped with virtual time.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugin/engine/channel.h"
#include "plugin/engine/lane.h"

namespace ferry::engine::testing {

inline const Instant kStart = Instant(std::chrono::seconds(1'700'000'000));

// A portal whose protocol is readable in a test:
//   push     POST /push, body "A=1,B=2" (label=document). 200 with "A=delivered,B=rejected" (by label, "*" = all
//   others),
//            202: poll again after a second; 413 split; 423 and 429 snooze ("retry-after" header); 403 unauthorized;
//            other statuses retry, status 0 retry or (once sent) ambiguous. 401: the session is refused.
//   pull     GET /orders?cursor=<cursor> or /orders?ids=1,2; 200 with lines "<reference> <portal id>" ("?": one without
//            reference, which cannot be read), headers "next" and "clock" (ISO 8601).
//   survey   GET /survey?cursor=<cursor> or /survey?labels=A,B; 200 with "A=1,B=2" (label=document), header "next".
//   log-in   POST /login; 200 with the token as body; 403 unauthorized; else retry.
class FakeConnector final : public connector::Connector {
 public:
  connector::Capabilities caps;
  bool has_login = false;

  FakeConnector();
  const connector::Capabilities& capabilities() const noexcept override { return caps; }
  std::unique_ptr<connector::Exchange> push(Feed feed, std::span<const connector::OutboundItem> items) const override;
  std::unique_ptr<connector::Pull> pull_orders(const connector::Window& window, std::string_view cursor) const override;
  std::unique_ptr<connector::Pull> pull_orders_by_id(std::span<const std::string> portal_ids) const override;
  std::unique_ptr<connector::Survey> survey(Feed feed, const connector::Window& window,
                                            std::string_view cursor) const override;
  std::unique_ptr<connector::Survey> survey_labels(Feed feed, std::span<const std::string> labels) const override;
  std::unique_ptr<connector::Exchange> probe() const override { return nullptr; }
  std::unique_ptr<connector::Login> login() const override;
  void authorize(connector::HttpRequest& request, const connector::Session& session) const override;
  bool session_refused(const connector::HttpReply& reply) const override { return reply.status == 401; }

  mutable std::vector<connector::Window> windows;  // asked for
};

connector::HttpReply reply(int status, std::string body = "", connector::Headers headers = {});
connector::HttpReply no_reply(std::string error);  // the portal was not reached
connector::HttpReply lost_reply();                 // sent, then silence
ItemVerdict verdict_of(std::string_view name, std::string reason = "");

struct ChannelParts {
  std::shared_ptr<const Channel> channel;
  FakeConnector* connector = nullptr;  // inside the channel
};
struct ChannelOptions {
  std::size_t batch_cap = 100;
  std::size_t max_in_flight = 1;
  std::size_t max_batch_bytes = 1 << 20;
  bool has_login = false;
  std::int64_t rate_per_second = 100'000;
  std::optional<Instant> order_since = std::nullopt;
  std::int32_t max_attempts = 30;
  Duration order_visibility_lag{};
  Duration reconcile_interval = std::chrono::hours(24);
  bool reconcile_heals = false;
  Disowned disowned{};
};
ChannelParts make_channel(const ChannelOptions& options = {});

DueItem due_item(std::int64_t key, std::string label, std::string document = "1");
std::vector<DueItem> due_items(std::int64_t count);  // keys 1.., labels S1..

// Steps a lane, keeps its actions until a test takes them.
class Stage {
 public:
  explicit Stage(std::unique_ptr<Lane> lane) : lane_(std::move(lane)) {}

  void give(Input input, double unit = 0.5);
  void pass(Duration time) { now += time; }
  // To the lane's wake_at, which must be in the future, and a Tick there.
  void wait();
  // The first action of that type, taken off the list; a failure when there is none.
  template <class A>
  A take() {
    for (auto at = actions_.begin(); at != actions_.end(); ++at) {
      if (auto* found = std::get_if<A>(&*at)) {
        A action = std::move(*found);
        actions_.erase(at);
        return action;
      }
    }
    ADD_FAILURE() << "the lane does not ask for it; it asks for " << names();
    return A{};
  }
  template <class A>
  bool has() const {
    for (const Action& action : actions_) {
      if (std::holds_alternative<A>(action)) return true;
    }
    return false;
  }
  bool is_quiet() const { return actions_.empty(); }
  std::string names() const;  // of the actions waiting
  void forget() { actions_.clear(); }

  // Common answers.
  LeaseAnswer row;  // what Acquire is answered with
  void lease();     // takes the Acquire
  void renewed();
  void run_done(std::int64_t changed, RunMode mode = RunMode::watermark, std::int64_t run = 0);
  void loaded(std::vector<DueItem> items, Instant next_due = {});
  Request answer(connector::HttpReply reply);  // takes the Request
  Record recorded();
  template <class T>
  static Result<T> failure(Failure kind, std::string message = "database: connection lost") {
    return Problem{kind, std::move(message)};
  }

  Instant now = kStart;
  Instant wake_at{};
  bool stopped = false;

 private:
  std::unique_ptr<Lane> lane_;
  std::deque<Action> actions_;
  std::int64_t last_run_ = 0;
};

}  // namespace ferry::engine::testing
