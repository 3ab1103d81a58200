// What people do about single orders, records and alerts.
#include <limits>
#include <utility>
#include <vector>

#include "plugin/runtime/operation_parts.h"

namespace ferry::runtime {
namespace json = boost::json;

std::int32_t status_of(engine::Failure failure) noexcept {
  switch (failure) {
    case engine::Failure::unavailable:
    case engine::Failure::conflict:
      return FERRY_E_RETRY;
    case engine::Failure::fenced:
      return FERRY_E_BUSY;
    case engine::Failure::rights:
      return FERRY_E_REJECTED;
    case engine::Failure::invalid:
      break;
  }
  return FERRY_E_INTERNAL;
}

namespace {

constexpr std::size_t kLongestGroup = 4000;

engine::LaneId lane_of(const Arguments& given) { return {given.channel(), given.job()}; }

sql::ReplayChoice choice_of(const Arguments& given) {
  sql::ReplayChoice choice;
  if (given.has("labels")) choice.labels = given.labels();
  if (given.has("group")) choice.group = given.text("group", kLongestGroup);
  return choice;
}

json::object chosen_json(std::string_view what, const sql::Chosen& chosen) {
  return {{what, chosen.count}, {"labels", parsed(chosen.labels_json)}};
}

sql::OdbcStore::HoldChoice hold_choice_of(const Arguments& given) {
  sql::OdbcStore::HoldChoice choice;
  if (given.has("run")) choice.run = given.number("run", 0, 1, std::numeric_limits<std::int64_t>::max());
  choice.by = given.text("by", 200);
  return choice;
}

json::object hold_end_json(std::string_view what, const engine::LaneId& lane, const sql::OdbcStore::HoldChoice& choice,
                           const sql::OdbcStore::HoldEnd& end) {
  if (end.run != 0) return {{what, end.records}, {"run", end.run}};
  const std::string whose = "channel " + std::to_string(lane.channel) + " " + lane.job + ": ";
  throw OperationFailed{FERRY_E_NOT_FOUND, choice.run == 0
                                               ? whose + "nothing is held"
                                               : whose + "run " + std::to_string(choice.run) +
                                                     " is not held any more; look again at what is (`held`)"};
}

OperationFailed no_such_order(std::int32_t channel, const std::string& reference) {
  return {FERRY_E_NOT_FOUND, "channel " + std::to_string(channel) + " has no portal order '" + reference + "'"};
}

}  // namespace

json::object retry_order(const OperationContext& context, std::string_view arguments) {
  const Arguments given("retry-order", arguments, {"channel", "reference"});
  const std::int32_t channel = given.channel();
  const std::string reference = given.text("reference");
  const auto tried = value_of(context.stores.borrow()->retry_orders(channel, reference));
  if (tried.found == 0) throw no_such_order(channel, reference);
  if (tried.retried == 0) {
    throw OperationFailed{FERRY_E_REJECTED, "order '" + reference + "' is " + tried.state + ": there is nothing to retry"};
  }
  return {{"channel", channel}, {"reference", reference}, {"state", "ready"}};
}

json::object skip_order(const OperationContext& context, std::string_view arguments) {
  const Arguments given("skip-order", arguments, {"channel", "reference", "reason"});
  const std::int32_t channel = given.channel();
  const std::string reference = given.text("reference");
  const auto tried = value_of(context.stores.borrow()->skip_order(channel, reference, given.text("reason")));
  if (tried.found == 0) throw no_such_order(channel, reference);
  if (tried.skipped == 0) throw OperationFailed{FERRY_E_REJECTED, "order '" + reference + "' is " + tried.old_state + " already"};
  return {{"channel", channel}, {"reference", reference}, {"state", tried.state}};
}

json::object dead_letters(const OperationContext& context, std::string_view arguments) {
  const Arguments given("dead-letters", arguments, {"channel", "job", "group", "limit"});
  const std::string group = given.has("group") ? given.text("group", kLongestGroup) : "";
  const auto most = given.number("limit", 100, 1, 1000);
  return parsed(value_of(context.stores.borrow()->dead_letters_json({given.channel(), given.job_or_all()}, group, most)))
      .as_object();
}

json::object replay(const OperationContext& context, std::string_view arguments) {
  const Arguments given("replay", arguments, {"channel", "job", "labels", "group"});
  const auto lane = lane_of(given);
  return chosen_json("replayed", value_of(context.stores.borrow()->replay(lane, choice_of(given))));
}

json::object discard(const OperationContext& context, std::string_view arguments) {
  const Arguments given("discard", arguments, {"channel", "job", "labels", "group", "reason"});
  const auto choice = choice_of(given);
  if (choice.labels.empty() && choice.group.empty()) {
    throw OperationFailed{FERRY_E_INVALID, "discard: name 'labels' or a 'group'; not everything is given up at once"};
  }
  const auto lane = lane_of(given);
  return chosen_json("discarded", value_of(context.stores.borrow()->discard(lane, choice, given.text("reason"))));
}

json::object undo_discard(const OperationContext& context, std::string_view arguments) {
  const Arguments given("undo-discard", arguments, {"channel", "job", "labels"});
  const auto lane = lane_of(given);
  return chosen_json("restored", value_of(context.stores.borrow()->undo_discard(lane, choice_of(given).labels)));
}

json::object held(const OperationContext& context, std::string_view arguments) {
  const Arguments given("held", arguments, {"channel", "job", "limit"});
  const auto most = given.number("limit", 20, 1, 1000);
  return {{"held", parsed(value_of(
                       context.stores.borrow()->held_json({given.channel_or_all(), given.job_or_all()}, most)))}};
}

json::object release(const OperationContext& context, std::string_view arguments) {
  const Arguments given("release", arguments, {"channel", "job", "run", "by"});
  const auto lane = lane_of(given);
  const auto choice = hold_choice_of(given);
  return hold_end_json("released", lane, choice, value_of(context.stores.borrow()->release_held(lane, choice)));
}

json::object discard_held(const OperationContext& context, std::string_view arguments) {
  const Arguments given("discard-held", arguments, {"channel", "job", "run", "by", "reason"});
  const auto lane = lane_of(given);
  auto choice = hold_choice_of(given);
  choice.note = given.text("reason");
  return hold_end_json("discarded", lane, choice, value_of(context.stores.borrow()->discard_held(lane, choice)));
}

json::object alerts(const OperationContext& context, std::string_view arguments) {
  const Arguments given("alerts", arguments, {"channel", "all", "limit"});
  const bool all = given.has("all") && given.flag("all");
  const auto most = given.number("limit", 100, 1, 1000);
  return {{"alerts", parsed(value_of(context.stores.borrow()->alerts_json(given.channel_or_all(), all, most)))}};
}

json::object acknowledge(const OperationContext& context, std::string_view arguments) {
  const Arguments given("acknowledge", arguments, {"channel", "ids", "by"});
  const auto ids = given.has("ids") ? given.numbers("ids") : std::vector<std::int64_t>{};
  const std::int32_t channel = given.channel();
  const auto count = value_of(context.stores.borrow()->acknowledge(channel, ids, given.text("by", 200)));
  if (count == 0) throw OperationFailed{FERRY_E_NOT_FOUND, "channel " + std::to_string(channel) + " has no such alert that lasts"};
  return {{"acknowledged", count}};
}

json::object explain(const OperationContext& context, std::string_view arguments) {
  const Arguments given("explain", arguments, {"label", "channel"});
  const std::string label = given.text("label");
  json::object found = parsed(value_of(context.stores.borrow()->explain_json(given.channel_or_all(), label))).as_object();
  if (found.at("publications").as_array().empty() && found.at("orders").as_array().empty()) {
    throw OperationFailed{FERRY_E_NOT_FOUND, "nothing carries the label '" + label + "'"};
  }
  return found;
}

}  // namespace ferry::runtime
