// How every feed that sets something of a variant does it: looks at the batch's SKUs, decides about each item, and writes
// what differs.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/vendure/answer.h"
#include "connectors/vendure/settings.h"
#include "connectors/vendure/variant_view.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

// What the portal already shows is `delivered` without a write, so a repeated batch has no further effect.
class VariantPush : public connector::Exchange {
 public:
  connector::Step start() final;
  connector::Step on_reply(const connector::HttpReply& reply) final;
  connector::Step on_resume() final { return finish(); }  // never pauses

 protected:
  struct Subject {
    std::string sku;
    bool is_withdrawal = false;  // a variant that the portal does not have needs none
  };

  // `settings` and `items` outlive the exchange. `look` takes $skus, $take, $skip; `write` takes $input.
  VariantPush(const Settings& settings, std::span<const connector::OutboundItem> items, std::string look,
              std::string_view write)
      : settings_(settings), batch_(items), look_(std::move(look)), write_(write) {}

  // Whose variant the item is about; none: it is settled already.
  virtual std::optional<Subject> read(std::size_t index) = 0;
  // What the answer says beside the variants; the last page's counts.
  virtual void note(const json::value& data) = 0;
  // About an item whose variant there is exactly once: settles it, or asks for a change.
  virtual void decide(std::size_t index, const Variant& variant) = 0;

  // The variant's change that this item has a part in, to be completed. Null: another item of the batch has that very
  // part, and this one is settled. `part` tells apart items that may change one variant together.
  json::object* change(std::size_t index, const Variant& variant, const std::string& part = "");
  void settle(std::size_t index, Verdict verdict, std::string reason = "");

  const connector::OutboundItem& item(std::size_t index) const { return batch_[index]; }

  const Settings& settings_;

 private:
  struct Item {
    std::size_t index = 0;
    Subject subject;
  };
  struct Write {
    json::object change;
    std::map<std::string, std::size_t> item_by_part;
  };
  // Numeric ids in numeric order: two batches that lock rows in opposite order end one of them with a deadlock.
  struct ById {
    bool operator()(const std::string& a, const std::string& b) const {
      return a.size() != b.size() ? a.size() < b.size() : a < b;
    }
  };

  connector::Step look();
  connector::Step on_looked(const connector::HttpReply& reply);
  connector::Step put_off(const std::string& reason);
  void decide_about(const Item& item);
  connector::Step write_next();
  connector::Step on_written(const connector::HttpReply& reply);
  void settle_written(const json::value& data);
  void abandon_rest(Trouble trouble);
  connector::Step finish() { return connector::Finish{std::move(settled_)}; }

  std::span<const connector::OutboundItem> batch_;
  const std::string look_;
  const std::string_view write_;
  std::vector<Item> items_;
  std::vector<ItemVerdict> settled_;
  VariantView view_;
  std::map<std::string, Write, ById> writes_;  // by variant id; those not sent yet
  std::map<std::string, Write, ById> sent_;    // the chunk under way
  bool is_writing_ = false;
};

}  // namespace ferry::vendure
