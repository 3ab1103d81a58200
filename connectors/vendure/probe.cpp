#include "connectors/vendure/probe.h"

#include <algorithm>
#include <array>
#include <vector>

#include "connectors/vendure/operations.h"
#include "connectors/vendure/stock_view.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

using namespace connector;

constexpr std::int64_t kMoneyPrecision = 2;

struct Need {
  std::string_view permission, also;  // one of both
};
constexpr std::array kNeeds = {Need{"ReadCatalog", "ReadProduct"}, Need{"UpdateCatalog", "UpdateProduct"},
                               Need{"ReadStockLocation", "ReadCatalog"}, Need{"ReadOrder", ""},
                               Need{"UpdateOrder", ""}};

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

bool has_custom_field(const json::value& data, std::string_view entity, std::string_view field) {
  for (const auto& entry : array_at(data, {"globalSettings", "serverConfig", "entityCustomFields"})) {
    if (text_at(entry, {"entityName"}) != entity) continue;
    const auto& fields = array_at(entry, {"customFields"});
    return std::any_of(fields.begin(), fields.end(), [&](const auto& f) { return text_at(f, {"name"}) == field; });
  }
  return false;
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
    if (!problems_.empty()) return finish();
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
      if (has_text(granted, need.permission) || (!need.also.empty() && has_text(granted, need.also))) continue;
      missing += (missing.empty() ? "" : ", ") + std::string(need.permission);
    }
    if (!missing.empty())
      problems_.push_back("the portal's user lacks the permissions " + missing + "; add them to its role");
  }

  void check_fields(const json::value& data) {
    check_field(data, "Order", settings_.order_number_field, "order_number_field");
    if (!settings_.customer_code_field.empty())
      check_field(data, "Customer", settings_.customer_code_field, "customer_code_field");
    const auto precision = integer_at(data, {"globalSettings", "serverConfig", "moneyStrategyPrecision"});
    if (precision.value_or(kMoneyPrecision) != kMoneyPrecision)
      problems_.push_back("the portal counts money with " + std::to_string(*precision) +
                          " decimals; only 2 are supported");
  }

  void check_field(const json::value& data, std::string_view entity, const std::string& field,
                   std::string_view setting) {
    if (is_field_name(field) && has_custom_field(data, entity, field)) return;
    problems_.push_back("the portal has no custom field " + quote_and_bound(field, 60) + " of " + std::string(entity) +
                        "; define it in the portal's customFields or correct the setting " + std::string(setting));
  }

  void check_location(const json::value& data) {
    StockView view;
    view.add(data);
    if (!view.location_id(settings_.stock_location).empty()) return;
    problems_.push_back("the portal has no stock location " + quote_and_bound(settings_.stock_location, 60) +
                        "; the setting stock_location may be one of " + view.location_names());
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
