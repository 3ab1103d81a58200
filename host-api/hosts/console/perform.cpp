#include "host-api/hosts/console/perform.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <vector>

namespace ferry::console {

namespace json = boost::json;
namespace {

// What is no number is refused by the operation itself, with a name for it.
json::array numbers(const std::vector<std::string>& texts) {
  json::array found;
  for (const std::string& text : texts) {
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    found.emplace_back(number);
  }
  return found;
}

std::string user_name() {
  const passwd* const user = ::getpwuid(::geteuid());
  return user != nullptr && *user->pw_name != '\0' ? user->pw_name : "ferry-host";
}

}  // namespace

json::object operation_arguments(const Options& options) {
  json::object arguments;
  if (options.channel) arguments["channel"] = *options.channel;
  if (!options.job.empty()) arguments["job"] = options.job;
  if (!options.reason.empty()) arguments["reason"] = options.reason;
  if (!options.group.empty()) arguments["group"] = options.group;
  const bool is_listing = options.command == "preview" || options.command == "dead-letters" ||
                          options.command == "alerts" || options.command == "held";
  if (is_listing) arguments["limit"] = options.limit;
  if (options.command == "reconciliations") arguments["limit"] = std::min<std::uint32_t>(options.limit, 100);
  if (!options.feed.empty()) arguments["feed"] = options.feed;
  if (options.heal) arguments["heal"] = true;
  if (options.all) arguments["all"] = true;
  if (options.command == "acknowledge") {
    arguments["by"] = user_name();
    if (!options.arguments.empty()) arguments["ids"] = numbers(options.arguments);
  }
  if (options.command == "release" || options.command == "discard-held") arguments["by"] = user_name();
  if (options.run != 0) arguments["run"] = options.run;
  if (options.command == "explain") arguments["label"] = options.arguments.at(0);
  if (options.command == "retry-order" || options.command == "skip-order")
    arguments["reference"] = options.arguments.at(0);
  const bool takes_labels =
      options.command == "replay" || options.command == "discard" || options.command == "undo-discard";
  if (takes_labels && !options.arguments.empty()) {
    json::array labels;
    for (const std::string& label : options.arguments) labels.emplace_back(label);
    arguments["labels"] = std::move(labels);
  }
  return arguments;
}

Result<Rendered> perform(Session& session, const Options& options, const StopSignals& signals) {
  if (options.command == "run") return run(session, options, signals);
  if (options.command == "run-once" && !options.dry_run) return run_once(session, options, signals);
  if (auto activated = session.activate(abi::Activation::operations, {}); !activated) return activated.error();
  if (options.command == "run-once") return dry_run(session, options);
  auto result = session.perform(options.command, operation_arguments(options));
  if (!result) return result.error();
  Rendered rendered = render(options.command, *result);
  if (options.json) rendered.text = json::serialize(*result) + "\n";
  return rendered;
}

}  // namespace ferry::console
