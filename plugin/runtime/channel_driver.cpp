#include "plugin/runtime/channel_driver.h"

#include <algorithm>
#include <utility>

#include "plugin/domain/feed.h"
#include "plugin/engine/feed_lane.h"
#include "plugin/engine/intake_lane.h"
#include "plugin/engine/reconcile_lane.h"

namespace ferry::runtime {
namespace {

std::unique_ptr<engine::Lane> make_lane(const std::shared_ptr<const engine::Channel>& channel, const std::string& job) {
  if (job == kIntakeJob) return std::make_unique<engine::IntakeLane>(channel);
  if (job == kReconcileJob) return std::make_unique<engine::ReconcileLane>(channel);
  return std::make_unique<engine::FeedLane>(channel, *feed_from_name(job));
}

bool serves(const connector::Connector& connector, const std::string& job) {
  if (job == kIntakeJob) return true;
  if (job == kReconcileJob) return !connector.capabilities().surveys.empty();
  const auto feed = feed_from_name(job);
  return feed && std::ranges::count(connector.capabilities().feeds, *feed) > 0;
}

// Two channels share a credential when they log in as the same user on the same portal.
std::string credential_key(const connector::ConnectorInfo& info, const config::Values& values,
                           const engine::ChannelSettings& settings) {
  std::string key = std::string(info.id) + '\n' + settings.base_url;
  for (const config::Field& field : info.fields) {
    if (field.type == config::Type::secret || field.name == "username") key += '\n' + values.text(field.name);
  }
  return key;
}

// The same with the names of secrets for the secrets: what other processes know the credential by.
std::string credential_name(const connector::ConnectorInfo& info, const std::string& given,
                            const engine::ChannelSettings& settings) {
  std::vector<config::Problem> none;
  const auto itself = [](std::string_view name) { return std::optional<std::string>(name); };
  auto name = credential_key(info, config::parse(engine::channel_fields(info), given, itself, none), settings);
  std::ranges::replace(name, '\n', ' ');
  return name;
}

}  // namespace

std::shared_ptr<engine::Credential> Credentials::get(const std::string& key, std::int64_t rate_per_second,
                                                     std::string name) {
  std::lock_guard lock(mutex_);
  std::weak_ptr<engine::Credential>& known = known_[key];
  auto credential = known.lock();
  if (!credential) known = credential = std::make_shared<engine::Credential>(rate_per_second, std::move(name));
  return credential;
}

ChannelPlan plan_channel(const sql::ChannelRow& row, const config::SecretResolver& secrets, Credentials& credentials) {
  ChannelPlan plan;
  const connector::ConnectorInfo* info = connector::find_connector(row.connector);
  if (info == nullptr) {
    plan.problems.push_back({"connector", "unknown connector '" + row.connector + "'; this Ferry has no such folder"});
    return plan;
  }
  plan.problems = engine::channel_problems(*info, row.settings);
  if (!plan.problems.empty()) return plan;
  const config::Values values = config::parse(engine::channel_fields(*info), row.settings, secrets, plan.problems);
  if (!plan.problems.empty()) return plan;
  auto channel = std::make_shared<engine::Channel>();
  channel->id = row.id;
  channel->profile = row.profile;
  channel->settings = engine::channel_settings(values);
  channel->connector = info->create(values);
  plan.warnings = engine::fit(channel->settings, channel->connector->capabilities());
  channel->credential =
      credentials.get(credential_key(*info, values, channel->settings), channel->settings.rate_per_second,
                      credential_name(*info, row.settings, channel->settings));
  plan.channel = std::move(channel);
  return plan;
}

std::string all_messages(const std::vector<config::Problem>& problems) {
  std::string text;
  for (const config::Problem& problem : problems) text += (text.empty() ? "" : "; ") + problem.message;
  return text;
}

http::Settings client_settings(const engine::ChannelSettings& settings) {
  http::Settings client;
  client.base_url = settings.base_url;
  client.ca_file = settings.ca_file;
  client.proxy = settings.proxy;
  client.read_timeout = settings.request_timeout;
  client.write_timeout = settings.request_timeout;
  client.connect_timeout = std::min<Duration>(client.connect_timeout, settings.request_timeout);
  return client;
}

ChannelDriver::ChannelDriver(std::shared_ptr<const engine::Channel> channel, const Surroundings& surroundings)
    : channel_(std::move(channel)), client_(client_settings(channel_->settings)) {
  for (const std::string& job : channel_->settings.jobs) {
    engine::LaneId lane{channel_->id, job};
    if (!serves(*channel_->connector, job) || !surroundings.drives(lane)) continue;
    // an order that is seen here could not be entered: leave the intake to a process whose host can
    if (job == kIntakeJob && !surroundings.erp.is_supported()) continue;
    drivers_.push_back(std::make_unique<LaneDriver>(
        std::move(lane), make_lane(channel_, job),
        LaneSurroundings{surroundings.stores, client_, surroundings.erp, surroundings.holder, surroundings.wake_job,
                         surroundings.log}));
  }
}

ChannelDriver::~ChannelDriver() {
  ask_to_stop();
  break_off();
  drivers_.clear();
}

void ChannelDriver::wake(std::string_view job) {
  for (const auto& driver : drivers_) {
    if (job.empty() || driver->id().job == job) driver->wake();
  }
}

void ChannelDriver::notice_pause() {
  for (const auto& driver : drivers_) driver->wake({.by_pause = true});
}

void ChannelDriver::ask_to_stop() {
  for (const auto& driver : drivers_) driver->ask_to_stop();
}

bool ChannelDriver::is_stopped() const {
  return std::ranges::all_of(drivers_, [](const auto& driver) { return driver->is_stopped(); });
}

void ChannelDriver::break_off() { client_.cancel_all(); }

}  // namespace ferry::runtime
