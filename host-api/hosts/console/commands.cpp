#include <algorithm>
#include <array>

#include "host-api/hosts/console/options.h"

namespace ferry::console {
namespace {

constexpr std::array<std::string_view, 1> kChannel = {"channel"};
constexpr std::array<std::string_view, 2> kLane = {"channel", "job"};
constexpr std::array<std::string_view, 2> kChannelReason = {"channel", "reason"};
constexpr std::array<std::string_view, 3> kLaneReason = {"channel", "job", "reason"};
constexpr std::array<std::string_view, 3> kLaneLimit = {"channel", "job", "limit"};
constexpr std::array<std::string_view, 3> kReconcile = {"channel", "feed", "heal"};
constexpr std::array<std::string_view, 3> kReconciliations = {"channel", "feed", "limit"};
constexpr std::array<std::string_view, 3> kLaneGroup = {"channel", "job", "group"};
constexpr std::array<std::string_view, 4> kLaneGroupLimit = {"channel", "job", "group", "limit"};
constexpr std::array<std::string_view, 4> kLaneGroupReason = {"channel", "job", "group", "reason"};
constexpr std::array<std::string_view, 3> kRelease = {"channel", "job", "run"};
constexpr std::array<std::string_view, 4> kDiscardHeld = {"channel", "job", "run", "reason"};
constexpr std::array<std::string_view, 3> kAlerts = {"channel", "all", "limit"};
constexpr std::array<std::string_view, 6> kRunOnce = {"channel", "job", "full", "dry-run", "limit", "wait"};

constexpr std::array<Command, 24> kCommands{{
    {"check",
     "",
     0,
     0,
     kChannel,
     {},
     "look at everything Ferry needs: database, schema, rights, profile, portals",
     "Exit code 1 when something needs mending; each line says what and how."},
    {"status",
     "",
     0,
     0,
     kChannel,
     {},
     "lanes, their last runs and counts, what waits, what needs a person",
     "Exit code 1 when a job is paused, holds something, has an error or dead letters, or an order waits for review."},
    {"settings",
     "",
     0,
     0,
     {},
     {},
     "the reference page of all settings (Markdown)",
     "Needs neither database nor portal."},
    {"migrate",
     "",
     0,
     0,
     {},
     {},
     "bring schema ferry up to this module's version",
     "Under a lock, in one transaction. Refused when the database is newer than the module."},
    {"run-once",
     "",
     0,
     0,
     kRunOnce,
     {},
     "run the chosen jobs now and wait until everything due was sent",
     "Drives the lanes itself; where another process holds one, that process is asked to run. Imports no orders: that\n"
     "needs the ERP. With --dry-run nothing is written or sent: shows what a full run would change."},
    {"preview", "", 0, 0, kLaneLimit, kLane, "what a full run of a job would change; writes and sends nothing",
     "The largest changes come first. Says whether the change set would be held, and why."},
    {"held", "", 0, 0, kLaneLimit, {}, "change sets that look like an accident and wait for a person",
     "Exit code 1 when there is one."},
    {"release", "", 0, 0, kRelease, kLane, "send all that a job holds, in the newest form that the ERP says",
     "With --run only if that is what is held: nothing else is released than was looked at."},
    {"discard-held", "", 0, 0, kDiscardHeld, kLaneReason, "send none of what a job holds until the ERP's value changes",
     "Taken back with undo-discard: what was held is a dead letter then, to be replayed."},
    {"reconcile",
     "",
     0,
     0,
     kReconcile,
     kChannel,
     "compare what the portal shows with what it confirmed, in the background; reports only",
     "Asks the process that holds the lane; see reconciliations for what it found. With --heal what is found to be wrong is\n"
     "sent again, and orders that only the portal has are looked for. Nothing is ever deleted."},
    {"reconciliations",
     "",
     0,
     0,
     kReconciliations,
     kChannel,
     "the latest comparisons with the portal: parity, variance, findings",
     "Exit code 1 when the latest one of a feed found something that was not healed."},
    {"pause", "", 0, 0, kLaneReason, kChannelReason, "stop a job, or all jobs of a channel", ""},
    {"resume", "", 0, 0, kLane, kChannel, "let a paused job, or all jobs of a channel, go on", ""},
    {"retry-order", "REFERENCE", 1, 1, kChannel, kChannel, "try the import of an order again now", ""},
    {"skip-order", "REFERENCE", 1, 1, kChannelReason, kChannelReason, "never import an order, until retry-order", ""},
    {"dead-letters", "", 0, 0, kLaneGroupLimit, kChannel, "what the portal refused, counted by reason", ""},
    {"replay", "[LABEL...]", 0, 1000, kLaneGroup, kLane,
     "send dead letters again: those named, of one reason, or all of the job", ""},
    {"discard", "[LABEL...]", 0, 1000, kLaneGroupReason, kLaneReason,
     "give up dead letters until the ERP's value changes: those named, or of one reason (--group)", ""},
    {"undo-discard", "[LABEL...]", 0, 1000, kLane, kLane,
     "take a discard back: those named, or all of the job whose value did not change since", ""},
    {"alerts", "", 0, 0, kAlerts, {}, "the alerts that last; with --all also those that are over",
     "Exit code 1 when one lasts that nobody acknowledged."},
    {"acknowledge", "[ID...]", 0, 1000, kChannel, kChannel,
     "say that a person knows of alerts: they are not repeated any more", ""},
    {"explain",
     "LABEL",
     1,
     1,
     kChannel,
     {},
     "everything known of one SKU or order: what was sent, when, why, the answers",
     ""},
    {"test-connection", "", 0, 0, kChannel, kChannel, "log in to the portal and probe it",
     "Exit code 1 when the portal refuses."},
    {"run",
     "",
     0,
     0,
     kLane,
     {},
     "drive lanes in the foreground until SIGINT or SIGTERM",
     "Without order entry: orders are read and wait for a process of the ERP."},
}};

}  // namespace

std::span<const Command> commands() noexcept { return kCommands; }

const Command* find_command(std::string_view name) noexcept {
  const auto found = std::ranges::find(kCommands, name, &Command::name);
  return found == kCommands.end() ? nullptr : &*found;
}

}  // namespace ferry::console
