#include "plugin/runtime/operations.h"

#include <boost/json.hpp>
#include <array>
#include <chrono>
#include <utility>

#include "plugin/domain/time.h"
#include "plugin/runtime/clock.h"
#include "plugin/runtime/operation_parts.h"
#include "plugin/runtime/probe.h"
#include "sql/state/catalogue.h"

namespace ferry::runtime {
namespace json = boost::json;
namespace {

json::value text_or_null(const std::string& text) { return text.empty() ? json::value(nullptr) : json::value(text); }

json::array names(const std::vector<std::string>& texts) { return json::array(texts.begin(), texts.end()); }

sql::ChannelRow find_channel(const OperationContext& context, std::int32_t channel) {
  for (sql::ChannelRow& row : value_of(context.stores.borrow()->channels())) {
    if (row.id == channel) return std::move(row);
  }
  throw OperationFailed{FERRY_E_NOT_FOUND, "no channel " + std::to_string(channel) + "; `status` lists them"};
}

ChannelPlan usable_plan(const OperationContext& context, const sql::ChannelRow& row) {
  ChannelPlan plan = plan_channel(row, context.host.secret, context.credentials);
  if (!plan.channel) {
    throw OperationFailed{FERRY_E_REJECTED, "channel " + std::to_string(row.id) + " (" + row.name +
                                                ") cannot be used: " + all_messages(plan.problems)};
  }
  return plan;
}

std::vector<engine::LaneId> lanes_of(const sql::ChannelRow& row, const ChannelPlan& plan, const std::string& job) {
  std::vector<engine::LaneId> lanes;
  for (const std::string& known : plan.channel->settings.jobs) {
    if (job.empty() || job == known) lanes.push_back({row.id, known});
  }
  return lanes;
}

std::vector<engine::LaneId> lanes_of_channel(const OperationContext& context, std::int32_t channel, const std::string& job) {
  const sql::ChannelRow row = find_channel(context, channel);
  auto lanes = lanes_of(row, usable_plan(context, row), job);
  if (lanes.empty()) {
    throw OperationFailed{FERRY_E_NOT_FOUND, "channel " + std::to_string(channel) + " has no job '" + job + "'; its setting 'jobs' names them"};
  }
  return lanes;
}

// Of every active channel whose settings are right.
std::vector<engine::LaneId> lanes_everywhere(const OperationContext& context, const std::string& job) {
  std::vector<engine::LaneId> lanes;
  for (const sql::ChannelRow& row : value_of(context.stores.borrow()->channels())) {
    const ChannelPlan plan = plan_channel(row, context.host.secret, context.credentials);
    if (!row.active || !plan.channel) continue;
    for (engine::LaneId& lane : lanes_of(row, plan, job)) lanes.push_back(std::move(lane));
  }
  return lanes;
}

json::object lanes_json(const std::vector<engine::LaneId>& lanes) {
  json::array list;
  for (const engine::LaneId& lane : lanes) list.push_back({{"channel", lane.channel}, {"job", lane.job}});
  return {{"lanes", std::move(list)}};
}

// ---- the operations -------------------------------------------------------------------------------------------------

json::object migrate(const OperationContext& context, std::string_view arguments) {
  Arguments("migrate", arguments, {});
  const sql::Migrated migrated = value_of(context.stores.borrow()->migrate());
  return {{"from", migrated.from}, {"to", migrated.to}, {"applied", names(migrated.applied)}};
}

json::object finding(std::string subject, std::string_view state, std::string message) {
  return {{"subject", std::move(subject)}, {"state", state}, {"message", std::move(message)}};
}

void check_rights(const OperationContext& context, const std::string& profile, json::array& findings) {
  const auto missing = context.stores.borrow()->missing_rights(profile);
  if (!missing) {
    findings.push_back(finding("rights", "problem", missing.error().message));
    return;
  }
  for (const sql::MissingRight& right : *missing) findings.push_back(finding(right.subject, "problem", right.message));
  if (missing->empty()) {
    findings.push_back(finding(profile.empty() ? "schema ferry" : "profile " + profile, "ok", "all rights are there"));
  }
}

// What the feeds of the channel leave out.
void check_feeds(const OperationContext& context, const sql::ChannelRow& row, const engine::ChannelSettings& settings,
                 const std::string& subject, json::array& findings) {
  for (const std::string& job : settings.jobs) {
    const auto feed = feed_from_name(job);
    if (!feed) continue;
    const auto left_out = context.stores.borrow()->feed_findings(row, *feed);
    if (!left_out) {
      findings.push_back(finding(subject, "problem", job + ": " + left_out.error().message));
      continue;
    }
    for (const std::string& message : *left_out) findings.push_back(finding(subject, "warning", job + ": " + message));
  }
}

void check_channel(const OperationContext& context, const sql::ChannelRow& row, json::array& findings) {
  const std::string subject = "channel " + std::to_string(row.id) + " (" + row.name + ")";
  if (!row.active) {
    findings.push_back(finding(subject, "warning", "not active: nothing is sent or fetched; activate the shop in the ERP"));
    return;
  }
  const ChannelPlan plan = plan_channel(row, context.host.secret, context.credentials);
  for (const config::Problem& problem : plan.problems) findings.push_back(finding(subject, "problem", problem.message));
  for (const std::string& warning : plan.warnings) findings.push_back(finding(subject, "warning", warning));
  if (!plan.channel) return;
  check_rights(context, row.profile, findings);
  check_feeds(context, row, plan.channel->settings, subject, findings);
  const ProbeResult probed = probe(*plan.channel);
  findings.push_back(finding(subject, probed.is_ok ? "ok" : "problem", probed.message));
}

bool check_schema(const OperationContext& context, json::array& findings) {
  const auto version = context.stores.borrow()->schema_version();
  if (!version) {
    findings.push_back(finding("database", "problem", version.error().message));
    return false;
  }
  findings.push_back(finding("database", "ok", "connected"));
  const std::string newer = sql::too_new(*version);
  if (!newer.empty()) {
    findings.push_back(finding("schema ferry", "problem", newer));
    return false;
  }
  if (*version < sql::known_migration()) {
    findings.push_back(finding("schema ferry", "problem", "at migration " + std::to_string(*version) + " of " +
                                                              std::to_string(sql::known_migration()) + "; run `ferry-host migrate`"));
    return false;
  }
  return true;
}

json::object check(const OperationContext& context, std::string_view arguments) {
  const Arguments given("check", arguments, {"channel"});
  json::array findings;
  if (check_schema(context, findings)) {
    check_rights(context, "", findings);
    const std::int32_t only = given.channel_or_all();
    if (only != 0) find_channel(context, only);
    for (const sql::ChannelRow& row : value_of(context.stores.borrow()->channels())) {
      if (only == 0 || row.id == only) check_channel(context, row, findings);
    }
  }
  bool ok = true;
  for (const json::value& found : findings) ok = ok && found.as_object().at("state") != "problem";
  return {{"ok", ok}, {"findings", std::move(findings)}};
}

// What is wrong with the channel's settings or credentials, whether or not an engine runs here.
void add_error(const OperationContext& context, const std::vector<sql::ChannelRow>& rows, json::object& channel) {
  channel["error"] = nullptr;
  for (const sql::ChannelRow& row : rows) {
    if (row.id != channel.at("id").to_number<std::int32_t>() || !row.active) continue;
    const auto problems = plan_channel(row, context.host.secret, context.credentials).problems;
    channel["error"] = text_or_null(all_messages(problems));
  }
}

json::object status(const OperationContext& context, std::string_view arguments) {
  const Arguments given("status", arguments, {"channel"});
  const std::optional<Supervisor::State> engine = context.engine();
  const std::int32_t schema = value_of(context.stores.borrow()->schema_version());
  json::array channels;
  if (schema > 0) {
    channels = parsed(value_of(context.stores.borrow()->status_json(given.channel_or_all(), context.holder))).as_array();
  }
  if (!channels.empty()) {
    const auto rows = value_of(context.stores.borrow()->channels());
    for (json::value& channel : channels) add_error(context, rows, channel.as_object());
  }
  return {{"module", FERRY_VERSION},
          {"schema", schema},
          {"now", to_iso8601(now())},
          {"engine",
           {{"running", engine.has_value()},
            {"connected", engine && engine->is_connected},
            {"holder", context.holder},
            {"error", engine ? text_or_null(engine->error) : json::value(nullptr)}}},
          {"channels", std::move(channels)}};
}

json::object preview(const OperationContext& context, std::string_view arguments) {
  const Arguments given("preview", arguments, {"channel", "job", "limit"});
  const std::string job = given.job();
  const auto feed = feed_from_name(job);
  if (!feed) throw OperationFailed{FERRY_E_REJECTED, "preview: only feeds can be previewed"};
  const sql::ChannelRow row = find_channel(context, given.channel());
  const ChannelPlan plan = usable_plan(context, row);
  if (std::ranges::count(plan.channel->connector->capabilities().feeds, *feed) == 0) {
    throw OperationFailed{FERRY_E_REJECTED, "preview: the connector '" + row.connector + "' of channel " + std::to_string(row.id) +
                                                " has no feed '" + job + "'"};
  }
  engine::FeedRun run;
  run.lease.lane = {row.id, job};
  run.feed = *feed;
  run.mode = engine::RunMode::full;
  run.profile = row.profile;
  run.stock_meaning = plan.channel->connector->capabilities().stock_meaning;
  run.guard = plan.channel->settings.guard;
  const auto disowned = plan.channel->settings.disowned.find(*feed);
  if (disowned != plan.channel->settings.disowned.end()) run.disowned = disowned->second;
  const auto most = static_cast<std::size_t>(given.number("limit", 100, 1, 1000));
  const engine::Preview found = value_of(context.stores.borrow()->preview(run, most));
  json::array changes;
  for (const engine::PreviewedChange& change : found.changes) {
    changes.push_back({{"label", change.label},
                       {"acknowledged", text_or_null(change.acknowledged)},
                       {"desired", text_or_null(change.desired)}});
  }
  return {{"inbound", found.inbound},
          {"changed", found.changed},
          {"added", found.added},
          {"withdrawn", found.withdrawn},
          {"held", found.held},
          {"would_hold", text_or_null(found.would_hold)},
          {"changes", std::move(changes)}};
}

json::object run_now(const OperationContext& context, std::string_view arguments) {
  const Arguments given("run-now", arguments, {"channel", "job", "mode"});
  const std::string mode = given.has("mode") ? given.text("mode") : "incremental";
  if (mode != "incremental" && mode != "full") {
    throw OperationFailed{FERRY_E_INVALID, "run-now: argument 'mode' must be 'incremental' or 'full'"};
  }
  const std::int32_t channel = given.channel_or_all();
  const std::string job = given.job_or_all();
  auto lanes = channel == 0 ? lanes_everywhere(context, job) : lanes_of_channel(context, channel, job);
  // reading a whole portal back is asked for by name
  if (job.empty()) std::erase_if(lanes, [](const engine::LaneId& lane) { return lane.job == kReconcileJob; });
  for (const engine::LaneId& lane : lanes) value_of(context.stores.borrow()->request_run(lane, mode));
  return lanes_json(lanes);
}

// Feeds of the channel that can be compared with what its portal shows.
std::vector<Feed> surveyed_feeds(const OperationContext& context, const Arguments& given) {
  const sql::ChannelRow row = find_channel(context, given.channel());
  const auto plan = usable_plan(context, row);
  const engine::Channel& channel = *plan.channel;
  const std::string only = given.has("feed") ? given.text("feed", 32) : std::string();
  std::vector<Feed> feeds;
  for (const Feed feed : channel.connector->capabilities().surveys) {
    const bool is_done = std::ranges::count(channel.settings.jobs, name_of(feed)) > 0;
    if (is_done && (only.empty() || only == name_of(feed))) feeds.push_back(feed);
  }
  const bool has_lane = std::ranges::count(channel.settings.jobs, kReconcileJob) > 0;
  if (has_lane && !feeds.empty()) return feeds;
  throw OperationFailed{FERRY_E_REJECTED,
                        "channel " + std::to_string(row.id) + " cannot compare " + (only.empty() ? "anything" : only) +
                            " with what its portal shows: its setting 'jobs' must name 'reconcile' and the feed, and its "
                            "connector must be able to read it back"};
}

json::object reconcile(const OperationContext& context, std::string_view arguments) {
  const Arguments given("reconcile", arguments, {"channel", "feed", "heal"});
  const auto feeds = surveyed_feeds(context, given);
  const bool heals = given.has("heal") && given.flag("heal");
  return {{"reconciliations",
           parsed(value_of(context.stores.borrow()->request_reconciliation(given.channel(), feeds, heals)))}};
}

json::object reconciliations(const OperationContext& context, std::string_view arguments) {
  const Arguments given("reconciliations", arguments, {"channel", "feed", "limit"});
  const std::int32_t channel = find_channel(context, given.channel()).id;
  const std::string feed = given.has("feed") ? given.text("feed", 32) : std::string();
  const std::int64_t most = given.number("limit", 10, 1, 100);
  return {{"reconciliations", parsed(value_of(context.stores.borrow()->reconciliations_json(channel, feed, most)))}};
}

json::object pause(const OperationContext& context, std::string_view arguments) {
  const Arguments given("pause", arguments, {"channel", "job", "reason"});
  const auto lanes = lanes_of_channel(context, given.channel(), given.job_or_all());
  for (const engine::LaneId& lane : lanes) value_of(context.stores.borrow()->pause(lane, given.text("reason")));
  return lanes_json(lanes);
}

json::object resume(const OperationContext& context, std::string_view arguments) {
  const Arguments given("resume", arguments, {"channel", "job"});
  const auto lanes = lanes_of_channel(context, given.channel(), given.job_or_all());
  for (const engine::LaneId& lane : lanes) value_of(context.stores.borrow()->resume(lane));
  return lanes_json(lanes);
}

json::object test_connection(const OperationContext& context, std::string_view arguments) {
  const Arguments given("test-connection", arguments, {"channel"});
  const ChannelPlan plan = plan_channel(find_channel(context, given.channel()), context.host.secret, context.credentials);
  if (!plan.channel) return {{"ok", false}, {"message", plan.problems.front().message}};
  const ProbeResult probed = probe(*plan.channel);
  return {{"ok", probed.is_ok}, {"message", probed.message}};
}

json::object check_settings(const OperationContext&, std::string_view arguments) {
  const Arguments given("check-settings", arguments, {"profile", "connector", "settings"});
  const std::string profile = given.text("profile"), name = given.text("connector");
  std::vector<config::Problem> problems;
  const auto profiles = sql::profiles();
  if (std::ranges::count(profiles, profile) == 0) problems.push_back({"profile", "unknown profile '" + profile + "'"});
  const connector::ConnectorInfo* info = connector::find_connector(name);
  if (info == nullptr) {
    problems.push_back({"connector", "unknown connector '" + name + "'"});
  } else {
    for (config::Problem& problem : engine::channel_problems(*info, given.object("settings"))) problems.push_back(std::move(problem));
  }
  json::array list;
  for (const config::Problem& problem : problems) list.push_back({{"field", problem.field}, {"message", problem.message}});
  return {{"problems", std::move(list)}};
}

json::object settings(const OperationContext&, std::string_view arguments) {
  Arguments("settings", arguments, {});
  std::string reference = "# Settings of an instance\n\n" + config::reference(server_fields()) +
                          "\n# Settings of every channel\n\n" + config::reference(engine::common_fields());
  json::array list;
  for (const connector::ConnectorInfo* info : connector::connectors()) {
    reference += "\n# Settings of a channel on " + std::string(info->title) + "\n\n" + config::reference(info->fields);
    list.push_back({{"id", info->id}, {"title", info->title}});
  }
  return {{"reference", reference}, {"connectors", std::move(list)}, {"profiles", names(sql::profiles())}};
}

struct Operation {
  std::string_view name;
  json::object (*perform)(const OperationContext&, std::string_view);
};

constexpr std::array<Operation, 24> kOperations{{{"migrate", migrate},
                                                 {"check", check},
                                                 {"status", status},
                                                 {"preview", preview},
                                                 {"run-now", run_now},
                                                 {"reconcile", reconcile},
                                                 {"reconciliations", reconciliations},
                                                 {"pause", pause},
                                                 {"resume", resume},
                                                 {"retry-order", retry_order},
                                                 {"skip-order", skip_order},
                                                 {"dead-letters", dead_letters},
                                                 {"replay", replay},
                                                 {"discard", discard},
                                                 {"undo-discard", undo_discard},
                                                 {"held", held},
                                                 {"release", release},
                                                 {"discard-held", discard_held},
                                                 {"alerts", alerts},
                                                 {"acknowledge", acknowledge},
                                                 {"explain", explain},
                                                 {"test-connection", test_connection},
                                                 {"check-settings", check_settings},
                                                 {"settings", settings}}};

}  // namespace

std::string perform_operation(const OperationContext& context, std::string_view operation, std::string_view arguments_json) {
  for (const Operation& known : kOperations) {
    if (known.name == operation) return json::serialize(known.perform(context, arguments_json));
  }
  throw OperationFailed{FERRY_E_INVALID, "unknown operation '" + std::string(operation.substr(0, 100)) + "'"};
}

}  // namespace ferry::runtime
