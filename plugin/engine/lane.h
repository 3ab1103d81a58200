// A lane is one job on one channel, driven by exactly one process at a time. Its decisions are a state machine that
// takes (input, now, unit) and returns actions; the runtime (or a test, with virtual time) carries the actions out and
// feeds every answer back as an input. Nothing here blocks, reads a clock, draws a random number or holds a handle.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "plugin/connector/connector.h"
#include "plugin/engine/breaker.h"
#include "plugin/engine/ports.h"

namespace ferry::engine {

// ---- inputs -----------------------------------------------------------------------------------------------------

struct Wake {  // a hint was reported, or a person asked: look now
  bool by_pause = false;  // a lane was paused, this one or another: ask for the row before anything else
};
struct Tick {};  // the wake_at of the last step has come
struct Stop {};  // shut down: start nothing new, release the lease when what is under way is recorded or dropped
struct Leased {
  Result<LeaseAnswer> answer;
};
struct Ran {
  Result<FeedRunReport> report;
};
struct Loaded {
  Result<DueItems> due;
};
struct Replied {
  std::uint64_t request = 0;  // the id of the Request
  connector::HttpReply reply;
};
struct Recorded {  // Record, RecordOrders, FinishIntake
  Result<void> result;
};
struct Begun {
  Result<std::int64_t> run;
};
struct Stored {
  Result<StoredPage> page;
};
struct OpenListed {
  Result<std::vector<std::string>> portal_ids;
};
struct ReadyListed {
  Result<std::vector<ReadyOrder>> orders;
};
struct ErpReplied {
  std::string reference;
  ErpReply reply;
};
struct Evaluated {
  std::uint64_t request = 0;  // the id of the Evaluate
  ErpReply reply;
};
struct SurveyGiven {
  Result<SurveyTask> task;
};
struct SurveyRecorded {
  Result<SurveyProgress> progress;
};
using Input = std::variant<Wake, Tick, Stop, Leased, Ran, Loaded, Replied, Recorded, Begun, Stored, OpenListed, ReadyListed,
                           ErpReplied, Evaluated, SurveyGiven, SurveyRecorded>;

// ---- actions: each one marked (→ X) is answered by exactly one input X ----------------------------------------------

struct Acquire {  // → Leased
  Duration ttl{};
  CredentialUse credential;
};
struct Release {};
struct RunFeed {  // → Ran
  FeedRun run;
};
struct LoadDue {  // → Loaded
  std::size_t most = 0;
  std::vector<RecordKey> except;
};
struct Request {  // → Replied
  std::uint64_t request = 0;
  connector::HttpRequest http;
};
struct Record {  // → Recorded
  std::vector<SettledExchange> exchanges;
};
struct BeginIntake {};  // → Begun
struct StoreOrders {    // → Stored
  std::int64_t run = 0;
  std::vector<RuledOrder> orders;
};
struct ListOpen {  // → OpenListed
  Instant watched_since{};
};
struct ListReady {  // → ReadyListed
  std::size_t most = 0;
};
struct EnterOrder {  // → ErpReplied: find by external reference, else create, in one ERP transaction
  std::string reference;
  std::string document;
};
struct LookForOrder {  // → ErpReplied: find by external reference only
  std::string reference;
};
struct ReviseOrder {  // → ErpReplied: bring the ERP's order up to the document; never makes one
  std::string reference;
  std::string document;
};
struct Evaluate {  // → Evaluated: in one ERP transaction, which changes nothing
  std::uint64_t request = 0;
  std::vector<ErpQuestion> questions;
};
struct RecordOrders {  // → Recorded
  std::int64_t run = 0;
  std::vector<OrderOutcome> outcomes;
};
struct FinishIntake {  // → Recorded
  std::int64_t run = 0;
  Instant window_end{};
  Unread unread;
};
struct NextSurvey {  // → SurveyGiven
  SurveyWish wish;
};
struct RecordSurvey {  // → SurveyRecorded
  SurveyResult result;
};
struct WakeJob {  // other lanes that now have something to look at; `channel` 0 = on every channel, no job = every one
  std::int32_t channel = 0;
  std::string job;
};
struct PauseLane {  // needs a person: shown on the channel, in the log and as an alert
  std::string reason;
};
struct ReportError {  // empty: the error is over
  std::string error;
};
struct ReportBreaker {  // of the channel, as this process knows it; people see it, and its news in the log
  BreakerChange change;
};
struct RunSummary {  // one log line per run
  std::int64_t run = 0;
  std::string mode;
  Counts counts;
  std::string news{};  // of change sets that are held, or no longer; empty: none
};
struct ReconciliationSummary {  // one log line per reconciliation
  std::int64_t reconciliation = 0;
  Feed feed{};
  ReconciliationCounts counts;
};
using Action = std::variant<Acquire, Release, RunFeed, LoadDue, Request, Record, BeginIntake, StoreOrders, ListOpen, ListReady,
                            EnterOrder, LookForOrder, ReviseOrder, Evaluate, RecordOrders, FinishIntake, NextSurvey, RecordSurvey, WakeJob,
                            PauseLane, ReportError, ReportBreaker, RunSummary, ReconciliationSummary>;

struct Actions {
  std::vector<Action> actions;  // carried out in this order
  Instant wake_at{};            // a Tick is wanted then; epoch: none
  bool stopped = false;         // after Stop: nothing is under way any more
};

class Lane {
 public:
  virtual ~Lane() = default;
  // `unit` is uniform in [0, 1), drawn by the caller; used for jitter only.
  virtual Actions step(Input input, Instant now, double unit) = 0;
};

}  // namespace ferry::engine
