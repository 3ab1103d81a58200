// ferry-host: Ferry without the ERP. Not *.cpp, so that the tests of this folder link without it.
#include <sys/resource.h>

#include <cstdio>
#include <exception>
#include <iostream>

#include "host-api/hosts/console/perform.h"

namespace ferry::console {
namespace {

int refuse(const Refusal& refusal) {
  std::cerr << "ferry-host: " << refusal.reason << "\n";
  return static_cast<int>(refusal.exit);
}

int help(const Options& options) {
  if (options.command.empty()) {
    std::cout << help_text();
    return 0;
  }
  const Command* command = find_command(options.command);
  if (command == nullptr) return refuse(misuse("there is no command '" + options.command + "': see ferry-host --help"));
  std::cout << help_text(*command);
  return 0;
}

int carry_out(const Options& options) {
  const StopSignals signals;  // before the module starts threads, so that they inherit it
  auto session = Session::open(options);
  if (options.version) {
    std::cout << "ferry-host " FERRY_VERSION ", module " << (session ? (*session)->module_version() : "not found")
              << "\n";
    return 0;
  }
  if (!session) return refuse(session.error());
  auto rendered = perform(**session, options, signals);
  if (!rendered) return refuse(rendered.error());
  std::cout << rendered->text << std::flush;
  return static_cast<int>(rendered->exit);
}

int run_program(std::span<const char* const> arguments) {
  const auto options = parse_options(arguments);
  if (!options) return refuse(options.error());
  return options->help ? help(*options) : carry_out(*options);
}

// A core file would hold every secret that was used.
void write_no_core_file() {
  ::rlimit limit{};
  if (::getrlimit(RLIMIT_CORE, &limit) != 0) return;
  limit.rlim_cur = 0;
  ::setrlimit(RLIMIT_CORE, &limit);
}

}  // namespace
}  // namespace ferry::console

int main(int count, char** arguments) {
  ferry::console::write_no_core_file();
  try {
    return ferry::console::run_program({arguments + 1, static_cast<std::size_t>(count - 1)});
  } catch (const std::exception& e) {
    std::fprintf(stderr, "ferry-host: %s\n", e.what());
    return static_cast<int>(ferry::console::Exit::problem);
  }
}
