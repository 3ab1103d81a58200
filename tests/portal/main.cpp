// portal-stand-in [--port N] [--variants N] [--every-sku] [--latency-ms N]
// Prints "READY port=…" and runs until SIGTERM or SIGINT. Variants are SKU-000001, SKU-000002, … with 100 on hand each.
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>

#include "tests/portal/portal.h"

namespace {

struct Options {
  std::uint16_t port = 0;
  long variants = 0, latency_ms = 0;
  bool every_sku = false;
};

bool parse(int count, char** arguments, Options& options) {
  for (int i = 1; i < count; ++i) {
    const std::string_view name = arguments[i];
    if (name == "--every-sku") {
      options.every_sku = true;
      continue;
    }
    if (++i == count) return false;
    const long value = std::stol(arguments[i]);
    if (name == "--port")
      options.port = static_cast<std::uint16_t>(value);
    else if (name == "--variants")
      options.variants = value;
    else if (name == "--latency-ms")
      options.latency_ms = value;
    else
      return false;
  }
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  if (!parse(count, arguments, options)) {
    std::fputs("usage: portal-stand-in [--port N] [--variants N] [--every-sku] [--latency-ms N]\n", stderr);
    return 2;
  }
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before the portal's thread starts, which inherits it

  ferry::portal::Portal portal(options.port);
  portal.set_latency(std::chrono::milliseconds(options.latency_ms));
  portal.with_shop([&](ferry::portal::Shop& shop) {
    if (options.every_sku) shop.know_every_sku();
    for (long i = 1; i <= options.variants; ++i) {
      char sku[32];
      std::snprintf(sku, sizeof sku, "SKU-%06ld", i);
      shop.add_variant(sku, 100);
    }
  });
  std::printf("READY port=%u\n", portal.port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  return 0;
}
