#include "host-api/hosts/console/render.h"

#include <algorithm>
#include <array>

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
  return is_true(job, "mine") ? "here" : "held";
}

// Lines below the tables: what needs a person.
std::string troubles(const json::object& channel) {
  std::string lines;
  if (has_text(channel, "error")) lines += "  problem: " + text_of(channel, "error") + "\n";
  for (const json::value& item : array_of(channel, "jobs")) {
    const json::object& job = as_object(item);
    const std::string name = "  " + text_of(job, "job") + ": ";
    if (is_true(job, "paused")) lines += name + "paused: " + text_of(job, "pause_reason") + "\n";
    if (has_text(job, "last_error"))
      lines += name + time_of(job, "last_error_at") + ": " + text_of(job, "last_error") + "\n";
    if (number_of(job, "dead") > 0)
      lines += name + text_of(job, "dead") + " dead letters: see explain, replay, discard\n";
  }
  for (const json::value& item : array_of(channel, "reviews")) {
    const json::object& review = as_object(item);
    lines += "  order " + text_of(review, "reference") + " needs review: " + text_of(review, "reason") + "\n";
  }
  return lines;
}

std::string channel_text(const json::object& channel) {
  Table lanes({"JOB", "STATE", ">PENDING", ">DUE", ">DEAD", ">ABSENT", "LAST SUCCESS", "HOLDER"});
  Table runs(kRunHeadings);
  for (const json::value& item : array_of(channel, "jobs")) {
    const json::object& job = as_object(item);
    lanes.add({text_of(job, "job"), state_of(job), text_of(job, "pending"), text_of(job, "due"), text_of(job, "dead"),
               text_of(job, "absent"), time_of(job, "last_success_at"), text_of(job, "holder")});
    if (const json::object& run = object_of(job, "last_run"); !run.empty())
      runs.add(run_cells(text_of(job, "job"), run));
  }
  const json::object& orders = object_of(channel, "orders");
  std::string text = "channel " + text_of(channel, "id") + "  " + text_of(channel, "name") + "  (" +
                     text_of(channel, "connector") + ", " + text_of(channel, "profile") +
                     (is_true(channel, "active") ? ")\n" : ", not active)\n");
  if (!lanes.is_empty()) text += lanes.text("  ");
  if (!runs.is_empty()) text += "  last runs\n" + runs.text("  ");
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

Rendered preview(const json::object& result) {
  Rendered rendered{
      text_of(result, "inbound") + " records looked at, " + text_of(result, "changed") + " would change\n", Exit::ok};
  Table table({"LABEL", "THE PORTAL HAS", "IT SHOULD SHOW"});
  for (const json::value& item : array_of(result, "changes")) {
    const json::object& change = as_object(item);
    table.add({text_of(change, "label"), text_of(change, "acknowledged"), text_of(change, "desired")});
  }
  if (!table.is_empty()) rendered.text += table.text("");
  return rendered;
}

std::string members_text(const json::object& object, std::string_view indent) {
  std::string text;
  for (const auto& member : object) {
    if (member.value().is_array() || member.value().is_object()) continue;
    const std::string name(member.key());
    text += std::string(indent) + name + std::string(name.size() < 18 ? 18 - name.size() : 1, ' ') +
            text_of(object, name) + "\n";
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
            text_of(exchange, "request") + "\n    answered  " + text_of(exchange, "reply") + "\n";
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

Rendered test_connection(const json::object& result) {
  const bool is_ok = is_true(result, "ok");
  return {(is_ok ? "ok: " : "refused: ") + text_of(result, "message") + "\n", is_ok ? Exit::ok : Exit::problem};
}

Rendered migrate(const json::object& result) {
  std::string text = "schema " + text_of(result, "from") + " -> " + text_of(result, "to");
  for (const json::value& name : array_of(result, "applied"))
    text += ", applied " + std::string(name.is_string() ? name.as_string() : "?");
  return {text + "\n", Exit::ok};
}

Rendered lanes(const json::object& result) {
  Table table({">CHANNEL", "JOB"});
  for (const json::value& lane : array_of(result, "lanes"))
    table.add({text_of(as_object(lane), "channel"), text_of(as_object(lane), "job")});
  return {table.is_empty() ? "no job was concerned\n" : table.text(""), Exit::ok};
}

Rendered settings(const json::object& result) { return {text_of(result, "reference") + "\n", Exit::ok}; }

struct Rendering {
  std::string_view operation;
  Rendered (*render)(const json::object&);
};
constexpr std::array<Rendering, 10> kRenderings{{{"check", check},
                                                 {"status", status},
                                                 {"preview", preview},
                                                 {"explain", explain},
                                                 {"test-connection", test_connection},
                                                 {"migrate", migrate},
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
      const bool is_bad = number_of(run, "failed") > 0 || has_text(run, "error") || is_true(job, "paused");
      if (is_bad) rendered.exit = Exit::problem;
    }
    if (runs.is_empty()) continue;
    rendered.text += "channel " + text_of(channel, "id") + "  " + text_of(channel, "name") + "\n" + runs.text("  ") +
                     troubles(channel);
  }
  return rendered;
}

}  // namespace ferry::console
