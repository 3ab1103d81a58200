// The command line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host-api/hosts/console/result.h"

namespace ferry::console {

struct Options {
  std::string command;
  std::vector<std::string> arguments;
  std::filesystem::path config, plugin;  // empty: the default
  std::string database;
  bool json = false, verbose = false, help = false, version = false;
  // of single commands
  std::optional<std::int32_t> channel;
  std::string job, feed, reason, group;
  std::int64_t run = 0;
  std::uint32_t limit = 100, wait_s = 600;
  bool full = false, dry_run = false, heal = false, all = false;
};

// A command as people see it.
struct Command {
  std::string_view name;
  std::string_view arguments;  // "LABEL..." as shown in the help; empty: takes none
  std::size_t least_arguments, most_arguments;
  std::span<const std::string_view> options;   // its own, by long name
  std::span<const std::string_view> required;  // of these
  std::string_view summary;                    // one line
  std::string_view details;                    // what it does and answers; several lines
};

std::span<const Command> commands() noexcept;
const Command* find_command(std::string_view name) noexcept;  // null: unknown

// A refusal is always misuse. With --help or --version nothing else is demanded.
Result<Options> parse_options(std::span<const char* const> arguments);

std::string help_text();                        // all commands
std::string help_text(const Command& command);  // one command with its options

}  // namespace ferry::console
