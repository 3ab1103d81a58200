#include "connectors/medusa/survey.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "connectors/medusa/answer.h"
#include "connectors/medusa/orders.h"
#include "connectors/medusa/rest.h"
#include "connectors/medusa/stock_view.h"

namespace ferry::medusa {
namespace {

using namespace connector;

constexpr std::int64_t kItemsPage = 500;
constexpr std::int64_t kOrdersPage = 100;  // Medusa sends their lines along, asked or not

// First the locations, then the items.
class StockSurvey final : public Survey {
 public:
  // `looks`: every target of it; `skip` of a listing, -1 for SKUs, which are looked for in one page
  StockSurvey(const Settings& settings, std::vector<std::string> looks, std::int64_t skip)
      : settings_(settings), looks_(std::move(looks)), skip_(skip) {}

  SurveyStep start() override { return Send{get(settings_, std::string(kLocationsTarget))}; }
  SurveyStep on_reply(const HttpReply& reply) override {
    return has_locations_ ? on_items(reply) : on_locations(reply);
  }

 private:
  struct Place {
    std::string id, name;  // name: as the channel has it; empty: its only location
  };

  bool is_listing() const { return skip_ >= 0; }
  SurveyStep on_locations(const HttpReply& reply);
  SurveyStep on_items(const HttpReply& reply);

  const Settings& settings_;
  const std::vector<std::string> looks_;
  const std::int64_t skip_;
  std::size_t looked_ = 0;
  bool has_locations_ = false;
  std::vector<Place> places_;
  SurveyPage page_;
};

SurveyStep StockSurvey::on_locations(const HttpReply& reply) {
  const auto answer = read_list(reply, "stock_locations");
  if (answer.trouble) return PullFailed{answer.trouble->for_item(0, true)};
  StockView view;
  view.add_locations(answer.body);
  if (!view.has_all_locations())
    return pull_failed(Verdict::retry, "the portal's answer has stock locations without id or name");
  const auto& names = settings_.locations;
  for (const auto& name : names.empty() ? std::vector<std::string>{settings_.stock_location} : names) {
    auto id = view.location_id(name);
    if (id.empty()) return pull_failed(Verdict::rejected, view.missing_location(name));
    places_.push_back({std::move(id), names.empty() ? std::string() : name});
  }
  has_locations_ = true;
  if (looks_.empty()) return std::move(page_);
  return Send{get(settings_, looks_[looked_])};
}

SurveyStep StockSurvey::on_items(const HttpReply& reply) {
  const auto answer =
      is_listing() ? read_page(reply, "inventory_items", kItemsPage, skip_) : read_list(reply, "inventory_items");
  if (answer.trouble) return PullFailed{answer.trouble->for_item(0, true)};
  StockView view;
  view.add_items(answer.body);
  const auto& rows = array_at(answer.body, {"inventory_items"});
  for (const auto& row : rows) {
    const std::string sku(text_at(row, {"sku"}));
    if (sku.empty()) continue;
    const auto& items = view.items(sku);
    if (items.empty() || !items.front().is_readable)
      return pull_failed(Verdict::retry, "the portal's answer has an inventory item without id or readable stock");
    for (const auto& place : places_) {
      const auto level = items.front().stocked.find(place.id);
      json::object document{{"sku", sku}}, identity;
      if (!place.name.empty()) document["location"] = identity["location"] = place.name;
      document["quantity"] = level == items.front().stocked.end() ? "0" : level->second.text();
      page_.records.push_back({sku, json::serialize(identity), json::serialize(document)});
    }
  }
  if (++looked_ < looks_.size()) return Send{get(settings_, looks_[looked_])};
  const auto next = skip_ + static_cast<std::int64_t>(rows.size());
  if (is_listing() && next < integer_at(answer.body, {"count"}).value_or(0)) page_.next_cursor = std::to_string(next);
  return std::move(page_);
}

std::optional<ShownRecord> shown_order(const json::value& row, const Settings& settings) {
  const auto id = id_at(row, {"id"});
  auto number = id_at(row, {"display_id"});
  if (id.empty() || number.empty()) return std::nullopt;
  const json::object document{{"order", id}, {"number", text_at(row, {"metadata", settings.order_number_key})}};
  return ShownRecord{std::move(number), "{}", json::serialize(document)};
}

PullFailed unreadable() { return pull_failed(Verdict::retry, "the portal listed an order without id or number"); }

class OrderListing final : public Survey {
 public:
  OrderListing(const Settings& settings, const Window& window, std::int64_t skip)
      : settings_(settings), window_(window), skip_(skip) {}

  SurveyStep start() override {
    return Send{get(settings_, std::string(kNumbersTarget) + window_query(window_, kOrdersPage, skip_))};
  }
  SurveyStep on_reply(const HttpReply& reply) override {
    const auto answer = read_page(reply, "orders", kOrdersPage, skip_);
    if (answer.trouble) return PullFailed{answer.trouble->for_item(0, true)};
    SurveyPage page;
    for (const auto& row : array_at(answer.body, {"orders"})) {
      auto record = shown_order(row, settings_);
      if (!record) return unreadable();
      page.records.push_back(std::move(*record));
    }
    const auto next = skip_ + static_cast<std::int64_t>(page.records.size());
    if (next < integer_at(answer.body, {"count"}).value_or(0)) page.next_cursor = std::to_string(next);
    return page;
  }

 private:
  const Settings& settings_;
  const Window window_;
  const std::int64_t skip_;
};

class OrderSearch final : public Survey {
 public:
  OrderSearch(const Settings& settings, std::span<const std::string> labels) : settings_(settings) {
    for (const auto& label : labels) {
      std::int64_t number = 0;
      const auto* end = std::from_chars(label.data(), label.data() + label.size(), number).ptr;
      if (end == label.data() + label.size() && !label.empty()) wanted_.push_back(number);
    }
  }

  SurveyStep start() override { return ask(0); }
  SurveyStep on_reply(const HttpReply& reply) override;

 private:
  SurveyStep next_number() {
    low_ = 0;
    high_ = length_;
    return looked_ == wanted_.size() ? SurveyStep(std::move(page_)) : halve();
  }
  SurveyStep ask(std::int64_t at) {
    at_ = at;
    return Send{get(settings_, "/admin/orders?order=display_id&fields=id,display_id,metadata&limit=1&offset=" +
                                   std::to_string(at))};
  }
  SurveyStep halve() {
    if (low_ < high_) return ask(low_ + (high_ - low_) / 2);
    ++looked_;  // it is not there
    return next_number();
  }

  const Settings& settings_;
  std::vector<std::int64_t> wanted_;
  std::size_t looked_ = 0;                    // of these
  std::int64_t length_ = -1;                  // of the portal's list; -1: it has not said yet
  std::int64_t low_ = 0, high_ = 0, at_ = 0;  // positions in it: the number stands in [low, high)
  SurveyPage page_;
};

SurveyStep OrderSearch::on_reply(const HttpReply& reply) {
  const auto answer = read_page(reply, "orders", 1, at_);
  if (answer.trouble) return PullFailed{answer.trouble->for_item(0, true)};
  if (length_ < 0) {
    length_ = integer_at(answer.body, {"count"}).value_or(0);
    return next_number();
  }
  const auto& rows = array_at(answer.body, {"orders"});
  if (rows.empty()) {  // the list has become shorter
    high_ = at_;
    return halve();
  }
  const auto number = integer_at(rows.front(), {"display_id"});
  auto record = shown_order(rows.front(), settings_);
  if (!number || !record) return unreadable();
  if (*number < wanted_[looked_]) {
    low_ = at_ + 1;
  } else if (*number > wanted_[looked_]) {
    high_ = at_;
  } else {
    page_.records.push_back(std::move(*record));
    ++looked_;
    return next_number();
  }
  return halve();
}

}  // namespace

std::unique_ptr<Survey> make_stock_survey(const Settings& settings, std::string_view cursor) {
  const auto skip = offset_of(cursor);
  std::vector<std::string> looks = {std::string(kItemsTarget) + "&limit=" + std::to_string(kItemsPage) +
                                    "&offset=" + std::to_string(skip)};
  return std::make_unique<StockSurvey>(settings, std::move(looks), skip);
}

std::unique_ptr<Survey> make_stock_survey(const Settings& settings, std::span<const std::string> skus) {
  return std::make_unique<StockSurvey>(settings, targets(kItemsTarget, "sku", askable(skus)), -1);
}

std::unique_ptr<Survey> make_order_survey(const Settings& settings, const Window& window, std::string_view cursor) {
  return std::make_unique<OrderListing>(settings, window, offset_of(cursor));
}

std::unique_ptr<Survey> make_order_survey(const Settings& settings, std::span<const std::string> numbers) {
  return std::make_unique<OrderSearch>(settings, numbers);
}

}  // namespace ferry::medusa
