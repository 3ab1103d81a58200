// The simulated Medusa's promotions and the campaigns that they are valid in.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/portal/medusa/request.h"
#include "tests/portal/simulated_portal.h"

namespace ferry::portal {

class Promotions {
 public:
  Promotions();  // with one of a person

  // Whether a write of what is for this SKU is refused.
  using Refuses = std::function<bool(const std::string& sku)>;
  // Whether the customer group stands for this price list of the ERP's.
  using IsGroup = std::function<bool(const std::string& group, const std::string& list)>;

  // None: the request is for something else. What shows from then on is added to `shown`.
  std::optional<boost::json::value> ask(const connector::HttpRequest& request, const Target& target,
                                        const Refuses& refuses, const IsGroup& is_group, std::vector<NowShown>& shown);

  // What a customer of the ERP's price list is given for one piece: "12.5"; "": nothing.
  std::string percent(const std::string& sku, const std::string& list, const IsGroup& is_group) const;
  // Whether for some quantity two promotions apply, or none between two that do.
  bool has_wrong_breaks(const std::string& sku, const std::string& list, const IsGroup& is_group) const;
  bool is_left_alone() const;  // what the person made
  const boost::json::object& of_people() const { return promotions_.front(); }

 private:
  struct Band {
    double least = 0, before = 0;
    std::string percent;
  };

  boost::json::value list(const Target& target) const;
  boost::json::object* find(std::string_view id);
  std::string create(const boost::json::object& given, const Refuses& refuses);
  boost::json::value create_campaign(const boost::json::value& body);
  boost::json::value set_campaign(std::string_view id, const boost::json::value& body);
  static void set(boost::json::object& promotion, const boost::json::value& body);
  boost::json::value set_rules(boost::json::object& promotion, const boost::json::value& body);
  boost::json::object made_rule(const boost::json::value& given);
  std::vector<Band> bands(const std::string& sku, const std::string& list, const IsGroup& is_group) const;

  std::vector<boost::json::object> promotions_;  // as they are shown
  boost::json::array campaigns_;
  std::int64_t given_ = 0;  // ids so far
};

}  // namespace ferry::portal
