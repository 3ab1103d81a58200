#include "plugin/engine/testing.h"

#include <algorithm>
#include <sstream>

namespace ferry::engine::testing {
namespace {

using connector::Finish;
using connector::HttpReply;
using connector::HttpRequest;
using connector::Pause;
using connector::Send;
using connector::Step;

HttpRequest request(std::string method, std::string target, std::string body = "") {
  HttpRequest result;
  result.method = std::move(method);
  result.target = std::move(target);
  result.body = std::move(body);
  return result;
}

ItemVerdict verdict_by_status(const HttpReply& reply) {
  ItemVerdict verdict;
  verdict.reason = reply.status == 0 ? reply.error : "status " + std::to_string(reply.status);
  switch (reply.status) {
    case 0: verdict.verdict = reply.request_was_sent ? Verdict::ambiguous : Verdict::retry; break;
    case 403: verdict.verdict = Verdict::unauthorized; break;
    case 413: verdict.verdict = Verdict::split; break;
    case 422: verdict.verdict = Verdict::rejected; break;
    case 423:
    case 429:
      verdict.verdict = Verdict::snooze;
      verdict.scope = reply.status == 429 ? SnoozeScope::credential : SnoozeScope::record;
      if (!reply.header("retry-after").empty())
        verdict.wait = std::chrono::seconds(std::stoi(std::string(reply.header("retry-after"))));
      break;
    default: verdict.verdict = Verdict::retry;
  }
  return verdict;
}

class FakeExchange final : public connector::Exchange {
 public:
  explicit FakeExchange(std::span<const connector::OutboundItem> items) : items_(items) {}

  Step start() override {
    std::string body;
    for (const auto& item : items_) {
      body += (body.empty() ? "" : ",") + item.label + "=" + item.document +
              (item.acknowledged.empty() ? "" : "<" + item.acknowledged);
    }
    return Send{request("POST", "/push", body)};
  }
  Step on_reply(const HttpReply& reply) override {
    if (reply.status == 202) return Pause{std::chrono::seconds(1)};
    Finish finish;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      auto verdict =
          reply.status == 200 ? by_label(items_[i].label, reply.body) : std::optional(verdict_by_status(reply));
      if (!verdict) continue;
      verdict->index = i;
      finish.items.push_back(*verdict);
    }
    // the portal's own order is not ours
    std::reverse(finish.items.begin(), finish.items.end());
    if (reply.header("garbage") == "yes") {
      finish.items.push_back({items_.size() + 7, Verdict::rejected, "no such item", {}, {}});
      finish.items.push_back({0, Verdict::rejected, "a second verdict", {}, {}});
    }
    return finish;
  }
  Step on_resume() override { return Send{request("GET", "/poll")}; }

 private:
  static std::optional<ItemVerdict> by_label(const std::string& label, const std::string& body) {
    std::istringstream in(body);
    for (std::string part; std::getline(in, part, ',');) {
      const auto equals = part.find('=');
      const auto name = part.substr(0, equals);
      if (name == label || name == "*") return verdict_of(part.substr(equals + 1), "as scripted");
    }
    return std::nullopt;
  }
  std::span<const connector::OutboundItem> items_;
};

class FakePull final : public connector::Pull {
 public:
  explicit FakePull(std::string target) : target_(std::move(target)) {}
  connector::PullStep start() override { return Send{request("GET", target_)}; }
  connector::PullStep on_reply(const HttpReply& reply) override {
    if (reply.status != 200) return connector::PullFailed{verdict_by_status(reply)};
    connector::Page page;
    std::istringstream in(reply.body);
    for (std::string reference, id; in >> reference >> id;) {
      if (reference == "?") {
        page.unread.push_back("an order without number, id " + id);
        continue;
      }
      connector::PulledOrder order;
      order.reference = reference;
      order.portal_id = id;
      page.orders.push_back(order);
    }
    page.next_cursor = reply.header("next");
    page.portal_clock = from_iso8601(reply.header("clock"));
    return page;
  }

 private:
  std::string target_;
};

class FakeSurvey final : public connector::Survey {
 public:
  explicit FakeSurvey(std::string target) : target_(std::move(target)) {}
  connector::SurveyStep start() override { return Send{request("GET", target_)}; }
  connector::SurveyStep on_reply(const HttpReply& reply) override {
    if (reply.status != 200) return connector::PullFailed{verdict_by_status(reply)};
    connector::SurveyPage page;
    std::istringstream in(reply.body);
    for (std::string part; std::getline(in, part, ',');) {
      const auto equals = part.find('=');
      page.records.push_back({part.substr(0, equals), "{}", part.substr(equals + 1)});
    }
    page.next_cursor = reply.header("next");
    return page;
  }

 private:
  std::string target_;
};

class FakeLogin final : public connector::Login {
 public:
  connector::LoginStep start() override { return Send{request("POST", "/login", "password=s3cret")}; }
  connector::LoginStep on_reply(const HttpReply& reply) override {
    if (reply.status == 200) return connector::Session{reply.body};
    return connector::LoginFailed{verdict_by_status(reply)};
  }
};

constexpr Feed kFeeds[] = {Feed::stock, Feed::order_status};

}  // namespace

FakeConnector::FakeConnector() { caps.feeds = caps.surveys = kFeeds; }

std::unique_ptr<connector::Exchange> FakeConnector::push(Feed, std::span<const connector::OutboundItem> items) const {
  EXPECT_GE(items.size(), 1U) << "an empty batch";
  EXPECT_LE(items.size(), caps.max_batch_items);
  return std::make_unique<FakeExchange>(items);
}

std::unique_ptr<connector::Pull> FakeConnector::pull_orders(const connector::Window& window,
                                                            std::string_view cursor) const {
  windows.push_back(window);
  return std::make_unique<FakePull>("/orders?cursor=" + std::string(cursor));
}

std::unique_ptr<connector::Pull> FakeConnector::pull_orders_by_id(std::span<const std::string> portal_ids) const {
  std::string ids;
  for (const auto& id : portal_ids) ids += (ids.empty() ? "" : ",") + id;
  return std::make_unique<FakePull>("/orders?ids=" + ids);
}

std::unique_ptr<connector::Survey> FakeConnector::survey(Feed, const connector::Window& window,
                                                         std::string_view cursor) const {
  windows.push_back(window);
  return std::make_unique<FakeSurvey>("/survey?cursor=" + std::string(cursor));
}

std::unique_ptr<connector::Survey> FakeConnector::survey_labels(Feed, std::span<const std::string> labels) const {
  std::string list;
  for (const auto& label : labels) list += (list.empty() ? "" : ",") + label;
  return std::make_unique<FakeSurvey>("/survey?labels=" + list);
}

std::unique_ptr<connector::Login> FakeConnector::login() const {
  return has_login ? std::make_unique<FakeLogin>() : nullptr;
}

void FakeConnector::authorize(HttpRequest& request, const connector::Session& session) const {
  request.headers.emplace_back("Authorization", "Bearer " + session.token);
}

HttpReply reply(int status, std::string body, connector::Headers headers) {
  HttpReply result;
  result.status = status;
  result.request_was_sent = true;
  result.body = std::move(body);
  result.headers = std::move(headers);
  return result;
}

HttpReply no_reply(std::string error) {
  HttpReply result;
  result.error = std::move(error);
  return result;
}

HttpReply lost_reply() {
  HttpReply result = no_reply("read: timed out");
  result.request_was_sent = true;
  return result;
}

ItemVerdict verdict_of(std::string_view name, std::string reason) {
  ItemVerdict verdict;
  verdict.reason = std::move(reason);
  for (int i = static_cast<int>(Verdict::delivered); i <= static_cast<int>(Verdict::drifted); ++i) {
    if (name_of(static_cast<Verdict>(i)) == name) verdict.verdict = static_cast<Verdict>(i);
  }
  return verdict;
}

ChannelParts make_channel(const ChannelOptions& options) {
  auto channel = std::make_shared<Channel>();
  auto connector = std::make_unique<FakeConnector>();
  FakeConnector* fake = connector.get();
  fake->has_login = options.has_login;
  fake->caps.max_in_flight = options.max_in_flight;
  fake->caps.max_batch_bytes = options.max_batch_bytes;
  fake->caps.order_visibility_lag = options.order_visibility_lag;
  channel->id = 7;
  channel->profile = "tryton-6.0";
  channel->settings.base_url = "https://shop.example";
  channel->settings.poll_interval = std::chrono::seconds(30);
  channel->settings.full_interval = std::chrono::hours(24);
  channel->settings.order_poll_interval = std::chrono::seconds(2);
  channel->settings.reconcile_interval = options.reconcile_interval;
  channel->settings.reconcile_heals = options.reconcile_heals;
  channel->settings.disowned = options.disowned;
  channel->settings.jobs = {"stock", "intake", "reconcile"};
  channel->settings.lease = std::chrono::seconds(15);
  channel->settings.batch_cap = options.batch_cap;
  channel->settings.order_since = options.order_since;
  channel->settings.retry.max_attempts = options.max_attempts;
  channel->connector = std::move(connector);
  channel->credential = std::make_unique<Credential>(options.rate_per_second);
  // the first success of a process is written down: not of interest to most tests
  static_cast<void>(channel->breaker->enter(Priority::stock, Instant{})->well(Instant{}));
  return {std::move(channel), fake};
}

DueItem due_item(std::int64_t key, std::string label, std::string document) {
  DueItem item;
  item.key = {key, 0};
  item.item.label = std::move(label);
  item.item.document = std::move(document);
  return item;
}

std::vector<DueItem> due_items(std::int64_t count) {
  std::vector<DueItem> items;
  for (std::int64_t key = 1; key <= count; ++key) items.push_back(due_item(key, "S" + std::to_string(key)));
  return items;
}

void Stage::give(Input input, double unit) {
  Actions next = lane_->step(std::move(input), now, unit);
  for (Action& action : next.actions) actions_.push_back(std::move(action));
  wake_at = next.wake_at;
  stopped = next.stopped;
}

void Stage::wait() {
  ASSERT_GT(wake_at, now) << "the lane would spin";
  now = wake_at;
  give(Tick{});
}

std::string Stage::names() const {
  static constexpr const char* kNames[] = {
      "Acquire",    "Release",      "RunFeed",      "LoadDue",    "Request",      "Record",  "BeginIntake",
      "StoreOrders", "ListOpen",    "ListReady",    "EnterOrder", "LookForOrder", "ReviseOrder", "Evaluate", "RecordOrders",
      "FinishIntake", "NextSurvey", "RecordSurvey", "WakeJob",    "PauseLane",    "ReportError", "ReportBreaker", "RunSummary", "ReconciliationSummary"};
  std::string names;
  for (const Action& action : actions_) names += (names.empty() ? "" : " ") + std::string(kNames[action.index()]);
  return names;
}

void Stage::lease() {
  row.held = true;
  row.lease = {{7, "stock"}, "me", 1};
  row.remaining = std::chrono::seconds(15);
  row.compared_before = true;
  row.compared_fully_at = now;
  give(Tick{});
  renewed();
}

void Stage::renewed() {
  take<Acquire>();
  give(Leased{row});
}

void Stage::run_done(std::int64_t changed, RunMode mode, std::int64_t run) {
  take<RunFeed>();
  FeedRunReport report;
  report.mode = mode;
  report.counts.inbound = report.counts.changed = report.counts.deferred = changed;
  report.run = run != 0 ? run : (changed > 0 ? ++last_run_ : 0);
  give(Ran{report});
}

void Stage::loaded(std::vector<DueItem> items, Instant next_due) {
  take<LoadDue>();
  give(Loaded{DueItems{std::move(items), next_due}});
}

Request Stage::answer(HttpReply reply) {
  Request asked = take<Request>();
  give(Replied{asked.request, std::move(reply)});
  return asked;
}

Record Stage::recorded() {
  Record record = take<Record>();
  give(Recorded{Result<void>{}});
  return record;
}

}  // namespace ferry::engine::testing
