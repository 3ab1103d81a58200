// The simulated Medusa's customer groups and price lists, with the prices that stand in them.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/portal/medusa/request.h"
#include "tests/portal/simulated_portal.h"

namespace ferry::portal {

class PriceLists {
 public:
  PriceLists();  // with a price list and a group of a person

  // What the lists must know of a variant by its id.
  struct Variant {
    std::string sku;  // empty: there is none
    bool refuses_writes = false;
  };
  using Look = std::function<Variant(std::string_view id)>;

  // None: the request is for something else. What shows from then on is added to `shown`.
  std::optional<boost::json::value> ask(const connector::HttpRequest& request, const Target& target, const Look& look,
                                        std::vector<NowShown>& shown);

  // What a customer of the ERP's price list pays for 1 and for 10 pieces: "12.3 11.3"; "": as everybody.
  std::string prices(const std::string& sku, const std::string& list) const;
  // Whether the customer group stands for the ERP's price list.
  bool is_group(const std::string& group, const std::string& list) const;
  const boost::json::array& groups() const { return groups_; }
  bool is_left_alone() const;  // what the person made
  // A person's sale: the variant costs half as much while it runs.
  void promote(const std::string& variant, const std::string& sku);
  boost::json::array of_people() const;

 private:
  struct Price {
    std::string id, variant, sku;
    double amount = 0;
    boost::json::value least, most;
    bool is_deleted = false;  // Medusa remembers its id: an update of it does nothing, and is not an error
  };
  struct List {
    std::string id;
    boost::json::object shown;
    std::vector<Price> prices;
  };

  boost::json::value create_group(const boost::json::value& body);
  boost::json::value create_list(const boost::json::value& body);
  boost::json::value set_list(List& list, const boost::json::value& body);
  boost::json::value list_prices(const List& list, const Target& target) const;
  boost::json::value set_prices(List& list, const boost::json::value& body, const Look& look, std::vector<NowShown>& shown);
  bool is_for(const List& list, const std::string& erp_list) const;
  std::optional<double> price_of(const std::string& sku, const std::string& list, double quantity) const;
  List* find(std::string_view id);

  boost::json::array groups_;
  std::vector<List> lists_;
  std::int64_t prices_ = 0;  // ids given so far
};

}  // namespace ferry::portal
