#include "host-api/hosts/console/perform.h"

namespace ferry::console {

namespace json = boost::json;

json::object operation_arguments(const Options& options) {
  json::object arguments;
  if (options.channel) arguments["channel"] = *options.channel;
  if (!options.job.empty()) arguments["job"] = options.job;
  if (!options.reason.empty()) arguments["reason"] = options.reason;
  if (options.command == "preview") arguments["limit"] = options.limit;
  if (options.command == "explain") arguments["label"] = options.arguments.at(0);
  if (options.command == "retry-order" || options.command == "skip-order")
    arguments["reference"] = options.arguments.at(0);
  const bool takes_labels = options.command == "replay" || options.command == "discard";
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
