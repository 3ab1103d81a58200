// How the feeds that create things on the portal do it: looks at the whole batch, then changes one record at a time by
// single steps, each followed by a look, so that a step which got lost on its way is found missing or found done.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/vendure/answer.h"
#include "connectors/vendure/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

// What is to be done next about one record.
struct NextStep {
  std::string_view operation;  // to write; empty: settled
  json::object variables;
  std::string_view then;  // to be written at once with the id of what was created as $created; empty: nothing
  json::object then_variables;
  std::string subject;  // begins the sentence that says that it was refused: "shipment S-1: "
  std::string_view passing;  // the code of a refusal that ends by itself: it is tried again; empty: none does
  Verdict verdict = Verdict::delivered;
  std::string reason;
  std::optional<Duration> wait;  // snooze only
};
NextStep settled(Verdict verdict, std::string reason = "");
NextStep write(std::string_view operation, json::object variables);

class StepwisePush : public connector::Exchange {
 public:
  connector::Step start() final;
  connector::Step on_reply(const connector::HttpReply& reply) final;
  connector::Step on_resume() final { return finish(); }  // never pauses

 protected:
  // `settings` and `items` outlive the exchange. `lists` are what a look lists, with totalItems and items; `taken` ends
  // the sentence that says that a unique value is used twice.
  StepwisePush(const Settings& settings, std::span<const connector::OutboundItem> items,
               std::vector<std::string_view> lists, std::string_view taken)
      : settings_(settings), batch_(items), lists_(std::move(lists)), taken_hint_(taken) {}

  // Reads an item's document. Empty, or why it is rejected.
  virtual std::string read(std::size_t index) = 0;
  virtual connector::HttpRequest look_at(std::span<const std::size_t> indices) const = 0;
  virtual NextStep next_step(std::size_t index, const json::value& data) const = 0;
  // Items of one place may concern each other: what was seen of one is old when another has changed.
  virtual std::string place_of(std::size_t index) const = 0;
  // The order in which they are worked on, after the first look.
  virtual void arrange(std::vector<std::size_t>& /*indices*/, const json::value& /*data*/) const {}

  const connector::OutboundItem& item(std::size_t index) const { return batch_[index]; }

  const Settings& settings_;

 private:
  enum class Stage { looking_at_all = 1, looking_at_one, writing };

  connector::Step look(Stage stage, std::span<const std::size_t> indices);
  std::optional<Trouble> cut(const json::value& data) const;
  connector::Step on_looked_at_all(const connector::HttpReply& reply);
  connector::Step on_looked_at_one(const connector::HttpReply& reply);
  connector::Step next();
  connector::Step act(const json::value& data);
  connector::Step send(std::string_view operation, json::object variables);
  connector::Step on_written(const connector::HttpReply& reply);
  connector::Step look_who_has_it(const std::string& refusal);
  connector::Step look_again(std::string refusal);
  connector::Step on_refused(const Trouble& trouble);
  connector::Step settle_one(Verdict verdict, std::string reason, std::optional<Duration> wait = {});
  void settle(std::size_t index, Verdict verdict, std::string reason, std::optional<Duration> wait = {});
  connector::Step fail_all(const Trouble& trouble);
  connector::Step finish() { return connector::Finish{std::move(settled_)}; }

  std::span<const connector::OutboundItem> batch_;
  const std::vector<std::string_view> lists_;
  const std::string_view taken_hint_;
  Stage stage_ = Stage::looking_at_all;
  json::value all_;                   // as seen before the first change
  std::vector<std::size_t> indices_;  // not settled yet; the first one is being worked on
  std::set<std::string> touched_;     // places that have changed since
  NextStep step_;                     // under way
  std::string last_body_;             // of the last change of the first item
  std::string created_body_;          // of the last of its changes that had another one behind it
  std::string refusal_;               // why that change was refused; empty: it was not
  bool has_looked_again_ = false;     // at the first item after a refusal
  int writes_ = 0;                    // of the first item
  std::vector<ItemVerdict> settled_;
};

}  // namespace ferry::vendure
