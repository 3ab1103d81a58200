#include "host-api/hosts/console/options.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <sstream>

namespace ferry::console {
namespace {

namespace po = boost::program_options;

constexpr const char* kEnd =
    "\nExit codes: 0 all is well; 1 a problem was found or the command failed, said in one line; 2 wrong usage or no "
    "usable configuration.\nPasswords are never given on the command line: see `secret.NAME` and `secret_file.NAME` in "
    "the configuration file.\n";

po::options_description global_options(Options& o) {
  po::options_description all("Options of every command");
  auto add = all.add_options();
  add("config,c", po::value(&o.config)->value_name("FILE"),
      "trytond.conf, or Ferry's own file; default: $TRYTOND_CONFIG, then /etc/tryton/trytond.conf");
  add("database,d", po::value(&o.database)->value_name("NAME"), "the ERP's database, with a [database] uri");
  add("plugin", po::value(&o.plugin)->value_name("PATH"),
      "ferry.so; default: `library` of the configuration, beside this program, ../lib/ferry");
  add("json", po::bool_switch(&o.json), "the raw result");
  add("verbose,v", po::bool_switch(&o.verbose), "the module's log, debug lines too, on standard error");
  add("help,h", po::bool_switch(&o.help), "this help, or with a command its own");
  add("version", po::bool_switch(&o.version), "versions of this program and of the module");
  return all;
}

po::options_description own_options(Options& o) {
  po::options_description all("Options");
  auto add = all.add_options();
  add("channel", po::value<std::int32_t>()->value_name("ID")->notifier([&o](std::int32_t id) { o.channel = id; }),
      "the channel's id, as `status` shows it");
  add("job", po::value(&o.job)->value_name("JOB"), "stock, order_status, ... or intake");
  add("feed", po::value(&o.feed)->value_name("FEED"), "only this feed: stock, order_status, ...");
  add("heal", po::bool_switch(&o.heal), "send again what is found to be wrong");
  add("group", po::value(&o.group)->value_name("TEXT"), "a reason, as `dead-letters` groups them");
  add("all", po::bool_switch(&o.all), "also what is over");
  add("run", po::value(&o.run)->value_name("RUN"), "what was looked at, as `held` names it");
  add("reason", po::value(&o.reason)->value_name("TEXT"), "why; shown to everybody");
  add("limit", po::value(&o.limit)->value_name("N"), "show at most N, 1 to 1000 (100)");
  add("wait", po::value(&o.wait_s)->value_name("SECONDS"), "give up waiting after so long (600)");
  add("full", po::bool_switch(&o.full), "compare everything, not only what changed");
  add("dry-run", po::bool_switch(&o.dry_run), "write and send nothing");
  return all;
}

// Long names of own options that were given.
std::vector<std::string> given_own(const po::parsed_options& parsed) {
  Options unused;
  const po::options_description own = own_options(unused);
  std::vector<std::string> names;
  for (const auto& option : parsed.options) {
    if (own.find_nothrow(option.string_key, false) != nullptr) names.push_back(option.string_key);
  }
  return names;
}

std::string command_line(const Command& command) {
  return "ferry-host " + std::string(command.name) +
         (command.arguments.empty() ? "" : " " + std::string(command.arguments));
}

Result<void> check(const Options& options, const std::vector<std::string>& given) {
  if (options.command.empty()) return misuse("say what to do: see ferry-host --help");
  const Command* command = find_command(options.command);
  if (command == nullptr) return misuse("there is no command '" + options.command + "': see ferry-host --help");
  const std::string see = ": see ferry-host " + options.command + " --help";
  for (const std::string& name : given) {
    if (std::ranges::count(command->options, name) == 0) {
      return misuse("--" + name + " does not belong to '" + options.command + "'" + see);
    }
  }
  for (const std::string_view name : command->required) {
    if (std::ranges::count(given, name) == 0) return misuse("--" + std::string(name) + " is missing" + see);
  }
  const bool drives = options.command == "run" || options.command == "run-once";
  if (drives && !options.job.empty() && !options.channel) return misuse("--job needs --channel" + see);
  const std::size_t count = options.arguments.size();
  if (count < command->least_arguments || count > command->most_arguments) {
    return misuse("usage: " + command_line(*command) + see);
  }
  return {};
}

}  // namespace

Result<Options> parse_options(std::span<const char* const> arguments) {
  Options options;
  po::options_description hidden, all;
  hidden.add_options()("command", po::value(&options.command))("arguments", po::value(&options.arguments));
  all.add(global_options(options)).add(own_options(options)).add(hidden);
  po::positional_options_description positional;
  positional.add("command", 1).add("arguments", -1);
  try {
    const auto parsed = po::command_line_parser(std::vector<std::string>(arguments.begin(), arguments.end()))
                            .options(all)
                            .positional(positional)
                            .run();
    po::variables_map values;
    po::store(parsed, values);
    po::notify(values);
    if (options.help || options.version) return options;
    if (auto checked = check(options, given_own(parsed)); !checked) return checked.error();
    return options;
  } catch (const po::error& e) {
    return misuse(std::string(e.what()) + ": see ferry-host --help");
  }
}

std::string help_text() {
  std::ostringstream text;
  text << "usage: ferry-host [options] COMMAND [arguments]\n\nFerry without the ERP: check, look, mend, "
          "run.\n\nCommands:\n";
  for (const Command& command : commands()) {
    text << "  " << command.name << std::string(17 - command.name.size(), ' ') << command.summary << "\n";
  }
  Options unused;
  text << "\n" << global_options(unused) << "\nferry-host COMMAND --help says more of a command.\n" << kEnd;
  return text.str();
}

std::string help_text(const Command& command) {
  std::ostringstream text;
  text << "usage: " << command_line(command) << " [options]\n\n" << command.summary << "\n";
  if (!command.details.empty()) text << command.details << "\n";
  Options unused;
  const po::options_description own = own_options(unused);
  po::options_description shown("Options of this command");
  for (const auto& option : own.options()) {
    if (std::ranges::count(command.options, option->long_name()) > 0) shown.add(option);
  }
  if (!shown.options().empty()) text << "\n" << shown;
  text << "\n" << global_options(unused) << kEnd;
  return text.str();
}

}  // namespace ferry::console
