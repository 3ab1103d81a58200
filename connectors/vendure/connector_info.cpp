// The connector's table: what it is called, what it can do, which settings it has, and how it is made.
#include <array>

#include "connectors/vendure/answer.h"
#include "connectors/vendure/order_number.h"
#include "connectors/vendure/orders.h"
#include "connectors/vendure/probe.h"
#include "connectors/vendure/session.h"
#include "connectors/vendure/stock.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {
namespace {

using namespace connector;
using config::Field;
using config::Type;

constexpr std::array kFields = {
    Field{"username", Type::text, "", true, 0, 0,
          "Vendure administrator that Ferry works as; its role needs ReadCatalog, UpdateCatalog, ReadOrder and "
          "UpdateOrder."},
    Field{"password", Type::secret, "", true, 0, 0, "Name of the secret that holds this administrator's password."},
    Field{"channel_token", Type::text, "", false, 0, 0, "Token of the Vendure channel; empty: the default channel."},
    Field{"order_number_field", Type::text, "erpOrderNumber", false, 0, 0,
          "Custom field of Order that receives the ERP's order number."},
    Field{"customer_code_field", Type::text, "", false, 0, 0,
          "Custom field of Customer that carries the customer's code in the ERP; empty: none."},
    Field{"stock_location", Type::text, "", false, 0, 0,
          "Name or id of the stock location to keep; empty: the portal's first."},
    Field{"page_size", Type::integer, "50", false, 1, 1000, "Orders read in one request."},
};

constexpr std::array kFeeds = {Feed::stock, Feed::order_status};

constexpr Capabilities kCapabilities{
    .feeds = kFeeds,
    .max_batch_items = 100,     // Vendure is fastest there: about 0.7 s, one transaction
    .max_batch_bytes = 60'000,  // a request over 100 kB is refused as a whole
    .max_in_flight = 1,         // two batches at once gain nothing and can deadlock in the portal's database
    .stock_meaning = StockMeaning::on_hand,
    .order_visibility_lag = std::chrono::seconds(60),  // placed when paid, visible when that transaction commits
};

class Vendure final : public Connector {
 public:
  explicit Vendure(Settings settings) : settings_(std::move(settings)) {}

  const Capabilities& capabilities() const noexcept override { return kCapabilities; }
  std::unique_ptr<Exchange> push(Feed feed, std::span<const OutboundItem> items) const override {
    return feed == Feed::order_status ? make_order_number_push(settings_, items) : make_stock_push(settings_, items);
  }
  std::unique_ptr<Pull> pull_orders(const Window& window, std::string_view cursor) const override {
    return make_order_pull(settings_, window, cursor);
  }
  std::unique_ptr<Pull> pull_orders_by_id(std::span<const std::string> portal_ids) const override {
    return make_order_pull(settings_, portal_ids);
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
  settings.customer_code_field = values.text("customer_code_field");
  settings.stock_location = values.text("stock_location");
  settings.page_size = static_cast<std::size_t>(values.integer("page_size"));
  settings.request_timeout = std::chrono::seconds(values.integer("request_timeout"));
  settings.order_states = values.list("order_states");
  if (settings.order_states.empty()) settings.order_states = {"PaymentAuthorized", "PaymentSettled"};
  return std::make_unique<Vendure>(std::move(settings));
}

}  // namespace
}  // namespace ferry::vendure

namespace ferry::connector {
extern const ConnectorInfo kConnectorInfo_vendure;
const ConnectorInfo kConnectorInfo_vendure{"vendure", "Vendure", vendure::kFields, &vendure::create};
}  // namespace ferry::connector
