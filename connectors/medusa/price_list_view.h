// The price lists and customer groups of the portal that stand for the ERP's price lists: those that carry the ERP's id
// of the list under a key of their metadata. All others are people's, and are neither read nor written.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/medusa/json.h"
#include "connectors/medusa/price_tiers.h"

namespace ferry::medusa {

// A price list's window, and how it stands by the portal's clock.
struct ShownWindow {
  Window window;  // as it was set
  bool has_begun = false, is_over = false;

  // Whether a price in it counts as one in `wanted`: a window that has begun is as good as one without beginning, and
  // stays what it was set to for a clock that is wrong.
  bool shows(const Window& wanted) const noexcept {
    return window == wanted || (has_begun && !is_over && Window{{}, window.until} == wanted);
  }
  Window from_now_on() const noexcept { return has_begun ? Window{{}, window.until} : window; }
};

struct ShownRow {
  std::string id;
  std::string price_list;  // id
  ShownWindow at;
  std::string currency;    // in capitals
  PriceRow row;
};

struct ShownList {
  std::string id;
  std::string list;  // the ERP's
  ShownWindow at;
  // Everything but the window: active, an override, for exactly this customer group; "": for others too, or none.
  std::string group;
  bool is_in_force = false;
};

struct ShownGroup {
  std::string id, name;
};

class PriceListView {
 public:
  explicit PriceListView(std::string_view key) : key_(key) {}

  void add_groups(const json::value& body);
  // `now` by the portal's own clock; epoch: it does not say.
  void add_lists(const json::value& body, Instant now);
  void add_rows(std::string_view price_list, const json::value& body, std::string_view variant_member);

  bool is_readable() const noexcept { return is_readable_; }
  // A price list that Ferry has made and that lacks the mark: id and how to mend it; empty: there is none. As long as
  // there is one, what is missing is not known.
  const std::string& unmarked() const noexcept { return unmarked_; }
  const std::vector<ShownGroup>& groups(const std::string& list) const noexcept;  // that stand for the ERP's list
  std::set<std::string> lists_with_group() const;  // the ERP's
  bool is_taken(std::string_view group_name) const noexcept;                      // by any group
  const std::vector<ShownList>& lists() const noexcept { return lists_; }
  const ShownList* list_with(const std::string& list, const Window& window) const noexcept;  // the first one; or null
  // By the member of the variant that add_rows() was told of, then by the ERP's list.
  using Rows = std::map<std::string, std::map<std::string, std::vector<ShownRow>>>;
  const Rows& rows() const noexcept { return rows_; }

 private:
  std::string list_of(const json::value& from);

  const std::string key_;
  std::map<std::string, std::vector<ShownGroup>> groups_;
  std::map<std::string, std::string, std::less<>> names_;  // of all groups
  std::vector<ShownList> lists_;
  Rows rows_;
  std::string unmarked_;
  bool is_readable_ = true;
};

// Of a price list that Ferry makes, for people; and a second mark.
std::string description_of(std::string_view list);

}  // namespace ferry::medusa
