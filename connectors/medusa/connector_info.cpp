// The connector's table: what it is called, what it can do, which settings it has, and how it is made.
#include <array>

#include "connectors/medusa/answer.h"
#include "connectors/medusa/customer.h"
#include "connectors/medusa/discount.h"
#include "connectors/medusa/discount_survey.h"
#include "connectors/medusa/json.h"
#include "connectors/medusa/order_status.h"
#include "connectors/medusa/orders.h"
#include "connectors/medusa/price.h"
#include "connectors/medusa/price_list.h"
#include "connectors/medusa/price_list_survey.h"
#include "connectors/medusa/price_survey.h"
#include "connectors/medusa/probe.h"
#include "connectors/medusa/product.h"
#include "connectors/medusa/session.h"
#include "connectors/medusa/stock.h"
#include "connectors/medusa/survey.h"
#include "plugin/connector/connector.h"
#include "plugin/connector/setting_maps.h"

namespace ferry::medusa {
namespace {

using namespace connector;
using config::Field;
using config::Type;

constexpr std::array kFields = {
    Field{"username", Type::text, "", true, 0, 0, "E-mail address of the Medusa user that Ferry works as."},
    Field{"password", Type::secret, "", true, 0, 0, "Name of the secret that holds this user's password."},
    Field{"order_number_key", Type::text, "erp_order_number", false, 0, 0,
          "Key in an order's metadata that receives the ERP's order number."},
    Field{"order_state_key", Type::text, "erp_state", false, 0, 0,
          "Key in an order's metadata that receives the state of the ERP's order; empty: it is not sent."},
    Field{"order_invoices_key", Type::text, "erp_invoices", false, 0, 0,
          "Key in an order's metadata that receives numbers and dates of its invoices and credit notes; empty: they are not sent."},
    Field{"order_cancelled_key", Type::text, "erp_cancelled", false, 0, 0,
          "Key in an order's metadata that receives what was ordered and will never be sent; empty: it is not sent."},
    Field{"order_invoice_url", Type::text, "", false, 0, 0,
          "Where an invoice can be read, as https://example.com/invoices/{number}.pdf: it stands behind the invoice; empty: "
          "nowhere. Ferry makes no files."},
    Field{"customer_code_key", Type::text, "erp_code", false, 0, 0,
          "Key in a customer's metadata that carries the customer's code in the ERP; empty: none."},
    Field{"customer_reference_key", Type::text, "", false, 0, 0,
          "Key in an order's metadata that carries the customer's own number of it; empty: none. It becomes the description "
          "of the ERP's order, and an order that a person entered under it is found."},
    Field{"tax_identifier_key", Type::text, "erp_tax_identifier", false, 0, 0,
          "Key in a customer's metadata that receives the tax identifier, and by which the customer of an order is known; "
          "empty: it is neither sent nor read."},
    Field{"credit_hold_key", Type::text, "erp_credit_hold", false, 0, 0,
          "Key in a customer's metadata that says true where no order on account is taken; empty: it is not sent."},
    Field{"product_keys", Type::map, R"({"attributes":"erp_attributes","digits":"erp_digits","unit":"erp_unit"})", false, 0, 0,
          "Keys in a variant's metadata by the members of the product's document that they receive: unit, digits, "
          "attributes, and others as they are."},
    Field{"category_key", Type::text, "erp_category", false, 0, 0,
          "Key in a product category's metadata that carries its path in the ERP, as Tools / Hammers; empty: products are "
          "put into no category."},
    Field{"cost_key", Type::text, "erp_cost", false, 0, 0, "Key in a variant's metadata that receives the cost."},
    Field{"price_list_key", Type::text, "erp_price_list", false, 0, 0,
          "Key in the metadata of customer groups, price lists and promotions that carries the id of the ERP's price list."},
    Field{"price_currency", Type::text, "", false, 0, 0,
          "Currency of the list prices that are compared with the portal's, as EUR; empty: the store's default."},
    Field{"stock_location", Type::text, "", false, 0, 0,
          "Name or id of the stock location to keep; empty: the portal's only one."},
    Field{"page_size", Type::integer, "50", false, 1, 500, "Orders read in one request."},
};

constexpr std::array kFeeds = {Feed::product,  Feed::stock,           Feed::list_price, Feed::cost,
                               Feed::discount, Feed::fixed_net_price, Feed::customer,   Feed::order_status};

constexpr Capabilities kCapabilities{
    .feeds = kFeeds,
    .max_batch_items = 250,      // Medusa sets 420 levels a second in batches of 50, 914 in batches of 500
    .max_batch_bytes = 500'000,  // a batch route refuses over 2 MB
    .max_in_flight = 1,          // two batches at once gain nothing
    .stock_meaning = StockMeaning::on_hand,
    .order_visibility_lag = std::chrono::seconds(60),  // dated when its workflow begins, visible when that commits
    .surveys = kFeeds,
};

class Medusa final : public Connector {
 public:
  explicit Medusa(Settings settings) : settings_(std::move(settings)) {}

  const Capabilities& capabilities() const noexcept override { return kCapabilities; }
  std::unique_ptr<Exchange> push(Feed feed, std::span<const OutboundItem> items) const override {
    switch (feed) {
      case Feed::order_status: return make_order_status_push(settings_, items);
      case Feed::list_price: return make_price_push(settings_, items);
      case Feed::cost: return make_cost_push(settings_, items);
      case Feed::discount: return make_discount_push(settings_, items);
      case Feed::fixed_net_price: return make_price_list_push(settings_, items);
      case Feed::product: return make_product_push(settings_, items);
      case Feed::customer: return make_customer_push(settings_, items);
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
    if (feed == Feed::order_status) return make_order_survey(settings_, window, cursor);
    if (feed == Feed::discount) return make_discount_survey(settings_, cursor);
    if (feed == Feed::fixed_net_price) return make_price_list_survey(settings_, cursor);
    if (feed == Feed::customer) return make_customer_survey(settings_, cursor);
    if (feed == Feed::product) return make_product_survey(settings_, cursor);
    return feed == Feed::stock ? make_stock_survey(settings_, cursor) : make_amount_survey(settings_, feed, cursor);
  }
  std::unique_ptr<Survey> survey_labels(Feed feed, std::span<const std::string> labels) const override {
    if (feed == Feed::order_status) return make_order_survey(settings_, labels);
    if (feed == Feed::discount) return make_discount_survey(settings_, labels);
    if (feed == Feed::fixed_net_price) return make_price_list_survey(settings_, labels);
    if (feed == Feed::customer) return make_customer_survey(settings_, labels);
    if (feed == Feed::product) return make_product_survey(settings_, labels);
    return feed == Feed::stock ? make_stock_survey(settings_, labels) : make_amount_survey(settings_, feed, labels);
  }
  std::unique_ptr<Exchange> probe() const override { return make_probe(settings_); }
  std::unique_ptr<Login> login() const override { return make_login(settings_); }
  void authorize(HttpRequest& request, const Session& session) const override { medusa::authorize(request, session); }
  bool session_refused(const HttpReply& reply) const override { return is_session_refused(reply); }

 private:
  const Settings settings_;
};

// `values` are the channel's: the common settings and the ones above.
std::unique_ptr<Connector> create(const config::Values& values) {
  Settings settings;
  settings.email = values.text("username");
  settings.password = values.text("password");
  settings.order_number_key = values.text("order_number_key");
  const auto& owner = values.text("owner");
  const auto of_order = [&](std::string_view member, std::string_view setting) {
    return is_of_erp(owner, member) ? values.text(setting) : std::string();
  };
  settings.order_state_key = of_order("order_status.state", "order_state_key");
  settings.order_invoices_key = of_order("order_status.invoices", "order_invoices_key");
  settings.order_cancelled_key = of_order("order_status.cancelled", "order_cancelled_key");
  settings.order_invoice_url = values.text("order_invoice_url");
  settings.customer_code_key = values.text("customer_code_key");
  settings.customer_reference_key = values.text("customer_reference_key");
  settings.tax_identifier_key = values.text("tax_identifier_key");
  settings.credit_hold_key = values.text("credit_hold_key");
  settings.product_keys = map_of(values.text("product_keys"));
  settings.category_key = values.text("category_key");
  settings.cost_key = values.text("cost_key");
  settings.price_list_key = values.text("price_list_key");
  settings.price_currency = values.text("price_currency");
  settings.stock_location = values.text("stock_location");
  settings.locations = locations_of(values.text("locations"));
  settings.asks_for_groups = !values.list("order_customer_groups").empty();
  settings.asks_for_channels = !values.list("order_channels").empty();
  settings.cancels_orders = values.boolean("order_cancel");
  settings.page_size = static_cast<std::size_t>(values.integer("page_size"));
  settings.request_timeout = std::chrono::seconds(values.integer("request_timeout"));
  settings.order_states = values.list("order_states");
  if (settings.order_states.empty()) {  // the later ones too: the shop may be quicker than the intake
    settings.order_states = {"authorized", "partially_captured", "captured", "partially_refunded"};
  }
  return std::make_unique<Medusa>(std::move(settings));
}

}  // namespace
}  // namespace ferry::medusa

namespace ferry::connector {
extern const ConnectorInfo kConnectorInfo_medusa;
const ConnectorInfo kConnectorInfo_medusa{"medusa", "Medusa", medusa::kFields, &medusa::create};
}  // namespace ferry::connector
