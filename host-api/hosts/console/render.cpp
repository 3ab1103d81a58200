#include "host-api/hosts/console/render.h"

#include <algorithm>
#include <array>

#include "host-api/cxx/text.h"
#include "host-api/hosts/console/members.h"
#include "host-api/hosts/console/table.h"

namespace ferry::console {
namespace {

namespace json = boost::json;

constexpr std::array<const char*, 6> kCounts = {"inbound", "changed", "unchanged", "successful", "failed", "deferred"};

const std::vector<std::string> kRunHeadings = {"JOB",      "RUN",        "MODE",      "STARTED", ">INBOUND",
                                               ">CHANGED", ">UNCHANGED", ">SUCCESS.", ">FAILED", ">DEFERRED"};

std::vector<std::string> run_cells(const std::string& job, const json::object& run) {
  std::vector<std::string> cells = {job, text_of(run, "id"), text_of(run, "mode"), time_of(run, "started_at")};
  for (const char* count : kCounts) cells.push_back(text_of(run, count));
  return cells;
}

Rendered check(const json::object& result) {
  Table table({"STATE", "SUBJECT", "FINDING"});
  for (const json::value& item : array_of(result, "findings")) {
    const json::object& finding = as_object(item);
    table.add({text_of(finding, "state"), text_of(finding, "subject"), text_of(finding, "message")});
  }
  return {table.text(""), is_true(result, "ok") ? Exit::ok : Exit::problem};
}

std::string state_of(const json::object& job) {
  if (is_true(job, "paused")) return "paused";
  if (has_text(job, "requested")) return "requested";
  if (!has_text(job, "holder")) return "nobody";
  return is_true(job, "mine") ? "here" : "elsewhere";
}

// Each with its counts, parity and variance; nothing when there is none.
std::string reconciliations_text(const json::object& of, std::string_view indent) {
  Table table({"FEED", ">ID", "STATE", "STARTED", ">LISTED", ">LEFT OUT", ">DIFFERING", ">MISSING", ">SURPLUS", ">HEALED",
               ">PARITY %", ">VARIANCE"});
  for (const json::value& item : array_of(of, "reconciliations")) {
    const json::object& one = as_object(item);
    table.add({text_of(one, "feed"), text_of(one, "id"), text_of(one, "phase"), time_of(one, "started_at"),
               text_of(one, "listed"), text_of(one, "left_out"), text_of(one, "differing"), text_of(one, "missing"),
               text_of(one, "surplus"), text_of(one, "healed"), text_of(one, "parity"), text_of(one, "variance")});
  }
  return table.is_empty() ? "" : table.text(indent);
}

// What was found and stands as it was found.
bool has_open_findings(const json::object& reconciliation) {
  return has_text(reconciliation, "error") || number_of(reconciliation, "unconfirmed") > 0 ||
         number_of(reconciliation, "differing") + number_of(reconciliation, "missing") +
                 number_of(reconciliation, "surplus") >
             number_of(reconciliation, "healed");
}

Rendered reconciliations(const json::object& result) {
  Rendered rendered{reconciliations_text(result, ""), Exit::ok};
  if (rendered.text.empty()) return {"nothing was compared with the portal yet: see ferry-host reconcile --help\n", Exit::ok};
  std::vector<std::string> seen;  // feeds, latest first
  for (const json::value& item : array_of(result, "reconciliations")) {
    const json::object& one = as_object(item);
    const std::string name = text_of(one, "feed") + " " + text_of(one, "id");
    if (has_text(one, "error")) rendered.text += "\n" + name + ": " + text_of(one, "error") + "\n";
    Table findings({"FINDING", "LABEL", "THE PORTAL CONFIRMED", "IT SHOWS", "HEALED"});
    for (const json::value& entry : array_of(one, "findings")) {
      const json::object& found = as_object(entry);
      findings.add({text_of(found, "kind"), text_of(found, "label"), text_of(found, "acknowledged"),
                    text_of(found, "shown"), is_true(found, "healed") ? "yes" : ""});
    }
    if (!findings.is_empty()) rendered.text += "\n" + name + "\n" + findings.text("  ");
    const bool is_latest = std::ranges::count(seen, text_of(one, "feed")) == 0;
    if (has_text(one, "finished_at")) seen.push_back(text_of(one, "feed"));
    if (is_latest && has_text(one, "finished_at") && has_open_findings(one)) rendered.exit = Exit::problem;
  }
  return rendered;
}

std::string alert_line(const json::object& alert) {
  const bool is_known = has_text(alert, "acknowledged_at");
  return "alert " + text_of(alert, "id") + " since " + time_of(alert, "raised_at") +
         (has_text(alert, "resolved_at") ? " until " + time_of(alert, "resolved_at") : "") +
         (is_known ? ", acknowledged by " + text_of(alert, "acknowledged_by") : "") + ": " + text_of(alert, "text");
}

// Lines below the tables: what needs a person.
std::string troubles(const json::object& channel) {
  std::string lines;
  if (const json::object& portal = object_of(channel, "portal"); text_of(portal, "state") == "open") {
    lines += "  portal: ill since " + time_of(portal, "since") + ", left alone until " + time_of(portal, "retry_at") +
             ": " + text_of(portal, "reason") + "\n";
  }
  for (const json::value& item : array_of(channel, "alerts")) lines += "  " + alert_line(as_object(item)) + "\n";
  if (has_text(channel, "error")) lines += "  problem: " + text_of(channel, "error") + "\n";
  for (const json::value& item : array_of(channel, "jobs")) {
    const json::object& job = as_object(item);
    const std::string name = "  " + text_of(job, "job") + ": ";
    if (is_true(job, "paused")) lines += name + "paused: " + text_of(job, "pause_reason") + "\n";
    if (has_text(job, "last_error"))
      lines += name + time_of(job, "last_error_at") + ": " + text_of(job, "last_error") + "\n";
    if (const json::object& held = object_of(job, "held"); !held.empty()) {
      lines += name + text_of(held, "records") + " records are held since " + time_of(held, "held_at") + ": " +
               text_of(held, "reason") + "; see held, release, discard-held\n";
    }
    if (number_of(job, "dead") > 0)
      lines += name + text_of(job, "dead") + " dead letters: see dead-letters, replay, discard\n";
  }
  for (const json::value& item : array_of(channel, "reviews")) {
    const json::object& review = as_object(item);
    lines += "  order " + text_of(review, "reference") + " needs review: " + text_of(review, "reason") + "\n";
  }
  return lines;
}

std::string channel_text(const json::object& channel) {
  Table lanes({"JOB", "STATE", ">PENDING", ">DUE", ">DEAD", ">ABSENT", ">HELD", "LAST SUCCESS", "HOLDER"});
  Table runs(kRunHeadings);
  for (const json::value& item : array_of(channel, "jobs")) {
    const json::object& job = as_object(item);
    lanes.add({text_of(job, "job"), state_of(job), text_of(job, "pending"), text_of(job, "due"), text_of(job, "dead"),
               text_of(job, "absent"), std::to_string(number_of(object_of(job, "held"), "records")),
               time_of(job, "last_success_at"), text_of(job, "holder")});
    if (const json::object& run = object_of(job, "last_run"); !run.empty())
      runs.add(run_cells(text_of(job, "job"), run));
  }
  const std::string compared = reconciliations_text(channel, "  ");
  const json::object& orders = object_of(channel, "orders");
  std::string text = "channel " + text_of(channel, "id") + "  " + text_of(channel, "name") + "  (" +
                     text_of(channel, "connector") + ", " + text_of(channel, "profile") +
                     (is_true(channel, "active") ? ")\n" : ", not active)\n");
  if (!lanes.is_empty()) text += lanes.text("  ");
  if (!runs.is_empty()) text += "  last runs\n" + runs.text("  ");
  if (!compared.empty()) text += "  compared with the portal\n" + compared;
  text += "  orders: ";
  for (const char* state : {"waiting", "ready", "review", "linked", "skipped"}) {
    text += std::string(state) + " " + std::to_string(number_of(orders, state)) + (state[0] == 's' ? "\n" : ", ");
  }
  return text;
}

Rendered status(const json::object& result) {
  const json::object& engine = object_of(result, "engine");
  Rendered rendered{"module " + text_of(result, "module") + ", schema " + text_of(result, "schema") + "\n", Exit::ok};
  if (has_text(engine, "error")) {
    rendered.text += "engine: " + text_of(engine, "error") + "\n";
    rendered.exit = Exit::problem;
  }
  for (const json::value& item : array_of(result, "channels")) {
    const std::string wrong = troubles(as_object(item));
    rendered.text += "\n" + channel_text(as_object(item)) + wrong;
    if (!wrong.empty()) rendered.exit = Exit::problem;
  }
  if (array_of(result, "channels").empty())
    rendered.text += "no channel yet: save a web shop of type Ferry in the ERP\n";
  return rendered;
}

// New and withdrawn records told apart from those that change; nothing when there are none.
std::string changes_text(const json::object& of, std::string_view indent) {
  Table table({"LABEL", "CHANGE", "THE PORTAL HAS", "IT SHOULD SHOW"});
  for (const json::value& item : array_of(of, "changes")) {
    const json::object& change = as_object(item);
    const char* const kind = !has_text(change, "desired") ? "withdrawn" : has_text(change, "acknowledged") ? "" : "new";
    table.add({text_of(change, "label"), kind, text_of(change, "acknowledged"), text_of(change, "desired")});
  }
  return table.is_empty() ? "" : table.text(indent);
}

Rendered preview(const json::object& result) {
  std::string text = text_of(result, "inbound") + " records looked at, " + text_of(result, "changed") +
                     " would change: " + text_of(result, "added") + " new, " + text_of(result, "withdrawn") +
                     " withdrawn\n";
  if (number_of(result, "held") > 0) {
    text += text_of(result, "held") + " more are held already: see ferry-host held\n";
  }
  if (has_text(result, "would_hold")) {
    text += "this would be held for a person: " + text_of(result, "would_hold") + "\n";
  }
  return {text + changes_text(result, ""), Exit::ok};
}

Rendered held(const json::object& result) {
  Rendered rendered{"nothing is held\n", Exit::ok};
  for (const json::value& item : array_of(result, "held")) {
    const json::object& one = as_object(item);
    const bool is_first = rendered.exit == Exit::ok;
    rendered.text = (is_first ? "" : rendered.text + "\n") + "channel " + text_of(one, "channel") + " " +
                    text_of(one, "job") + ": run " + text_of(one, "run") + ", " + text_of(one, "records") +
                    " records held since " + time_of(one, "held_at") + ": " + text_of(one, "reason") + "\n" +
                    changes_text(one, "  ");
    rendered.exit = Exit::problem;
  }
  return rendered;
}

std::string members_text(const json::object& object, std::string_view indent) {
  std::string text;
  for (const auto& member : object) {
    if (member.value().is_array() || member.value().is_object()) continue;
    const std::string name = abi::one_line(member.key());
    text += std::string(indent) + name + std::string(name.size() < 18 ? 18 - name.size() : 1, ' ') +
            text_of(object, member.key()) + "\n";
  }
  return text;
}

std::string publication_text(const json::object& publication) {
  std::string text = text_of(publication, "feed") + " on channel " + text_of(publication, "channel") + "\n" +
                     members_text(publication, "  ");
  if (const json::object& run = object_of(publication, "run"); !run.empty()) {
    Table runs(kRunHeadings);
    runs.add(run_cells(text_of(publication, "feed"), run));
    text += "  marked by\n" + runs.text("  ");
  }
  for (const json::value& item : array_of(publication, "exchanges")) {
    const json::object& exchange = as_object(item);
    text += "  exchange " + text_of(exchange, "id") + "  " + time_of(exchange, "started_at") + "  " +
            text_of(exchange, "verdict") + "  HTTP " + text_of(exchange, "status") + "\n    sent      " +
            lines_of(exchange, "request") + "\n    answered  " + lines_of(exchange, "reply") + "\n";
  }
  return text;
}

Rendered explain(const json::object& result) {
  std::string text;
  for (const json::value& item : array_of(result, "publications")) text += publication_text(as_object(item)) + "\n";
  for (const json::value& item : array_of(result, "orders")) {
    text +=
        "order of channel " + text_of(as_object(item), "channel") + "\n" + members_text(as_object(item), "  ") + "\n";
  }
  if (!text.empty()) text.pop_back();
  return {text, Exit::ok};
}

Rendered dead_letters(const json::object& result) {
  Table groups({">COUNT", "JOB", "REASON", "OLDEST", "SUCH AS"});
  for (const json::value& item : array_of(result, "groups")) {
    const json::object& group = as_object(item);
    std::string labels;
    for (const json::value& label : array_of(group, "labels")) {
      if (label.is_string()) labels += (labels.empty() ? "" : " ") + abi::one_line(label.as_string());
    }
    groups.add({text_of(group, "count"), text_of(group, "job"), text_of(group, "group"), time_of(group, "oldest_at"),
                labels});
  }
  Table letters({"JOB", "LABEL", ">ATTEMPTS", "CHANGED", "REASON"});
  for (const json::value& item : array_of(result, "letters")) {
    const json::object& letter = as_object(item);
    letters.add({text_of(letter, "job"), text_of(letter, "label"), text_of(letter, "attempts"),
                 time_of(letter, "changed_at"), text_of(letter, "reason")});
  }
  return {groups.is_empty() ? "no dead letters\n" : groups.text("") + "\n" + letters.text(""), Exit::ok};
}

Rendered alerts(const json::object& result) {
  Rendered rendered{"", Exit::ok};
  for (const json::value& item : array_of(result, "alerts")) {
    const json::object& alert = as_object(item);
    rendered.text += alert_line(alert) + "\n";
    if (!has_text(alert, "resolved_at") && !has_text(alert, "acknowledged_at")) rendered.exit = Exit::problem;
  }
  if (rendered.text.empty()) rendered.text = "no alerts\n";
  return rendered;
}

Rendered test_connection(const json::object& result) {
  const bool is_ok = is_true(result, "ok");
  return {(is_ok ? "ok: " : "refused: ") + text_of(result, "message") + "\n", is_ok ? Exit::ok : Exit::problem};
}

Rendered migrate(const json::object& result) {
  std::string text = "schema " + text_of(result, "from") + " -> " + text_of(result, "to");
  for (const json::value& name : array_of(result, "applied"))
    text += ", applied " + text_of({{"name", name}}, "name");
  return {text + "\n", Exit::ok};
}

Rendered lanes(const json::object& result) {
  Table table({">CHANNEL", "JOB"});
  for (const json::value& lane : array_of(result, "lanes"))
    table.add({text_of(as_object(lane), "channel"), text_of(as_object(lane), "job")});
  return {table.is_empty() ? "no job was concerned\n" : table.text(""), Exit::ok};
}

Rendered reconcile(const json::object& result) {
  std::string text;
  for (const json::value& item : array_of(result, "reconciliations")) {
    const json::object& one = as_object(item);
    text += "reconciliation " + text_of(one, "id") + " of " + text_of(one, "feed") +
            (is_true(one, "heal") ? " will heal what it finds\n" : " will report what it finds\n");
  }
  return {text + "see ferry-host reconciliations\n", Exit::ok};
}

Rendered settings(const json::object& result) { return {lines_of(result, "reference") + "\n", Exit::ok}; }

struct Rendering {
  std::string_view operation;
  Rendered (*render)(const json::object&);
};
constexpr std::array<Rendering, 15> kRenderings{{{"check", check},
                                                 {"dead-letters", dead_letters},
                                                 {"alerts", alerts},
                                                 {"status", status},
                                                 {"preview", preview},
                                                 {"held", held},
                                                 {"explain", explain},
                                                 {"test-connection", test_connection},
                                                 {"migrate", migrate},
                                                 {"reconcile", reconcile},
                                                 {"reconciliations", reconciliations},
                                                 {"pause", lanes},
                                                 {"resume", lanes},
                                                 {"run-now", lanes},
                                                 {"settings", settings}}};

}  // namespace

Rendered render(std::string_view operation, const json::object& result) {
  const auto found = std::ranges::find(kRenderings, operation, &Rendering::operation);
  if (found != kRenderings.end()) return found->render(result);
  return {members_text(result, ""), Exit::ok};
}

Rendered render_runs(const json::object& status, const std::vector<std::string>& lanes) {
  Rendered rendered;
  for (const json::value& item : array_of(status, "channels")) {
    const json::object& channel = as_object(item);
    Table runs(kRunHeadings);
    for (const json::value& entry : array_of(channel, "jobs")) {
      const json::object& job = as_object(entry);
      if (std::ranges::count(lanes, text_of(channel, "id") + "/" + text_of(job, "job")) == 0) continue;
      const json::object& run = object_of(job, "last_run");
      runs.add(run_cells(text_of(job, "job"), run));
      const bool is_bad = number_of(run, "failed") > 0 || has_text(run, "error") || is_true(job, "paused") ||
                          !object_of(job, "held").empty();
      if (is_bad) rendered.exit = Exit::problem;
    }
    if (runs.is_empty()) continue;
    rendered.text += "channel " + text_of(channel, "id") + "  " + text_of(channel, "name") + "\n" + runs.text("  ") +
                     troubles(channel);
  }
  return rendered;
}

}  // namespace ferry::console
