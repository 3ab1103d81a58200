#include "connectors/vendure/probe.h"

#include <algorithm>
#include <array>
#include <vector>

#include "connectors/vendure/fixed_price.h"
#include "connectors/vendure/locations.h"
#include "connectors/vendure/money.h"
#include "connectors/vendure/operations.h"
#include "connectors/vendure/price_document.h"
#include "plugin/connector/order_texts.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

using namespace connector;

constexpr int kDigitsOfOrders = 2;

struct Need {
  std::string_view permission, also;      // one of both
  std::array<std::string_view, 6> jobs;  // that need it
};
constexpr std::array kNeeds = {
    Need{"ReadCatalog", "ReadProduct", {"stock", "list_price", "cost", "product", "discount", "fixed_net_price"}},
    Need{"UpdateCatalog", "UpdateProduct", {"stock", "list_price", "cost", "product", "fixed_net_price"}},
    Need{"CreateCatalog", "CreateProduct", {"product"}},
    Need{"ReadStockLocation", "ReadCatalog", {"stock"}},
    Need{"ReadCustomer", "", {"customer"}},
    Need{"CreateCustomer", "", {"customer"}},
    Need{"UpdateCustomer", "", {"customer"}},
    Need{"ReadCustomerGroup", "", {"customer", "discount"}},
    Need{"CreateCustomerGroup", "", {"customer", "discount"}},
    Need{"UpdateCustomerGroup", "", {"customer"}},
    Need{"ReadPromotion", "", {"discount"}},
    Need{"CreatePromotion", "", {"discount"}},
    Need{"UpdatePromotion", "", {"discount"}},
    Need{"ReadOrder", "", {"order_status", "intake"}},
    Need{"UpdateOrder", "", {"order_status"}},
};

bool has_text(const json::array& list, std::string_view text) {
  return std::any_of(list.begin(), list.end(), [&](const auto& entry) {
    return entry.is_string() && std::string_view(entry.get_string()) == text;
  });
}

// The channel that the user works in; null: the token fits none of its channels.
const json::value* channel_of(const json::value& data, const Settings& settings) {
  const json::value* fallback = nullptr;
  for (const auto& channel : array_at(data, {"me", "channels"})) {
    const bool is_default = text_at(channel, {"code"}) == "__default_channel__";
    if (settings.channel_token.empty() ? is_default : text_at(channel, {"token"}) == settings.channel_token)
      return &channel;
    if (settings.channel_token.empty() && !fallback) fallback = &channel;
  }
  return fallback;
}

// The definition of a custom field; null: there is none.
const json::value* custom_field(const json::value& data, std::string_view entity, std::string_view field) {
  for (const auto& entry : array_at(data, {"globalSettings", "serverConfig", "entityCustomFields"})) {
    if (text_at(entry, {"entityName"}) != entity) continue;
    for (const auto& defined : array_at(entry, {"customFields"})) {
      if (text_at(defined, {"name"}) == field) return &defined;
    }
  }
  return nullptr;
}

class Probe final : public Exchange {
 public:
  explicit Probe(const Settings& settings) : settings_(settings) {}

  Step start() override { return Send{graphql(settings_, Kind::query, kProbe, {})}; }
  Step on_resume() override { return finish(); }  // never pauses
  Step on_reply(const HttpReply& reply) override {
    const auto answer = read_answer(reply, Kind::query, has_rights_ ? "stockLocations" : "");
    if (answer.trouble) return Finish{{answer.trouble->for_item(0, true)}};
    if (has_rights_) {
      check_location(answer.data);
      return finish();
    }
    check_permissions(answer.data);
    check_fields(answer.data);
    if (has_job("list_price") || has_job("cost")) check_prices(answer.data);
    if (has_job("intake")) check_digits(answer.data);
    if (has_job("fixed_net_price")) check_list_channels(answer.data);
    if (!problems_.empty() || !has_job("stock")) return finish();
    has_rights_ = true;
    return Send{graphql(settings_, Kind::query, kLocations, {})};
  }

 private:
  void check_permissions(const json::value& data) {
    const auto* channel = channel_of(data, settings_);
    if (!channel) {
      problems_.emplace_back("the setting channel_token fits no channel that the portal's user may work in");
      return;
    }
    const auto& granted = array_at(*channel, {"permissions"});
    std::string missing;
    for (const auto& need : kNeeds) {
      if (std::none_of(need.jobs.begin(), need.jobs.end(), [this](auto job) { return has_job(job); })) continue;
      if (has_text(granted, need.permission) || (!need.also.empty() && has_text(granted, need.also))) continue;
      missing += (missing.empty() ? "" : ", ") + std::string(need.permission);
    }
    if (!missing.empty())
      problems_.push_back("the portal's user lacks the permissions " + missing + "; add them to its role");
  }

  void check_fields(const json::value& data) {
    if (has_job("intake") || has_job("order_status"))
      check_field(data, "Order", settings_.order_number_field, "order_number_field");
    if (has_job("order_status")) check_order_fields(data);
    if (has_job("intake") && !settings_.customer_reference_field.empty())
      check_field(data, "Order", settings_.customer_reference_field, "customer_reference_field");
    if (has_job("customer") || (has_job("intake") && !settings_.customer_code_field.empty()))
      check_field(data, "Customer", settings_.customer_code_field, "customer_code_field");
    if (has_job("customer") && !settings_.credit_hold_field.empty())
      check_field(data, "Customer", settings_.credit_hold_field, "credit_hold_field");
    if ((has_job("customer") || has_job("intake")) && !settings_.tax_identifier_field.empty())
      check_field(data, "Customer", settings_.tax_identifier_field, "tax_identifier_field");
    if (has_job("product")) check_product_fields(data);
    if (has_job("cost")) check_cost_field(data);
    if (has_job("discount")) {
      check_field(data, "Promotion", settings_.promotion_key_field, "promotion_key_field");
      check_field(data, "Promotion", settings_.promotion_tiers_field, "promotion_tiers_field");
    }
  }

  void check_order_fields(const json::value& data) {
    for (const auto& [field, setting] : {std::pair(&settings_.order_state_field, "order_state_field"),
                                         std::pair(&settings_.order_invoices_field, "order_invoices_field"),
                                         std::pair(&settings_.order_cancelled_field, "order_cancelled_field")}) {
      if (!field->empty()) check_field(data, "Order", *field, setting);
    }
    if (const auto fault = invoice_url_fault(settings_.order_invoice_url); !fault.empty())
      problems_.push_back("the setting order_invoice_url " + fault);
  }

  void check_product_fields(const json::value& data) {
    check_field(data, "Product", settings_.product_id_field, "product_id_field");
    for (const auto& [member, field] : settings_.product_fields)
      check_field(data, "ProductVariant", field, "product_fields");
  }

  void check_cost_field(const json::value& data) {
    check_field(data, "ProductVariant", settings_.cost_field, "cost_field");
    const auto* field = custom_field(data, "ProductVariant", settings_.cost_field);
    if (field && text_at(*field, {"type"}) != "int")
      problems_.push_back("the portal's custom field " + quote_and_bound(settings_.cost_field, 60) +
                          " of ProductVariant is of type " + quote_and_bound(text_at(*field, {"type"}), 20) +
                          "; the cost needs an int");
  }

  void check_field(const json::value& data, std::string_view entity, const std::string& field,
                   std::string_view setting) {
    if (is_field_name(field) && custom_field(data, entity, field)) return;
    problems_.push_back("the portal has no custom field " + quote_and_bound(field, 60) + " of " + std::string(entity) +
                        "; define it in the portal's customFields or correct the setting " + std::string(setting));
  }

  void check_prices(const json::value& data) {
    const auto money = read_money(data);
    if (!money) {
      problems_.emplace_back("the portal does not say how its channel shows prices");
      return;
    }
    const auto& currency = money->currency(settings_);
    if (!money->has(currency))
      problems_.push_back("the portal's channel does not sell in " + quote_and_bound(currency, 10) +
                          "; add it to the channel's currencies or correct the setting price_currency");
    if (has_job("list_price") && money->includes_tax != (settings_.price_tax == "included"))
      problems_.push_back(tax_differs(money->includes_tax));
  }

  // Each list's channel by itself, as far as the user's channels tell.
  void check_list_channels(const json::value& data) {
    const auto& channels = array_at(data, {"me", "channels"});
    for (const auto& entry : settings_.list_channels) {
      const auto& list = entry.first;
      auto problem = list_channel_problem(settings_, list);
      const bool is_known = std::any_of(channels.begin(), channels.end(), [&](const json::value& channel) {
        return text_at(channel, {"token"}) == entry.second;
      });
      if (problem.empty() && !is_known)
        problem = "the portal's user may not work in the channel that the setting price_list_channels names for price "
                  "list " + quote_and_bound(list, 20) + "; correct the token or give its role that channel";
      if (!problem.empty()) problems_.push_back(std::move(problem));
    }
  }

  void check_digits(const json::value& data) {
    const auto digits = integer_at(data, {"globalSettings", "serverConfig", "moneyStrategyPrecision"});
    if (digits.value_or(kDigitsOfOrders) != kDigitsOfOrders)
      problems_.push_back("the portal counts money with " + std::to_string(*digits) +
                          " decimals; only 2 are supported for orders");
  }

  void check_location(const json::value& data) {
    const Locations locations(data);
    if (!locations.id_of(settings_.stock_location).empty()) return;
    problems_.push_back("the portal has no stock location " + quote_and_bound(settings_.stock_location, 60) +
                        "; the setting stock_location may be one of " + locations.names());
  }

  bool has_job(std::string_view job) const {
    return std::find(settings_.jobs.begin(), settings_.jobs.end(), job) != settings_.jobs.end();
  }

  Step finish() {
    ItemVerdict item;
    item.verdict = problems_.empty() ? Verdict::delivered : Verdict::rejected;
    for (const auto& problem : problems_) item.reason += (item.reason.empty() ? "" : "; ") + problem;
    return Finish{{std::move(item)}};
  }

  const Settings& settings_;
  bool has_rights_ = false;
  std::vector<std::string> problems_;
};

}  // namespace

std::unique_ptr<Exchange> make_probe(const Settings& settings) { return std::make_unique<Probe>(settings); }

}  // namespace ferry::vendure
