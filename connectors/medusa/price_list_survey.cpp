#include "connectors/medusa/price_list_survey.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "connectors/medusa/answer.h"
#include "connectors/medusa/price_list_view.h"
#include "connectors/medusa/price_tiers.h"
#include "connectors/medusa/rest.h"
#include "plugin/connector/http_date.h"

namespace ferry::medusa {
namespace {

using namespace connector;

constexpr std::int64_t kPage = 1000;

class PriceListSurvey final : public Survey {
 public:
  // `after`: the ERP's list that was surveyed last; none: all at once, of these SKUs
  PriceListSurvey(const Settings& settings, std::optional<std::string> after, std::set<std::string> skus)
      : settings_(settings), view_(settings.price_list_key), after_(std::move(after)), skus_(std::move(skus)) {}

  SurveyStep start() override { return Send{get(settings_, std::string(kPriceListsTarget))}; }
  SurveyStep on_reply(const HttpReply& reply) override {
    const auto answer = has_lists_ ? read_page(reply, "prices", kPage, skip_) : read_list(reply, "price_lists");
    if (answer.trouble) return PullFailed{answer.trouble->for_item(0, true)};
    return has_lists_ ? on_rows(answer.body)
                      : on_lists(answer.body, parse_http_date(reply.header("date")).value_or(Instant{}));
  }

 private:
  SurveyStep on_lists(const json::value& body, Instant now);
  SurveyStep on_rows(const json::value& body);
  SurveyStep next();
  SurveyPage page() const;

  const Settings& settings_;
  PriceListView view_;
  const std::optional<std::string> after_;
  const std::set<std::string> skus_;
  std::string list_;  // the ERP's that is surveyed; empty: all
  std::string next_cursor_;
  bool has_lists_ = false;
  std::size_t looked_ = 0;
  std::int64_t skip_ = 0;
};

SurveyStep PriceListSurvey::on_lists(const json::value& body, Instant now) {
  has_lists_ = true;
  view_.add_lists(body, now);
  if (!after_) return next();
  std::set<std::string> lists;
  for (const auto& shown : view_.lists()) {
    if (!shown.at.is_over) lists.insert(shown.list);
  }
  const auto due = lists.upper_bound(*after_);
  if (due == lists.end()) return SurveyPage{};
  list_ = *due;
  if (std::next(due) != lists.end()) next_cursor_ = list_;
  return next();
}

SurveyStep PriceListSurvey::next() {
  if (!view_.is_readable() || !view_.unmarked().empty())
    return pull_failed(Verdict::retry, "the portal listed a price list or a price that cannot be read");
  for (; looked_ < view_.lists().size(); ++looked_) {
    const auto& shown = view_.lists()[looked_];
    if (!shown.at.is_over && (list_.empty() || shown.list == list_)) return Send{get(settings_, rows_target(shown.id, kPage, skip_))};
  }
  return page();
}

SurveyStep PriceListSurvey::on_rows(const json::value& body) {
  view_.add_rows(view_.lists()[looked_].id, body, "sku");
  skip_ += static_cast<std::int64_t>(array_at(body, {"prices"}).size());
  if (skip_ >= integer_at(body, {"count"}).value_or(0)) {
    ++looked_;
    skip_ = 0;
  }
  return next();
}

ShownRecord record_of(const std::string& sku, const std::string& list, const std::string& currency,
                      const PriceWindows& windows) {
  json::array tiers;
  for (const auto& tier : tiers_of(windows)) {
    tiers.push_back(json::object{{"quantity", tier.quantity.text()},
                                 {"amount", tier.amount.text()},
                                 {"from", moment_of(tier.window.from)},
                                 {"until", moment_of(tier.window.until)}});
  }
  const json::object document{{"sku", sku}, {"list", list}, {"currency", currency}, {"tiers", std::move(tiers)}};
  return {sku, json::serialize(json::object{{"list", list}}), json::serialize(document)};
}

SurveyPage PriceListSurvey::page() const {
  SurveyPage result;
  result.next_cursor = next_cursor_;
  for (const auto& [sku, lists] : view_.rows()) {
    if (!after_ && !skus_.contains(sku)) continue;
    for (const auto& [list, rows] : lists) {
      PriceWindows windows;
      for (const auto& shown : rows) windows[shown.at.from_now_on()].push_back(shown.row);
      result.records.push_back(record_of(sku, list, rows.front().currency, windows));
    }
  }
  return result;
}

}  // namespace

std::unique_ptr<Survey> make_price_list_survey(const Settings& settings, std::string_view cursor) {
  return std::make_unique<PriceListSurvey>(settings, std::string(cursor), std::set<std::string>());
}

std::unique_ptr<Survey> make_price_list_survey(const Settings& settings, std::span<const std::string> skus) {
  return std::make_unique<PriceListSurvey>(settings, std::nullopt, std::set<std::string>(skus.begin(), skus.end()));
}

}  // namespace ferry::medusa
