// The simulated Medusa's customers, in groups that somebody else keeps.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/portal/medusa/request.h"
#include "tests/portal/simulated_portal.h"

namespace ferry::portal {

class Customers {
 public:
  Customers();  // with one who registered by himself

  // None: the request is for something else. `groups` are all that there are. What shows from then on is added to
  // `shown`.
  std::optional<boost::json::value> ask(const connector::HttpRequest& request, const Target& target,
                                        const boost::json::array& groups, std::vector<NowShown>& shown);

  // Of the one with that code; "": there is none; with a mark where there are several.
  std::string name(const std::string& code) const;

 private:
  boost::json::value list(const Target& target) const;
  boost::json::value create(const boost::json::value& body);
  boost::json::value& find(std::string_view id);
  void set(boost::json::object& customer, const boost::json::object& change);
  static void set_groups(boost::json::object& customer, const boost::json::value& body, const boost::json::array& groups);

  std::vector<boost::json::value> customers_;  // in order of id
};

}  // namespace ferry::portal
