#include "plugin/runtime/arguments.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "ferry/types.h"
#include "plugin/domain/feed.h"

namespace ferry::runtime {
namespace json = boost::json;
namespace {

constexpr std::size_t kMostLabels = 1000;
constexpr std::size_t kLongestLabel = 1000;

[[noreturn]] void fail(std::string reason) { throw OperationFailed{FERRY_E_INVALID, std::move(reason)}; }

}  // namespace

Arguments::Arguments(std::string_view operation, std::string_view text, std::initializer_list<std::string_view> known)
    : operation_(operation) {
  if (text.empty()) return;
  boost::system::error_code error;
  json::value value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object()) fail(operation_ + ": the arguments must be a JSON object");
  object_ = std::move(value.as_object());
  for (const auto& entry : object_) {
    const std::string_view name(entry.key().data(), entry.key().size());
    if (std::ranges::count(known, name) == 0) fail(operation_ + ": unknown argument '" + std::string(name.substr(0, 100)) + "'");
  }
}

void Arguments::refuse(std::string_view name, std::string_view what) const {
  fail(operation_ + ": argument '" + std::string(name) + "' " + std::string(what));
}

const json::value& Arguments::need(std::string_view name) const {
  const auto found = object_.find(name);
  if (found == object_.end()) refuse(name, "is missing");
  return found->value();
}

std::int32_t Arguments::channel() const {
  need("channel");
  return static_cast<std::int32_t>(number("channel", 0, 1, std::numeric_limits<std::int32_t>::max()));
}

std::int32_t Arguments::channel_or_all() const { return has("channel") ? channel() : 0; }

std::string Arguments::job() const {
  std::string job = text("job", 32);
  if (job != kIntakeJob && job != kReconcileJob && !feed_from_name(job)) {
    refuse("job", "must be 'intake', 'reconcile' or a feed: stock, order_status, ...");
  }
  return job;
}

std::string Arguments::job_or_all() const { return has("job") ? job() : std::string(); }

std::string Arguments::text(std::string_view name, std::size_t most) const {
  const json::value& value = need(name);
  if (!value.is_string() || value.as_string().empty()) refuse(name, "must be a text that is not empty");
  if (value.as_string().size() > most) refuse(name, "must not be longer than " + std::to_string(most) + " bytes");
  return std::string(value.as_string());
}

std::int64_t Arguments::number(std::string_view name, std::int64_t fallback, std::int64_t least, std::int64_t most) const {
  const auto found = object_.find(name);
  if (found == object_.end()) return fallback;
  if (!found->value().is_int64() || found->value().as_int64() < least || found->value().as_int64() > most) {
    refuse(name, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return found->value().as_int64();
}

std::vector<std::string> Arguments::labels() const {
  const json::value& value = need("labels");
  if (!value.is_array() || value.as_array().empty() || value.as_array().size() > kMostLabels) {
    refuse("labels", "must be a list of 1 to 1000 texts");
  }
  std::vector<std::string> labels;
  for (const json::value& label : value.as_array()) {
    if (!label.is_string()) refuse("labels", "must hold texts only");
    if (label.as_string().size() > kLongestLabel) refuse("labels", "must hold texts of at most 1000 bytes");
    labels.emplace_back(label.as_string());
  }
  return labels;
}

std::vector<std::int64_t> Arguments::numbers(std::string_view name) const {
  const json::value& value = need(name);
  if (!value.is_array() || value.as_array().empty() || value.as_array().size() > kMostLabels) {
    refuse(name, "must be a list of 1 to 1000 numbers");
  }
  std::vector<std::int64_t> numbers;
  for (const json::value& item : value.as_array()) {
    if (!item.is_int64() || item.as_int64() <= 0) refuse(name, "must hold whole numbers above zero only");
    numbers.push_back(item.as_int64());
  }
  return numbers;
}

bool Arguments::flag(std::string_view name) const {
  const json::value& value = need(name);
  if (!value.is_bool()) refuse(name, "must be true or false");
  return value.as_bool();
}

std::string Arguments::object(std::string_view name) const {
  const json::value& value = need(name);
  if (!value.is_object()) refuse(name, "must be an object");
  return json::serialize(value);
}

}  // namespace ferry::runtime
