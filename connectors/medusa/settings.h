// What a channel of this connector is told.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plugin/domain/time.h"

namespace ferry::medusa {

struct Settings {
  std::string email, password;
  std::string order_number_key;   // key of an order's metadata that carries the ERP's number
  // Keys of an order's metadata that show what else the ERP did with it; empty: not sent.
  std::string order_state_key, order_invoices_key, order_cancelled_key;
  std::string order_invoice_url;  // where an invoice can be read, with {number} in it; empty: nowhere
  std::string customer_code_key;  // key of a customer's metadata that carries the ERP's party code; empty: none
  std::string customer_reference_key;  // key of an order's metadata: the customer's own number of it; empty: none
  std::string tax_identifier_key, credit_hold_key;  // of a customer's metadata; empty: not sent
  std::map<std::string, std::string> product_keys;  // of a variant's metadata, by members of the product's document
  std::string category_key;  // of a category's metadata: its path in the ERP; empty: no category is set
  std::vector<std::string> order_states;  // payment states in which an order is acknowledged
  std::string cost_key;        // key of a variant's metadata that receives the cost
  std::string price_list_key;  // key of a customer group's or price list's metadata: the ERP's id of its price list
  std::string price_currency;  // ISO 4217, of the prices that are read back; empty: the store's default
  std::string stock_location;             // name or id; empty: the portal's only one
  std::vector<std::string> locations;     // names or ids, where stock is kept by location; empty: one number for all
  bool asks_for_groups = false, asks_for_channels = false;  // of orders: the channel's scope names some
  bool cancels_orders = false;  // that were cancelled in the ERP before anything was sent
  std::size_t page_size = 50;
  Duration request_timeout = std::chrono::seconds(30);
};

}  // namespace ferry::medusa
