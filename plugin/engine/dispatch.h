// Sends what is due: forms batches, keeps several exchanges going, and turns their ends into settled items. Part of a
// FeedLane; knows neither tables nor lease.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "plugin/engine/channel.h"
#include "plugin/engine/conversation.h"
#include "plugin/engine/lane.h"

namespace ferry::engine {

// What ended exchanges say beyond their items.
struct Findings {
  std::optional<std::string> unauthorized;  // the reason
  bool drifted = false;                     // the portal acted by itself
  std::optional<std::string> portal_error;  // nothing got through ("" = something did); none: nothing new is known
  std::int64_t delivered = 0, dead = 0;     // items settled for good
  bool has_freed_keys = false;              // of a given-up exchange: they may be due, and were left out of loads
  std::optional<BreakerChange> breaker;     // the last one
};

class Dispatch {
 public:
  // The channel outlives the dispatch.
  Dispatch(const Channel& channel, Feed feed);

  // Due items, most urgent first. Those whose key is here already are left out.
  void offer(std::vector<DueItem> items);
  // Begins and resumes exchanges as far as batch, in-flight and rate limits allow.
  void advance(Instant now, double unit, std::vector<Action>& actions);
  // False: no such request is under way (any more).
  bool on_reply(const Replied& replied, Instant now, double unit, std::vector<Action>& actions);
  // Shutdown: from now on only the requests under way are waited for, and their exchanges dropped unless they end with
  // it.
  void stop();

  // Something was sent of which nobody knows what became: until then it may be applied, whatever is delivered meanwhile.
  void doubt(Instant until) noexcept { doubted_until_ = std::max(doubted_until_, until); }

  // Drops what has not reached the portal: it is read again from the tables, in its newest form.
  void forget_unsent();
  // Gives everything up. Keys of requests under way stay held until their answers come, which are not believed: a newer
  // value sent meanwhile could be overtaken by the old one.
  void give_up();

  // Items settled since the last call, exchange by exchange; their keys stay held until release().
  std::vector<SettledExchange> take_finished();
  bool has_finished() const noexcept { return !finished_.empty(); }
  // The items of these exchanges are recorded: their keys may be offered again.
  void release(const std::vector<SettledExchange>& recorded);
  Findings take_findings();

  bool wants_items() const noexcept { return queued_items() < batch_cap_ * in_flight_cap_; }
  // More than this many offered at once would only grow old.
  std::size_t most_items() const noexcept;
  bool is_waiting_for_reply() const noexcept { return !by_request_.empty(); }
  bool is_idle() const noexcept { return flights_.empty() && queued_items() == 0; }
  const std::set<RecordKey>& held_keys() const noexcept { return held_; }
  // When advance() has something to do without a reply; epoch: no such moment.
  Instant wake_at() const noexcept;

 private:
  using Batch = std::vector<DueItem>;
  struct Flight {
    Batch items;
    std::vector<connector::OutboundItem> outbound;  // parallel to items; the exchange refers to it
    std::unique_ptr<Conversation> conversation;
    bool is_half = false;  // of a refused batch
    bool is_given_up = false;
    Breaker::Pass pass{};
    std::uint64_t request = 0;  // under way; 0: none
    Instant resume_at{};
  };
  using Flights = std::map<std::uint64_t, Flight>;
  struct Cooling {  // the breaker is open, or nothing reached the portal
    Duration wait{};
    bool is_of_the_record = false;  // which may be what is wrong
  };

  std::size_t queued_items() const noexcept { return queue_.size(); }
  Batch next_batch();
  Batch next_probe();
  void begin_next(Breaker::Pass pass, Instant now, double unit, std::vector<Action>& actions);
  void handle(Flights::iterator at, Conversation::Turn turn, Instant now, double unit, std::vector<Action>& actions);
  void finish(Flights::iterator at, const connector::Finish& answer, Instant now, double unit);
  std::vector<ItemVerdict> complete(const Flight& flight, const connector::Finish& answer);
  std::optional<Cooling> ask_breaker(Flight& flight, const std::vector<ItemVerdict>& verdicts, Instant now,
                                     double unit);
  SettledItem settled(const DueItem& item, const ItemVerdict& verdict, const std::optional<Cooling>& cooling,
                      Instant began, Instant now, double unit);
  void note(const std::vector<ItemVerdict>& verdicts, Instant now);
  void halve(Batch refused);
  Flights::iterator drop(Flights::iterator at);

  const Channel& channel_;
  const Feed feed_;
  const Priority priority_;
  const std::size_t batch_cap_;
  const std::size_t in_flight_cap_;

  std::deque<DueItem> queue_;
  std::deque<Batch> halves_;  // of refused batches, sent before anything new
  Flights flights_;
  std::map<std::uint64_t, std::uint64_t> by_request_;  // request → flight
  std::set<RecordKey> held_;                           // queued, in flight or finished and not yet recorded
  std::vector<SettledExchange> finished_;
  Findings findings_;
  std::uint64_t last_flight_ = 0, last_request_ = 0;
  bool is_stopping_ = false;
  Instant doubted_until_{};
  Instant blocked_until_{};  // by the credential or the breaker, as advance() last saw it
};

}  // namespace ferry::engine
