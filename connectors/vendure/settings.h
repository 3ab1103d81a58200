// What a channel of this connector is told.
#pragma once

#include <string>
#include <vector>

#include "plugin/domain/time.h"

namespace ferry::vendure {

struct Settings {
  std::string username, password;
  std::string channel_token;        // vendure-token header; empty: the default channel
  std::string order_number_field;   // custom field of Order that carries the ERP's number
  std::string customer_code_field;  // custom field of Customer that carries the ERP's party code; empty: none
  std::vector<std::string> order_states;
  std::string stock_location;  // name or id; empty: the portal's first
  std::size_t page_size = 50;
  Duration request_timeout = std::chrono::seconds(30);
};

}  // namespace ferry::vendure
