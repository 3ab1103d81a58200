#include "tests/bench/staged.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>

namespace ferry::bench {
namespace {

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), &::pclose);
  std::string text;
  std::array<char, 4096> block{};
  for (std::size_t size = 0; pipe && (size = std::fread(block.data(), 1, block.size(), pipe.get())) > 0;) {
    text.append(block.data(), size);
  }
  return text;
}

}  // namespace

boost::json::value run_staged(const std::string& program, bool quick) {
  const std::string text = output_of(std::string("/usr/bin/python3 '") + FERRY_BENCH_SOURCE + "/" + program +
                                     "' --build '" + FERRY_BENCH_BUILD + "'" + (quick ? " --quick" : ""));
  if (text.empty()) throw std::runtime_error(program + " could not measure; see above");
  return boost::json::parse(text);
}

}  // namespace ferry::bench
