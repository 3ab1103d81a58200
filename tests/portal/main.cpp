// ferry_portal: the stand-in portal as a program of its own; see --help.
#include <csignal>
#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tests/portal/control.h"
#include "tests/portal/portal.h"

namespace {

constexpr std::string_view kHelp =
    R"(usage: ferry_portal [--port N] [--seed N] [--climate JSON] [--journal FILE] [--variants N] [--every-sku]
                    [--latency-ms N] [--token-seconds N]

A shop in memory that speaks the admin API of Vendure, on 127.0.0.1, in any weather. Prints "READY port=… control=…"
and runs until SIGTERM or SIGINT.

  --port N            the shop's port; default: any free one. The control port is any free one
  --seed N            of the weather: the same requests meet the same fates
  --climate JSON      the weather from the start: see /weather in tests/portal/control.h
  --journal FILE      writes a line of JSON for each request
  --variants N        SKU-000001, SKU-000002, … with 100 on hand each
  --every-sku         every SKU that is asked for exists, with nothing on hand
  --latency-ms N      of every answer
  --token-seconds N   log-ins end after so long; default: never
)";

struct Options {
  std::uint16_t port = 0;
  std::uint64_t seed = 1;
  std::string climate = "{}", journal;
  long variants = 0, latency_ms = 0, token_seconds = 0;
  bool every_sku = false, help = false;
};

Options parse(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view name = arguments[i];
    if (name == "--every-sku") {
      options.every_sku = true;
    } else if (name == "--help" || name == "-h") {
      options.help = true;
    } else if (++i == count) {
      throw std::invalid_argument("what does " + std::string(name) + " have to be?");
    } else if (name == "--port") {
      options.port = static_cast<std::uint16_t>(std::stoul(arguments[i]));
    } else if (name == "--seed") {
      options.seed = std::stoull(arguments[i]);
    } else if (name == "--climate") {
      options.climate = arguments[i];
    } else if (name == "--journal") {
      options.journal = arguments[i];
    } else if (name == "--variants") {
      options.variants = std::stol(arguments[i]);
    } else if (name == "--latency-ms") {
      options.latency_ms = std::stol(arguments[i]);
    } else if (name == "--token-seconds") {
      options.token_seconds = std::stol(arguments[i]);
    } else {
      throw std::invalid_argument("unknown option " + std::string(name));
    }
  }
  return options;
}

void prepare(ferry::portal::Desk& desk, const Options& options) {
  const auto now = std::chrono::floor<ferry::Duration>(std::chrono::system_clock::now());
  auto climate = ferry::portal::parse_climate(options.climate, now);
  desk.shop.skew_clock(climate.skew);
  desk.weather = ferry::portal::Weather(std::move(climate), options.seed);
  desk.let_tokens_last(std::chrono::seconds(options.token_seconds));
  if (!options.journal.empty()) desk.journal.write_to(options.journal);
  if (options.every_sku) desk.shop.know_every_sku();
  for (long i = 1; i <= options.variants; ++i) {
    char sku[32];
    std::snprintf(sku, sizeof sku, "SKU-%06ld", i);
    desk.shop.add_variant(sku, 100);
  }
}

}  // namespace

int main(int count, char** arguments) try {
  const auto options = parse(count, arguments);
  if (options.help) {
    std::cout << kHelp;
    return 0;
  }
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before the portal's thread starts, which inherits it

  ferry::portal::Portal portal(options.port);
  portal.set_latency(std::chrono::milliseconds(options.latency_ms));
  portal.with_desk([&](ferry::portal::Desk& desk) { prepare(desk, options); });
  std::printf("READY port=%u control=%u\n", portal.port(), portal.control_port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  return 0;
} catch (const std::exception& problem) {
  std::cerr << "ferry_portal: " << problem.what() << "\n";
  return 2;
}
