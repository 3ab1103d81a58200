// What is to be written so that the portal's price lists show a batch: groups first, then price lists, then prices.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "connectors/medusa/price_list_view.h"
#include "connectors/medusa/settings.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

// One SKU in one of the ERP's price lists.
struct PlannedPrices {
  std::string list, group_name, title, currency, variant;
};

class PriceListPlan {
 public:
  struct Objection {
    Verdict verdict = Verdict::delivered;
    std::string reason;  // empty: none
  };
  // Adds what the item, whose windows these are, lacks or has too much; nothing where there is an objection.
  Objection add(std::size_t item, const PlannedPrices& prices, const PriceWindows& windows, const PriceListView& view);
  // Once, when everything was added.
  void arrange();
  std::size_t count_requests_of(std::size_t item) const;

  // The request that is due; precondition: !is_done().
  bool is_done() const noexcept { return at_ == works_.size(); }
  connector::HttpRequest request(const Settings& settings) const;
  const std::set<std::size_t>& items() const { return works_[at_].items; }
  // The portal took it. Those of its items that the answer does not confirm.
  std::set<std::size_t> on_confirmed(const json::value& body);
  void next() { ++at_; }
  // It was refused: what depends on it is not sent either.
  void drop();

 private:
  enum class Kind { group = 1, list, prices };
  using Place = std::pair<std::string, Window>;  // the ERP's list
  struct Work {
    Kind kind{};
    std::string list;         // the ERP's
    std::string price_list;   // id; empty: the one that is to be made at `window`, or none
    Window window;
    std::string name;         // of the group or price list
    json::array created, updated, deleted;
    std::map<std::string, std::size_t> confirmations;  // by what the answer names: item
    std::set<std::size_t> items;
  };

  Work& prices_work(std::size_t item, const std::string& list, const std::string& price_list, const Window& window);
  void need(Kind kind, std::size_t item, const std::string& list, const std::string& price_list, const Window& window,
            const std::string& name);
  void create(std::size_t item, const PlannedPrices& prices, const Window& window, const PriceRow& row,
              const PriceListView& view);
  void update(std::size_t item, const std::string& list, const std::string& variant, const ShownRow& shown,
              const PriceRow& row);
  void remove(std::size_t item, const std::string& list, const ShownRow& shown);
  void forget_what_depends();

  std::vector<Work> works_;
  std::size_t at_ = 0;
  std::map<std::string, std::string> groups_;  // id by the ERP's list
  std::map<Place, std::string> made_;          // ids of price lists
};

}  // namespace ferry::medusa
