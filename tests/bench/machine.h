// What the figures were measured on.
#pragma once

#include <string>
#include <vector>

namespace ferry::bench {

// One fact per line: processors, load, round trip over a loopback socket, flush to the disk that `folder` is on.
std::vector<std::string> machine_facts(const std::string& folder);

}  // namespace ferry::bench
