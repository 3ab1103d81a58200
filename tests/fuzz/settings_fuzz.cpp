// Any bytes as the settings of a channel of each connector, of an instance, and as single values.
#include "config/field.h"
#include "config/reading.h"
#include "plugin/connector/connector.h"
#include "plugin/engine/channel_settings.h"
#include "plugin/runtime/service.h"
#include "plugin/runtime/service_settings.h"
#include "tests/fuzz/target.h"

namespace {

using namespace ferry;
using fuzz::demand;

constexpr std::size_t kLongestMessage = 1024;
constexpr std::string_view kSecret = "s3cr3t-of-the-channel";

void check(const std::vector<config::Problem>& problems) {
  for (const auto& problem : problems) {
    demand(!problem.message.empty() && problem.message.size() <= kLongestMessage,
           "a message of " + std::to_string(problem.message.size()) + " bytes");
    demand(fuzz::is_clean(problem.message, true), "a message that is not one clean line: " + problem.message);
  }
}

void read_all(std::span<const config::Field> fields, const config::Values& values) {
  for (const auto& field : fields) {
    switch (field.type) {
      case config::Type::integer:
      case config::Type::seconds: (void)values.integer(field.name); break;
      case config::Type::boolean: (void)values.boolean(field.name); break;
      case config::Type::list: (void)values.list(field.name); break;
      default: (void)values.text(field.name);
    }
  }
}

void check_channel(const connector::ConnectorInfo& info, std::string_view text) {
  const auto fields = engine::channel_fields(info);
  (void)config::redacted(fields, text);
  const auto problems = engine::channel_problems(info, text);
  check(problems);
  if (!problems.empty()) return;
  std::vector<config::Problem> unresolved;
  const auto secret = [](std::string_view name) {
    return name.size() > 3 ? std::optional(std::string(kSecret)) : std::nullopt;
  };
  const auto values = config::parse(fields, text, secret, unresolved);
  check(unresolved);
  read_all(fields, values);
  auto settings = engine::channel_settings(values);
  const auto connector = info.create(values);
  for (const auto& warning : engine::fit(settings, connector->capabilities()))
    demand(fuzz::is_clean(warning, true) && warning.size() <= kLongestMessage, "a warning that is not one clean line");
}

}  // namespace

FERRY_FUZZ_TARGET(settings, "") {
  for (const auto* info : connector::connectors()) check_channel(*info, input);
  std::vector<config::Problem> problems;
  const auto service = runtime::read_service_settings(input, problems);
  check(problems);
  if (problems.empty()) {
    (void)runtime::drives(service, {1, "stock"});
    demand(service.connections >= 2 && service.connections <= 32, "the number of connections");
  }
  (void)config::read_integer(input);
  (void)config::read_list(input);
  (void)config::is_map(input);
  (void)config::is_decimal(input);
  (void)config::url_fault(input);
}
