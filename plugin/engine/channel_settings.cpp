#include "plugin/engine/channel_settings.h"

#include <algorithm>
#include <array>

namespace ferry::engine {
namespace {

using config::Field;
using config::Type;

constexpr std::int64_t kDay = 86400;

constexpr std::array kCommonFields = {
    Field{"base_url", Type::url, "", true, 0, 0, "The portal's address, without a path of its API."},
    Field{"jobs", Type::list, "stock,order_status,intake", false, 0, 0,
          "What this channel does: names of feeds, and intake for orders."},
    Field{"poll_interval", Type::seconds, "30", false, 1, kDay, "Between two looks at rows written without an event."},
    Field{"full_interval", Type::seconds, "86400", false, 60, 31 * kDay, "Between two comparisons of everything."},
    Field{"order_poll_interval", Type::seconds, "2", false, 1, kDay, "Between two looks for the portal's orders."},
    Field{"order_states", Type::list, "", false, 0, 0,
          "Portal states in which an order is imported; empty: the connector's default."},
    Field{"order_since", Type::text, "", false, 0, 0,
          "Orders placed before this moment (ISO 8601 with zone) are left alone; empty: a day before the first run."},
    Field{
        "total_tolerance", Type::decimal, "0.05", false, 0, 0,
        "How far an order's total in the ERP may be from the portal's before it is reviewed, in the order's currency."},
    Field{"safety_stock", Type::decimal, "0", false, 0, 0, "Kept back from sale of every product, in its sale unit."},
    Field{"locations", Type::map, "", false, 0, 0,
          "Portal locations by the codes of the ERP's warehouses, where the portal keeps stock by location; empty: one "
          "number for all."},
    Field{"quarantine_locations", Type::list, "", false, 0, 0,
          "Codes of the ERP's stock locations whose goods are not for sale, with all that lies below them."},
    Field{"batch_cap", Type::integer, "100", false, 1, 10000, "The most records sent at once."},
    Field{"rate_per_second", Type::integer, "20", false, 1, 10000,
          "The most requests to the portal in any one second, all jobs together."},
    Field{"max_attempts", Type::integer, "30", false, 1, 1000,
          "Failed attempts after which a record or an order waits for a person."},
    Field{"request_timeout", Type::seconds, "30", false, 1, 600, "The longest that one request may take."},
    Field{"lease", Type::seconds, "15", false, 3, 3600,
          "After how long another server process takes over from one that died."},
    Field{"ca_file", Type::text, "", false, 0, 0, "Certificates to trust instead of the system's, a PEM file."},
    Field{"proxy", Type::url, "", false, 0, 0, "HTTP proxy for this channel."},
};

void add(std::vector<config::Problem>& found, std::string_view field, const std::string& message) {
  found.push_back({std::string(field), "setting '" + std::string(field) + "' " + message});
}

void check_jobs(const config::Values& values, std::vector<config::Problem>& found) {
  const auto jobs = values.list("jobs");
  if (jobs.empty()) add(found, "jobs", "names no job; a channel that is to rest is paused or made inactive instead");
  for (const std::string& job : jobs) {
    if (job == kIntakeJob || feed_from_name(job)) continue;
    add(found, "jobs", "names '" + job.substr(0, 40) + "', which is neither a feed nor 'intake'");
  }
}

void check_not_negative(const config::Values& values, std::string_view field, std::vector<config::Problem>& found) {
  const auto value = Decimal::parse(values.text(field));
  if (!value) {
    add(found, field, "has too many digits");
  } else if (value->is_negative()) {
    add(found, field, "must not be negative");
  }
}

std::vector<config::Problem> cross_problems(const config::Values& values) {
  std::vector<config::Problem> found;
  check_jobs(values, found);
  check_not_negative(values, "total_tolerance", found);
  check_not_negative(values, "safety_stock", found);
  const std::string& since = values.text("order_since");
  if (!since.empty() && !from_iso8601(since)) {
    add(found, "order_since", "must be a moment with its zone, such as 2026-01-31T00:00:00Z");
  }
  if (values.integer("full_interval") < values.integer("poll_interval")) {
    add(found, "full_interval", "must not be shorter than 'poll_interval'");
  }
  return found;
}

Duration seconds_of(const config::Values& values, std::string_view field) {
  return std::chrono::seconds(values.integer(field));
}

// As far as a connector's own settings allow: those are not of this table and are looked at by config::problems().
config::Values without_secrets(std::span<const Field> fields, std::string_view given_json) {
  std::vector<config::Problem> ignored;
  return config::parse(
      fields, given_json, [](std::string_view) { return std::optional<std::string>(""); }, ignored);
}

}  // namespace

std::span<const Field> common_fields() noexcept { return kCommonFields; }

std::vector<Field> channel_fields(const connector::ConnectorInfo& connector) {
  std::vector<Field> fields(kCommonFields.begin(), kCommonFields.end());
  for (const Field& own : connector.fields) {
    const auto is_same = [&](const Field& common) { return common.name == own.name; };
    if (std::none_of(kCommonFields.begin(), kCommonFields.end(), is_same)) fields.push_back(own);
  }
  return fields;
}

std::vector<config::Problem> channel_problems(const connector::ConnectorInfo& connector, std::string_view given_json) {
  const auto fields = channel_fields(connector);
  auto found = config::problems(fields, given_json);
  // what belongs together is looked at once each part can be read
  const bool readable = std::none_of(found.begin(), found.end(), [](const config::Problem& problem) {
    return problem.field.empty() || std::any_of(kCommonFields.begin(), kCommonFields.end(), [&](const Field& field) {
             return field.name == problem.field && !field.required;
           });
  });
  if (!readable) return found;
  const auto more = cross_problems(without_secrets(fields, given_json));
  found.insert(found.end(), more.begin(), more.end());
  return found;
}

ChannelSettings channel_settings(const config::Values& values) {
  ChannelSettings settings;
  settings.base_url = values.text("base_url");
  while (settings.base_url.ends_with('/')) settings.base_url.pop_back();
  settings.poll_interval = seconds_of(values, "poll_interval");
  settings.full_interval = seconds_of(values, "full_interval");
  settings.order_poll_interval = seconds_of(values, "order_poll_interval");
  settings.lease = seconds_of(values, "lease");
  settings.request_timeout = seconds_of(values, "request_timeout");
  settings.batch_cap = static_cast<std::size_t>(values.integer("batch_cap"));
  settings.rate_per_second = static_cast<std::int32_t>(values.integer("rate_per_second"));
  settings.safety_stock = Decimal::parse(values.text("safety_stock")).value_or(Decimal());
  settings.total_tolerance = Decimal::parse(values.text("total_tolerance")).value_or(Decimal());
  settings.order_states = values.list("order_states");
  settings.order_since = from_iso8601(values.text("order_since"));
  settings.jobs = values.list("jobs");
  settings.ca_file = values.text("ca_file");
  settings.proxy = values.text("proxy");
  settings.retry.max_attempts = static_cast<std::int32_t>(values.integer("max_attempts"));
  return settings;
}

std::vector<std::string> fit(ChannelSettings& settings, const connector::Capabilities& capabilities) {
  std::vector<std::string> warnings;
  if (settings.batch_cap > capabilities.max_batch_items) {
    warnings.push_back("setting 'batch_cap' is " + std::to_string(settings.batch_cap) + ", the portal takes at most " +
                       std::to_string(capabilities.max_batch_items) + "; that is used");
    settings.batch_cap = capabilities.max_batch_items;
  }
  const auto is_impossible = [&](const std::string& job) {
    const auto feed = feed_from_name(job);
    const bool impossible =
        feed && std::find(capabilities.feeds.begin(), capabilities.feeds.end(), *feed) == capabilities.feeds.end();
    if (impossible)
      warnings.push_back("setting 'jobs' names '" + job + "', which this connector cannot do; it is left out");
    return impossible;
  };
  std::erase_if(settings.jobs, is_impossible);
  return warnings;
}

}  // namespace ferry::engine
