// The settings that every channel has, whatever its connector.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/field.h"
#include "plugin/connector/connector.h"
#include "plugin/domain/allocation.h"
#include "plugin/domain/decimal.h"
#include "plugin/domain/settle.h"
#include "plugin/domain/time.h"
#include "plugin/engine/admission.h"
#include "plugin/engine/alerts.h"
#include "plugin/engine/guard.h"
#include "plugin/engine/ownership.h"

namespace ferry::engine {

// The table of common settings; the connector's own come behind it.
std::span<const config::Field> common_fields() noexcept;
// Common settings and the connector's own, as one table. A connector may not redefine a common name.
std::vector<config::Field> channel_fields(const connector::ConnectorInfo& connector);

struct ChannelSettings {
  std::string base_url;  // without a '/' at its end
  Duration poll_interval{}, full_interval{}, order_poll_interval{}, lease{}, request_timeout{};
  Duration reconcile_interval{};  // zero: on request only
  bool reconcile_heals = false;
  std::size_t batch_cap = 0;
  std::int32_t rate_per_second = 0;
  Decimal safety_stock, total_tolerance;
  Allocation allocation;
  std::vector<std::string> order_states;  // empty: the connector's own idea
  AdmissionRules admission;
  std::optional<Instant> order_since;     // orders placed before are not looked at
  Duration order_watch{};                 // zero: what the portal has finished is not looked at again
  std::vector<std::string> jobs;          // feeds' names, kIntakeJob and kReconcileJob
  std::string ca_file, proxy;             // empty: the system's certificates; no proxy
  RetryPolicy retry;
  AlertSettings alerts;
  GuardLimits guard;
  Disowned disowned;
  std::string alert_webhook, alert_webhook_token;  // empty: none
};

// Everything wrong with a channel's settings: each field by itself, then what does not fit together. Empty: usable.
std::vector<config::Problem> channel_problems(const connector::ConnectorInfo& connector, std::string_view given_json);

// Precondition: channel_problems() is empty for what the values were parsed from.
ChannelSettings channel_settings(const config::Values& values);

// Brings the settings within what the connector can do; each change is a warning for the log.
std::vector<std::string> fit(ChannelSettings& settings, const connector::Capabilities& capabilities);

}  // namespace ferry::engine
