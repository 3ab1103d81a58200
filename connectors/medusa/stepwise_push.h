// How the feeds that create things on the portal do it: looks at all that the batch concerns, then works on one record
// at a time by single writes. The answer to each shows the record as it is now, or else a look at it, and decides what
// is next.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "connectors/medusa/answer.h"
#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

// What is to be done next about one record.
struct NextStep {
  std::optional<connector::HttpRequest> request;  // none: settled
  Verdict verdict = Verdict::delivered;
  std::string reason;
  std::string subject;       // begins the sentence that says that it was refused: "shipment S-1: "
  std::string_view passing;  // in the words of a refusal that ends by itself: it is tried again; empty: none does
};
NextStep settled(Verdict verdict, std::string reason = "");
NextStep write(connector::HttpRequest request);

class StepwisePush : public connector::Exchange {
 public:
  connector::Step start() final;
  connector::Step on_reply(const connector::HttpReply& reply) final;
  connector::Step on_resume() final { return finish(); }  // never pauses

 protected:
  // `settings` and `items` outlive the exchange. `remedy` ends the sentence that says that a write was refused.
  StepwisePush(const Settings& settings, std::span<const connector::OutboundItem> items, std::string_view remedy = "")
      : settings_(settings), batch_(items), remedy_(remedy) {}

  // Reads an item's document. Empty, or why it is rejected.
  virtual std::string read(std::size_t index) = 0;
  // The target of what is to be seen before anything is written; none: all is.
  virtual std::optional<std::string> next_look() = 0;
  virtual std::optional<Trouble> on_seen(const connector::HttpReply& reply) = 0;
  // The target of a look at this one after each of its writes, also a refused one, of which on_seen() is told; none: the
  // answers show it.
  virtual std::optional<std::string> look_at(std::size_t /*index*/) { return std::nullopt; }
  // The order in which they are worked on, when all is seen.
  virtual void arrange(std::vector<std::size_t>& /*indices*/) const {}
  virtual NextStep next_step(std::size_t index) = 0;
  // The answer to the item's last step. Empty, or what is wrong with it.
  virtual std::string on_done(std::size_t /*index*/, const json::value& /*body*/) { return ""; }

  const connector::OutboundItem& item(std::size_t index) const { return batch_[index]; }

  const Settings& settings_;

 private:
  enum class Stage { looking = 1, writing, looking_at_one };

  connector::Step look_or_act();
  connector::Step look_at_first(std::string target);
  connector::Step on_looked_at_one(const connector::HttpReply& reply);
  connector::Step next();
  connector::Step act();
  connector::Step on_written(const connector::HttpReply& reply);
  connector::Step on_refused(const Trouble& trouble);
  connector::Step settle_first(Verdict verdict, std::string reason);
  void settle(std::size_t index, Verdict verdict, std::string reason);
  connector::Step fail_all(const Trouble& trouble, bool is_alone);
  connector::Step finish() { return connector::Finish{std::move(settled_)}; }

  std::span<const connector::OutboundItem> batch_;
  const std::string_view remedy_;
  Stage stage_ = Stage::looking;
  std::vector<std::size_t> indices_;  // the first one is being worked on
  NextStep step_;                     // under way
  std::string last_;                  // write of the first item
  std::string refusal_;               // why that was refused; empty: it was not
  int writes_ = 0;                    // of the first item
  std::vector<ItemVerdict> settled_;
};

}  // namespace ferry::medusa
