// Processor time, which other work on the machine does not lengthen.
#pragma once

#include <sys/types.h>

#include "tests/bench/cluster.h"

namespace ferry::bench {

// Milliseconds spent so far by all processes of the cluster, ended ones included, and by one process beside it.
double processor_ms(const Cluster& cluster, pid_t beside = 0);

}  // namespace ferry::bench
