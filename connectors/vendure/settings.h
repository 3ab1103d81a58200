// What a channel of this connector is told.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plugin/domain/time.h"

namespace ferry::vendure {

struct Settings {
  std::string username, password;
  std::string channel_token;        // vendure-token header; empty: the default channel
  std::string order_number_field;   // custom field of Order that carries the ERP's number
  // Custom fields of Order that show what else the ERP did with it; empty: not sent.
  std::string order_state_field, order_invoices_field, order_cancelled_field;
  std::string order_invoice_url;    // where an invoice can be read, with {number} in it; empty: nowhere
  std::string customer_code_field;  // custom field of Customer that carries the ERP's party code; empty: none
  std::string customer_reference_field;  // custom field of Order: the customer's own number of it; empty: none
  std::vector<std::string> order_states;
  std::string stock_location;  // name or id; empty: the portal's first
  std::vector<std::string> locations;  // names or ids, where stock is kept by location; empty: one number for all
  std::string cost_field;      // custom field of ProductVariant that carries the cost, in minor units
  std::string price_currency;  // of list prices and costs; empty: the default currency of the portal's channel
  std::string price_tax;       // "included" or "excluded": what the ERP's list prices hold
  std::string credit_hold_field, tax_identifier_field;  // custom fields of Customer; empty: none
  std::string product_id_field;  // custom field of Product that carries the ERP's template
  std::map<std::string, std::string> product_fields;  // custom fields of ProductVariant by members of the document
  std::string promotion_key_field, promotion_tiers_field;  // custom fields of Promotion
  std::map<std::string, std::string> list_channels;  // tokens of the portal's channels by the ERP's ids of price lists
  std::vector<std::string> jobs;  // that the channel does
  bool asks_for_groups = false, asks_for_channels = false;  // of orders: the channel's scope names some
  bool cancels_orders = false;  // that were cancelled in the ERP before anything was sent
  std::size_t page_size = 50;
  Duration request_timeout = std::chrono::seconds(30);
};

}  // namespace ferry::vendure
