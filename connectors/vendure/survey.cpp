#include "connectors/vendure/survey.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "connectors/vendure/customer.h"
#include "connectors/vendure/locations.h"
#include "connectors/vendure/money.h"
#include "connectors/vendure/operations.h"
#include "connectors/vendure/price_document.h"
#include "connectors/vendure/product.h"
#include "connectors/vendure/stock_document.h"
#include "plugin/domain/decimal.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

using namespace connector;

// One listing of the portal; what is asked and how an item reads is the feed's matter.
class ListSurvey : public Survey {
 public:
  ListSurvey(const Settings& settings, std::string_view list, std::int64_t take, std::int64_t skip)
      : settings_(settings), list_(list), take_(take), skip_(skip) {}

  SurveyStep on_reply(const HttpReply& reply) override {
    const auto answer = read_answer(reply, Kind::query, list_);
    if (answer.trouble) return PullFailed{answer.trouble->for_item(0, true)};
    const auto total = integer_at(answer.data, {list_, "totalItems"});
    const auto count = static_cast<std::int64_t>(array_at(answer.data, {list_, "items"}).size());
    if (!total) return pull_failed(Verdict::retry, "the portal's answer does not say how many there are");
    // an incomplete page would make records missing that are there
    if (count < std::min(take_, *total - skip_)) {
      return pull_failed(Verdict::retry, "the portal listed " + std::to_string(count) + " of a page that has " +
                                        std::to_string(std::min(take_, *total - skip_)));
    }
    SurveyPage page;
    if (auto failure = read(answer.data, page.records)) return *failure;
    if (skip_ + count < *total) page.next_cursor = std::to_string(skip_ + count);
    return page;
  }

 protected:
  // None, or why the answer says nothing.
  virtual std::optional<PullFailed> read(const json::value& data, std::vector<ShownRecord>& records) const = 0;

  const Settings& settings_;
  const std::string list_;
  const std::int64_t take_, skip_;
};

class VariantSurvey : public ListSurvey {
 public:
  VariantSurvey(const Settings& settings, Shown shown, std::vector<std::string> skus, std::int64_t skip)
      : ListSurvey(settings, "productVariants", skus.empty() ? kSurveyPage : kMostListed, skip),
        shown_(std::move(shown)),
        skus_(std::move(skus)) {}

  SurveyStep start() override {
    json::object variables;
    if (!skus_.empty()) variables["skus"] = json::array(skus_.begin(), skus_.end());
    variables["take"] = take_;
    variables["skip"] = skip_;
    const auto query = skus_.empty() ? variant_list_query(shown_) : variants_query(shown_);
    auto request = graphql(settings_, Kind::query, query, std::move(variables));
    if (request.body.size() <= kMaxBodyBytes) return Send{std::move(request)};
    return pull_failed(Verdict::rejected, "the SKUs are too long for one request to the portal");
  }

 private:
  const Shown shown_;
  const std::vector<std::string> skus_;  // empty: all
};

class StockSurvey final : public VariantSurvey {
 public:
  using VariantSurvey::VariantSurvey;

 private:
  std::optional<PullFailed> read(const json::value& data, std::vector<ShownRecord>& records) const override {
    const Locations locations(data);
    const bool has_locations = !settings_.locations.empty();
    const auto names = has_locations ? settings_.locations : std::vector<std::string>{settings_.stock_location};
    for (const auto& name : names) {
      const auto location = locations.id_of(name);
      if (location.empty()) {
        return pull_failed(Verdict::rejected, "the portal has no stock location " + quote_and_bound(name, 100) +
                                             "; it has " + locations.names());
      }
      for (const auto& item : array_at(data, {"productVariants", "items"})) {
        add(item, location, has_locations ? name : std::string(), records);
      }
    }
    return std::nullopt;
  }

  static void add(const json::value& item, const std::string& location, const std::string& name,
                  std::vector<ShownRecord>& records) {
    const std::string sku(text_at(item, {"sku"}));
    if (sku.empty()) return;
    std::int64_t on_hand = 0;
    for (const auto& level : array_at(item, {"stockLevels"})) {
      if (id_at(level, {"stockLocationId"}) == location) on_hand = integer_at(level, {"stockOnHand"}).value_or(0);
    }
    json::object document{{"sku", sku}}, identity;
    if (!name.empty()) document["location"] = identity["location"] = name;
    document["quantity"] = std::to_string(on_hand);
    records.push_back({sku, json::serialize(identity), json::serialize(document)});
  }
};

// Of list prices or of costs; what has none is not shown.
class AmountSurvey final : public VariantSurvey {
 public:
  AmountSurvey(const Settings& settings, Feed feed, std::vector<std::string> skus, std::int64_t skip)
      : VariantSurvey(settings, feed == Feed::cost ? shown_costs(settings.cost_field) : shown_prices(), std::move(skus),
                      skip),
        is_cost_(feed == Feed::cost) {}

  SurveyStep start() override {
    if (!is_cost_ || is_field_name(settings_.cost_field)) return VariantSurvey::start();
    return pull_failed(Verdict::rejected, "setting cost_field is not the name of a custom field");
  }

 private:
  std::optional<PullFailed> read(const json::value& data, std::vector<ShownRecord>& records) const override {
    const auto money = read_money(data);
    if (!money) return pull_failed(Verdict::retry, "the portal's answer does not say how its channel shows prices");
    const auto& currency = money->currency(settings_);
    for (const auto& item : array_at(data, {"productVariants", "items"})) {
      const std::string sku(text_at(item, {"sku"}));
      const auto shown = is_cost_ ? shown_cost(item, settings_.cost_field) : shown_price(item, currency);
      if (sku.empty() || !shown.is_readable)
        return pull_failed(Verdict::retry, "the portal's answer has a variant without readable SKU, price or cost");
      const auto amount = shown.units ? Decimal::from_minor_units(*shown.units, money->digits) : std::nullopt;
      if (!amount) continue;
      json::object document{{"sku", sku}, {"currency", currency}, {"amount", amount->text()}};
      if (!is_cost_) document["tax"] = money->includes_tax ? "included" : "excluded";
      records.push_back({sku, "{}", json::serialize(document)});
    }
    return std::nullopt;
  }

  const bool is_cost_;
};

class ProductSurvey final : public ListSurvey {
 public:
  ProductSurvey(const Settings& settings, std::vector<std::string> skus, std::int64_t skip)
      : ListSurvey(settings, "productVariants", skus.empty() ? kSurveyPage : kMostListed, skip), skus_(std::move(skus)) {}

  SurveyStep start() override {
    std::string problem;
    const auto fields = catalogue_fields(settings_, problem);
    if (!problem.empty()) return pull_failed(Verdict::rejected, std::move(problem));
    if (skus_.empty()) {
      return Send{graphql(settings_, Kind::query, catalogue_list_query(fields), {{"take", take_}, {"skip", skip_}})};
    }
    auto request = graphql(
        settings_, Kind::query, catalogue_query(fields),
        {{"skus", json::array(skus_.begin(), skus_.end())}, {"products", json::array()}, {"take", take_}});
    if (request.body.size() <= kMaxBodyBytes) return Send{std::move(request)};
    return pull_failed(Verdict::rejected, "the SKUs are too long for one request to the portal");
  }

 private:
  std::optional<PullFailed> read(const json::value& data, std::vector<ShownRecord>& records) const override {
    for (const auto& item : array_at(data, {"productVariants", "items"})) {
      const auto* enabled = find(item, {"enabled"});
      const auto* product_enabled = find(item, {"product", "enabled"});
      const std::string sku(text_at(item, {"sku"}));
      if (sku.empty() || !enabled || !enabled->is_bool() || !product_enabled || !product_enabled->is_bool())
        return pull_failed(Verdict::retry, "the portal's answer has products that cannot be read");
      if (!enabled->get_bool() || !product_enabled->get_bool()) continue;
      json::object document{{"sku", sku},
                            {"product", text_at(item, {"product", "customFields", settings_.product_id_field})},
                            {"name", text_at(item, {"name"})}};
      if (array_at(item, {"product", "variants"}).size() == 1)
        document["description"] = text_at(item, {"product", "description"});
      records.push_back({sku, "{}", json::serialize(document)});
    }
    return std::nullopt;
  }

  const std::vector<std::string> skus_;  // empty: all
};

class CustomerSurvey final : public ListSurvey {
 public:
  CustomerSurvey(const Settings& settings, std::vector<std::string> codes, std::int64_t skip)
      : ListSurvey(settings, "customers", codes.empty() ? kSurveyPage : kMostListed, skip), codes_(std::move(codes)) {}

  SurveyStep start() override {
    if (auto problem = customer_fields_problem(settings_); !problem.empty())
      return pull_failed(Verdict::rejected, std::move(problem));
    if (codes_.empty())
      return Send{graphql(settings_, Kind::query, customer_list_query(settings_), {{"take", take_}, {"skip", skip_}})};
    auto request = graphql(settings_, Kind::query, customers_query(settings_),
                           {{"codes", json::array(codes_.begin(), codes_.end())},
                            {"emails", json::array()},
                            {"groups", json::array()},
                            {"take", take_}});
    if (request.body.size() <= kMaxBodyBytes) return Send{std::move(request)};
    return pull_failed(Verdict::rejected, "the codes are too long for one request to the portal");
  }

 private:
  std::optional<PullFailed> read(const json::value& data, std::vector<ShownRecord>& records) const override {
    for (const auto& item : array_at(data, {"customers", "items"})) {
      const auto* code = find(item, {"customFields", settings_.customer_code_field});
      if (!code) return pull_failed(Verdict::retry, "the portal's answer has customers that cannot be read");
      if (!code->is_string()) continue;  // no party of the ERP
      std::string list;
      for (const auto& group : array_at(item, {"groups"})) {
        const auto name = text_at(group, {"name"});
        if (name.starts_with(kGroupPrefix)) list = name.substr(kGroupPrefix.size());
      }
      const json::object document{{"code", *code},
                                  {"name", full_name(text_at(item, {"firstName"}), text_at(item, {"lastName"}))},
                                  {"email", text_at(item, {"emailAddress"})},
                                  {"phone", text_at(item, {"phoneNumber"})},
                                  {"list", list}};
      records.push_back({std::string(code->get_string()), "{}", json::serialize(document)});
    }
    return std::nullopt;
  }

  const std::vector<std::string> codes_;  // empty: all
};

class OrderSurvey final : public ListSurvey {
 public:
  OrderSurvey(const Settings& settings, json::object filter, std::int64_t take, std::int64_t skip)
      : ListSurvey(settings, "orders", take, skip), filter_(std::move(filter)) {}

  SurveyStep start() override {
    if (!is_field_name(settings_.order_number_field)) {
      return pull_failed(Verdict::rejected, "setting order_number_field is not the name of a custom field");
    }
    json::object options{{"take", take_},
                         {"skip", skip_},
                         {"filter", filter_},
                         {"sort", json::object{{"orderPlacedAt", "ASC"}, {"id", "ASC"}}}};
    return Send{graphql(settings_, Kind::query, order_list_query(settings_.order_number_field),
                        {{"options", std::move(options)}})};
  }

 private:
  std::optional<PullFailed> read(const json::value& data, std::vector<ShownRecord>& records) const override {
    for (const auto& order : array_at(data, {"orders", "items"})) {
      const std::string code(text_at(order, {"code"}));
      const auto id = id_at(order, {"id"});
      // what was asked for by its code and comes without one is not missing
      if (code.empty() && filter_.contains("code"))
        return pull_failed(Verdict::rejected, "the portal found an order by its code and shows none");
      // without a date it is a basket; without a code nothing is known by its name: the intake tells people of it
      if (code.empty() || text_at(order, {"orderPlacedAt"}).empty()) continue;
      const json::object document{{"order", id},
                                  {"number", text_at(order, {"customFields", settings_.order_number_field})}};
      records.push_back({code, "{}", json::serialize(document)});
    }
    return std::nullopt;
  }

  const json::object filter_;
};

// Vendure reads dates in milliseconds; a window must not lose the rest.
json::object placed_in(const Window& window) {
  const auto start = std::chrono::floor<std::chrono::milliseconds>(window.from);
  const auto end = std::chrono::ceil<std::chrono::milliseconds>(window.to);
  return {{"orderPlacedAt",
           json::object{{"between", json::object{{"start", to_iso8601(start)}, {"end", to_iso8601(end)}}}}}};
}

}  // namespace

std::int64_t offset_of(std::string_view cursor) {
  std::int64_t offset = 0;
  std::from_chars(cursor.data(), cursor.data() + cursor.size(), offset);
  return std::max<std::int64_t>(0, offset);
}

std::unique_ptr<Survey> make_stock_survey(const Settings& settings, std::string_view cursor) {
  return std::make_unique<StockSurvey>(settings, shown_stock(), std::vector<std::string>(), offset_of(cursor));
}

std::unique_ptr<Survey> make_stock_survey(const Settings& settings, std::span<const std::string> skus) {
  return std::make_unique<StockSurvey>(settings, shown_stock(), std::vector<std::string>(skus.begin(), skus.end()), 0);
}

std::unique_ptr<Survey> make_amount_survey(const Settings& settings, Feed feed, std::string_view cursor) {
  return std::make_unique<AmountSurvey>(settings, feed, std::vector<std::string>(), offset_of(cursor));
}

std::unique_ptr<Survey> make_amount_survey(const Settings& settings, Feed feed, std::span<const std::string> skus) {
  return std::make_unique<AmountSurvey>(settings, feed, std::vector<std::string>(skus.begin(), skus.end()), 0);
}

std::unique_ptr<Survey> make_product_survey(const Settings& settings, std::string_view cursor) {
  return std::make_unique<ProductSurvey>(settings, std::vector<std::string>(), offset_of(cursor));
}

std::unique_ptr<Survey> make_product_survey(const Settings& settings, std::span<const std::string> skus) {
  return std::make_unique<ProductSurvey>(settings, std::vector<std::string>(skus.begin(), skus.end()), 0);
}

std::unique_ptr<Survey> make_customer_survey(const Settings& settings, std::string_view cursor) {
  return std::make_unique<CustomerSurvey>(settings, std::vector<std::string>(), offset_of(cursor));
}

std::unique_ptr<Survey> make_customer_survey(const Settings& settings, std::span<const std::string> codes) {
  return std::make_unique<CustomerSurvey>(settings, std::vector<std::string>(codes.begin(), codes.end()), 0);
}

std::unique_ptr<Survey> make_order_survey(const Settings& settings, const Window& window, std::string_view cursor) {
  return std::make_unique<OrderSurvey>(settings, placed_in(window), kSurveyPage, offset_of(cursor));
}

std::unique_ptr<Survey> make_order_survey(const Settings& settings, std::span<const std::string> codes) {
  json::object filter{{"code", json::object{{"in", json::array(codes.begin(), codes.end())}}}};
  return std::make_unique<OrderSurvey>(settings, std::move(filter), kMostListed, 0);
}

}  // namespace ferry::vendure
