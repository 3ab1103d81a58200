// What the parts of an order's status that are told step by step have in common: looks at the portal's orders of the
// batch, and after each write at the one that was written.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/medusa/stepwise_push.h"

namespace ferry::medusa {

using PiecesOfLines = std::vector<std::pair<std::string, std::int64_t>>;  // by the lines' ids

// None: no whole number of pieces that there can be.
std::optional<std::int64_t> whole_at(const json::value& from, std::initializer_list<std::string_view> path);
json::array items_of(const PiecesOfLines& lines);  // as a request names them
// The ERP's number under that key of the metadata; empty: it is not ours. None: a key with anything but a text is not readable,
// and may be one of ours.
std::optional<std::string> own_number_at(const json::value& shown, std::string_view key);

class OrderPush : public StepwisePush {
 protected:
  // The items are documents of the feed `order_status`. `looked_at` is the target of a look, to which ids are added.
  OrderPush(const Settings& settings, std::span<const connector::OutboundItem> items, std::string_view looked_at,
            std::string_view remedy)
      : StepwisePush(settings, items, remedy), looked_at_(looked_at) {}

  // What else the item's document says. Empty, or what is wrong with it.
  virtual std::string read_rest(std::size_t /*index*/, const json::value& /*document*/) { return ""; }
  // `order` is as the portal shows it now.
  virtual NextStep step_of(std::size_t index, const json::value& order) = 0;

  const std::string& order_of(std::size_t index) const { return orders_.at(index); }  // the portal's id

  std::optional<std::string> next_look() override;
  std::optional<Trouble> on_seen(const connector::HttpReply& reply) override;

 private:
  std::string read(std::size_t index) final;
  std::optional<std::string> look_at(std::size_t index) final;
  NextStep next_step(std::size_t index) final;

  const std::string_view looked_at_;
  std::map<std::size_t, std::string> orders_;  // the portal's ids by index
  std::vector<std::string> looks_;             // orders, then targets, the next one last
  bool has_targets_ = false;
  std::map<std::string, json::value> seen_;  // orders by id
  bool is_readable_ = true;                  // false: some order came without id
};

}  // namespace ferry::medusa
