// The connector's table: what it is called, what it can do, which settings it has, and how it is made.
#include <array>

#include "connectors/vendure/answer.h"
#include "connectors/vendure/customer.h"
#include "connectors/vendure/discount.h"
#include "connectors/vendure/fixed_price.h"
#include "connectors/vendure/json.h"
#include "connectors/vendure/order_status.h"
#include "connectors/vendure/orders.h"
#include "connectors/vendure/price.h"
#include "connectors/vendure/probe.h"
#include "connectors/vendure/product.h"
#include "connectors/vendure/session.h"
#include "connectors/vendure/stock.h"
#include "connectors/vendure/survey.h"
#include "connectors/vendure/terms_survey.h"
#include "plugin/connector/connector.h"
#include "plugin/connector/setting_maps.h"

namespace ferry::vendure {
namespace {

using namespace connector;
using config::Field;
using config::Type;

constexpr std::array kFields = {
    Field{"username", Type::text, "", true, 0, 0,
          "Vendure administrator that Ferry works as; its role needs ReadCatalog, UpdateCatalog, ReadOrder and "
          "UpdateOrder, as far as the channel's jobs do: the connection test names what is missing."},
    Field{"password", Type::secret, "", true, 0, 0, "Name of the secret that holds this administrator's password."},
    Field{"channel_token", Type::text, "", false, 0, 0, "Token of the Vendure channel; empty: the default channel."},
    Field{"order_number_field", Type::text, "erpOrderNumber", false, 0, 0,
          "Custom field of Order that receives the ERP's order number."},
    Field{"order_state_field", Type::text, "", false, 0, 0,
          "Custom field of Order, of type string, that receives the state of the ERP's order; empty: it is not sent."},
    Field{"order_invoices_field", Type::text, "", false, 0, 0,
          "Custom field of Order, of type string or text, that receives numbers and dates of its invoices and credit notes; empty: "
          "they are not sent."},
    Field{"order_cancelled_field", Type::text, "", false, 0, 0,
          "Custom field of Order, of type string or text, that receives what was ordered and will never be sent; empty: it is not "
          "sent."},
    Field{"order_invoice_url", Type::text, "", false, 0, 0,
          "Where an invoice can be read, as https://example.com/invoices/{number}.pdf: it stands behind the invoice; empty: "
          "nowhere. Ferry makes no files."},
    Field{"customer_code_field", Type::text, "", false, 0, 0,
          "Custom field of Customer, unique, that carries the customer's code in the ERP; empty: none. The customers' "
          "feed needs it."},
    Field{"customer_reference_field", Type::text, "", false, 0, 0,
          "Custom field of Order that carries the customer's own number of it; empty: none. It becomes the description of "
          "the ERP's order, and an order that a person entered under it is found."},
    Field{"credit_hold_field", Type::text, "", false, 0, 0,
          "Custom field of Customer, boolean, that says that nothing is sold on account; empty: none."},
    Field{"tax_identifier_field", Type::text, "", false, 0, 0,
          "Custom field of Customer that receives the tax identifier, and by which the customer of an order is known; "
          "empty: none."},
    Field{"stock_location", Type::text, "", false, 0, 0,
          "Name or id of the stock location to keep; empty: the portal's first."},
    Field{"cost_field", Type::text, "costPrice", false, 0, 0,
          "Custom field of ProductVariant that receives the cost: an integer, in the portal's smallest unit of money."},
    Field{"price_currency", Type::text, "", false, 0, 0,
          "Currency of the list prices and costs to keep, as EUR; empty: the default of the portal's channel."},
    Field{"product_id_field", Type::text, "erpId", false, 0, 0,
          "Custom field of Product, unique, that carries the ERP's id of the product template."},
    Field{"product_fields", Type::map, "", false, 0, 0,
          "Custom fields of ProductVariant, of type string or text, by the members of the product's document that they "
          "receive: unit, digits, categories, attributes or images (as URLs, because Vendure does not fetch them)."},
    Field{"promotion_key_field", Type::text, "erpKey", false, 0, 0,
          "Custom field of Promotion, unique, by which Ferry knows its own promotions. The discounts' feed needs it."},
    Field{"promotion_tiers_field", Type::text, "erpTiers", false, 0, 0,
          "Custom field of Promotion, of type text, not public, that receives what the discount is in the ERP."},
    Field{"price_list_channels", Type::map, "", false, 0, 0,
          "Tokens of the portal's channels by the ERP's ids of the price lists whose customers buy there: that is where "
          "their fixed net prices go. Each list has a channel of its own, with pricesIncludeTax off."},
    Field{"page_size", Type::integer, "50", false, 1, 1000, "Orders read in one request."},
};

constexpr std::array kFeeds = {Feed::product, Feed::stock, Feed::list_price, Feed::cost, Feed::discount,
                               Feed::fixed_net_price, Feed::customer, Feed::order_status};

constexpr Capabilities kCapabilities{
    .feeds = kFeeds,
    .max_batch_items = 100,     // Vendure is fastest there: about 0.7 s, one transaction
    .max_batch_bytes = 60'000,  // a request over 100 kB is refused as a whole
    .max_in_flight = 1,         // two batches at once gain nothing and can deadlock in the portal's database
    .stock_meaning = StockMeaning::on_hand,
    .order_visibility_lag = std::chrono::seconds(60),  // placed when paid, visible when that transaction commits
    .surveys = kFeeds,
};

class Vendure final : public Connector {
 public:
  explicit Vendure(Settings settings) : settings_(std::move(settings)) {}

  const Capabilities& capabilities() const noexcept override { return kCapabilities; }
  std::unique_ptr<Exchange> push(Feed feed, std::span<const OutboundItem> items) const override {
    switch (feed) {
      case Feed::order_status: return make_order_status_push(settings_, items);
      case Feed::list_price: return make_price_push(settings_, items);
      case Feed::cost: return make_cost_push(settings_, items);
      case Feed::product: return make_product_push(settings_, items);
      case Feed::customer: return make_customer_push(settings_, items);
      case Feed::discount: return make_discount_push(settings_, items);
      case Feed::fixed_net_price: return make_fixed_price_push(settings_, items);
      default: return make_stock_push(settings_, items);
    }
  }
  std::unique_ptr<Pull> pull_orders(const Window& window, std::string_view cursor) const override {
    return make_order_pull(settings_, window, cursor);
  }
  std::unique_ptr<Pull> pull_orders_by_id(std::span<const std::string> portal_ids) const override {
    return make_order_pull(settings_, portal_ids);
  }
  std::unique_ptr<Survey> survey(Feed feed, const Window& window, std::string_view cursor) const override {
    switch (feed) {
      case Feed::order_status: return make_order_survey(settings_, window, cursor);
      case Feed::product: return make_product_survey(settings_, cursor);
      case Feed::customer: return make_customer_survey(settings_, cursor);
      case Feed::stock: return make_stock_survey(settings_, cursor);
      case Feed::discount: return make_discount_survey(settings_, cursor);
      case Feed::fixed_net_price: return make_fixed_price_survey(settings_, cursor);
      default: return make_amount_survey(settings_, feed, cursor);
    }
  }
  std::unique_ptr<Survey> survey_labels(Feed feed, std::span<const std::string> labels) const override {
    switch (feed) {
      case Feed::order_status: return make_order_survey(settings_, labels);
      case Feed::product: return make_product_survey(settings_, labels);
      case Feed::customer: return make_customer_survey(settings_, labels);
      case Feed::stock: return make_stock_survey(settings_, labels);
      case Feed::discount: return make_discount_survey(settings_, labels);
      case Feed::fixed_net_price: return make_fixed_price_survey(settings_, labels);
      default: return make_amount_survey(settings_, feed, labels);
    }
  }
  std::unique_ptr<Exchange> probe() const override { return make_probe(settings_); }
  std::unique_ptr<Login> login() const override { return make_login(settings_); }
  void authorize(HttpRequest& request, const Session& session) const override {
    vendure::authorize(request, session, settings_);
  }
  bool session_refused(const HttpReply& reply) const override { return is_session_refused(reply); }

 private:
  const Settings settings_;
};

// `values` are the channel's: the common settings and the ones above.
std::unique_ptr<Connector> create(const config::Values& values) {
  Settings settings;
  settings.username = values.text("username");
  settings.password = values.text("password");
  settings.channel_token = values.text("channel_token");
  settings.order_number_field = values.text("order_number_field");
  const auto& owner = values.text("owner");
  const auto of_order = [&](std::string_view member, std::string_view setting) {
    return is_of_erp(owner, member) ? values.text(setting) : std::string();
  };
  settings.order_state_field = of_order("order_status.state", "order_state_field");
  settings.order_invoices_field = of_order("order_status.invoices", "order_invoices_field");
  settings.order_cancelled_field = of_order("order_status.cancelled", "order_cancelled_field");
  settings.order_invoice_url = values.text("order_invoice_url");
  settings.customer_code_field = values.text("customer_code_field");
  settings.customer_reference_field = values.text("customer_reference_field");
  settings.stock_location = values.text("stock_location");
  settings.locations = locations_of(values.text("locations"));
  settings.cost_field = values.text("cost_field");
  settings.price_currency = values.text("price_currency");
  settings.price_tax = values.text("price_tax");
  settings.credit_hold_field = values.text("credit_hold_field");
  settings.tax_identifier_field = values.text("tax_identifier_field");
  settings.product_id_field = values.text("product_id_field");
  settings.product_fields = map_of(values.text("product_fields"));
  settings.promotion_key_field = values.text("promotion_key_field");
  settings.promotion_tiers_field = values.text("promotion_tiers_field");
  settings.list_channels = map_of(values.text("price_list_channels"));
  settings.jobs = values.list("jobs");
  settings.asks_for_groups = !values.list("order_customer_groups").empty();
  settings.asks_for_channels = !values.list("order_channels").empty();
  settings.cancels_orders = values.boolean("order_cancel");
  settings.page_size = static_cast<std::size_t>(values.integer("page_size"));
  settings.request_timeout = std::chrono::seconds(values.integer("request_timeout"));
  settings.order_states = values.list("order_states");
  if (settings.order_states.empty()) {  // the later ones too: the shop may be quicker than the intake
    settings.order_states = {"PaymentAuthorized", "PaymentSettled", "PartiallyShipped", "Shipped", "PartiallyDelivered",
                             "Delivered"};
  }
  return std::make_unique<Vendure>(std::move(settings));
}

}  // namespace
}  // namespace ferry::vendure

namespace ferry::connector {
extern const ConnectorInfo kConnectorInfo_vendure;
const ConnectorInfo kConnectorInfo_vendure{"vendure", "Vendure", vendure::kFields, &vendure::create};
}  // namespace ferry::connector
