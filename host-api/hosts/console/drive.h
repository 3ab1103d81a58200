// Commands that drive lanes themselves.
#pragma once

#include <chrono>
#include <csignal>

#include "host-api/hosts/console/options.h"
#include "host-api/hosts/console/render.h"
#include "host-api/hosts/console/session.h"

namespace ferry::console {

// SIGINT and SIGTERM are blocked in this thread and in all that it starts from now on, and waited for here instead.
class StopSignals {
 public:
  StopSignals();
  void wait() const;                                              // until one arrives
  bool arrives_within(std::chrono::milliseconds duration) const;  // true: one arrived

 private:
  sigset_t signals_;
};

// The lanes that --channel and --job choose, as the setting `only`: "7", "7/stock"; empty: all.
std::string chosen_lanes(const Options& options);

// Until SIGINT or SIGTERM.
Result<Rendered> run(Session& session, const Options& options, const StopSignals& signals);

// Asks the chosen lanes to run and waits until what is due was sent, at most --wait seconds, or until a signal.
Result<Rendered> run_once(Session& session, const Options& options, const StopSignals& signals);

// What run_once() would change: a preview of every chosen feed.
Result<Rendered> dry_run(Session& session, const Options& options);

// Whether the lane of a `status` result has done what it was asked: the request was taken up, its run is finished and
// nothing is due. Orders that are ready wait for the ERP, not for us. A paused lane will not run: done.
bool is_done(const boost::json::object& job);

}  // namespace ferry::console
