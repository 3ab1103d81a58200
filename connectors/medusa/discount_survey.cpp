#include "connectors/medusa/discount_survey.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "connectors/medusa/answer.h"
#include "connectors/medusa/promotion_view.h"
#include "connectors/medusa/rest.h"
#include "plugin/connector/http_date.h"

namespace ferry::medusa {
namespace {

using namespace connector;

// ---- from promotions to tiers ---------------------------------------------------------------------------------------

// Of the promotions of one window. Where one ends and none begins, there is nothing any more: a tier of 0 per cent.
// None: two apply to one quantity.
std::optional<std::vector<PriceRow>> rows_of(std::vector<const ShownPromotion*> promotions) {
  std::sort(promotions.begin(), promotions.end(), [](const auto* a, const auto* b) { return a->least < b->least; });
  std::vector<PriceRow> rows;
  for (std::size_t i = 0; i < promotions.size(); ++i) {
    const auto& shown = *promotions[i];
    const auto* next = i + 1 < promotions.size() ? promotions[i + 1] : nullptr;
    if (next && (!shown.before || *shown.before > next->least)) return std::nullopt;
    rows.push_back({shown.least, {}, shown.percent});
    if (shown.before && (!next || *shown.before < next->least)) rows.push_back({*shown.before, {}, Decimal()});
  }
  return rows;
}

std::optional<PriceWindows> windows_of(const std::vector<ShownPromotion>& all) {
  std::set<Instant> moments;
  for (const auto& shown : all) {
    const auto window = shown.at.from_now_on();
    moments.insert({window.from, window.until});
  }
  PriceWindows windows;
  for (const auto& window : cut(std::move(moments))) {
    std::vector<const ShownPromotion*> promotions;
    for (const auto& shown : all) {
      if (covers(shown.at.from_now_on(), window)) promotions.push_back(&shown);
    }
    if (promotions.empty()) continue;
    auto rows = rows_of(std::move(promotions));
    if (!rows) return std::nullopt;
    windows.emplace(window, std::move(*rows));
  }
  return windows;
}

json::array tiers_shown_by(const std::vector<ShownPromotion>& all, const std::string& group) {
  const auto wrong = std::find_if(all.begin(), all.end(), [&](const ShownPromotion& shown) {
    return !shown.is_in_order || !shown.is_window_right || group.empty() || shown.group != group;
  });
  const auto windows = wrong == all.end() ? windows_of(all) : std::nullopt;
  if (!windows) {
    const auto& id = wrong == all.end() ? all.front().id : wrong->id;
    return {json::object{{"changed on the portal", id}}};
  }
  json::array tiers;
  for (const auto& tier : tiers_of(*windows)) {
    tiers.push_back(json::object{{"quantity", tier.quantity.text()},
                                 {"percent", tier.amount.text()},
                                 {"from", moment_of(tier.window.from)},
                                 {"until", moment_of(tier.window.until)}});
  }
  return tiers;
}

// ---- the survey -----------------------------------------------------------------------------------------------------

class DiscountSurvey final : public Survey {
 public:
  // `after`: the ERP's list that was surveyed last; none: all at once, of these SKUs
  DiscountSurvey(const Settings& settings, std::optional<std::string> after, std::vector<std::string> skus)
      : settings_(settings),
        groups_(settings.price_list_key),
        view_(settings.price_list_key),
        after_(std::move(after)),
        skus_(std::move(skus)) {}

  SurveyStep start() override { return Send{get(settings_, std::string(kGroupsTarget))}; }
  SurveyStep on_reply(const HttpReply& reply) override;

 private:
  enum class Stage { reading_groups = 1, reading_campaigns, reading_promotions };

  void choose();
  SurveyStep on_promotions(const json::value& body);
  SurveyStep next();
  SurveyPage page() const;

  const Settings& settings_;
  PriceListView groups_;
  PromotionView view_;
  const std::optional<std::string> after_;
  const std::vector<std::string> skus_;
  Stage stage_ = Stage::reading_groups;
  std::string next_cursor_;
  std::vector<std::string> looks_;  // targets
  std::size_t looked_ = 0;          // of these
  std::int64_t skip_ = 0;           // promotions of the look
};

SurveyStep DiscountSurvey::on_reply(const HttpReply& reply) {
  Answer answer;
  switch (stage_) {
    case Stage::reading_groups: answer = read_list(reply, "customer_groups"); break;
    case Stage::reading_campaigns: answer = read_list(reply, "campaigns"); break;
    case Stage::reading_promotions:
      answer = read_page(reply, "promotions", static_cast<std::int64_t>(kMostListed), skip_);
      break;
  }
  if (answer.trouble) return PullFailed{answer.trouble->for_item(0, true)};
  if (stage_ == Stage::reading_promotions) return on_promotions(answer.body);
  if (stage_ == Stage::reading_campaigns) {
    view_.add_campaigns(answer.body, parse_http_date(reply.header("date")).value_or(Instant{}));
    stage_ = Stage::reading_promotions;
    return next();
  }
  groups_.add_groups(answer.body);
  choose();
  stage_ = Stage::reading_campaigns;
  return Send{get(settings_, std::string(kCampaignsTarget))};
}

// Which promotions are looked at.
void DiscountSurvey::choose() {
  const auto lists = groups_.lists_with_group();
  std::vector<std::string> prefixes;
  if (after_) {
    const auto due = lists.upper_bound(*after_);
    if (due == lists.end()) return;
    prefixes.push_back(code_prefix(*due));
    if (std::next(due) != lists.end()) next_cursor_ = *due;
  } else {
    for (const auto& list : lists) {
      for (const auto& sku : skus_) {
        if (can_be_asked_for(list + sku)) prefixes.push_back(code_prefix(list, sku));
      }
    }
  }
  looks_ = promotion_targets(prefixes);
}

SurveyStep DiscountSurvey::next() {
  if (!view_.is_readable() || !groups_.is_readable())
    return pull_failed(Verdict::retry,
                       "the portal listed a customer group, a campaign or a promotion that cannot be read");
  if (looked_ == looks_.size()) return page();
  return Send{get(settings_, looks_[looked_] + "&offset=" + std::to_string(skip_))};
}

SurveyStep DiscountSurvey::on_promotions(const json::value& body) {
  view_.add_promotions(body);
  skip_ += static_cast<std::int64_t>(array_at(body, {"promotions"}).size());
  if (skip_ >= integer_at(body, {"count"}).value_or(0)) {
    ++looked_;
    skip_ = 0;
  }
  return next();
}

SurveyPage DiscountSurvey::page() const {
  SurveyPage result;
  result.next_cursor = next_cursor_;
  for (const auto& [record, all] : view_.records()) {
    const auto& [list, sku] = record;
    if (!after_ && std::find(skus_.begin(), skus_.end(), sku) == skus_.end()) continue;
    std::vector<ShownPromotion> valid;
    std::copy_if(all.begin(), all.end(), std::back_inserter(valid),
                 [](const auto& shown) { return !shown.at.is_over; });
    if (valid.empty()) continue;
    const auto& groups = groups_.groups(list);
    const json::object document{
        {"sku", sku}, {"list", list}, {"tiers", tiers_shown_by(valid, groups.empty() ? "" : groups.front().id)}};
    result.records.push_back({sku, json::serialize(json::object{{"list", list}}), json::serialize(document)});
  }
  return result;
}

}  // namespace

std::unique_ptr<Survey> make_discount_survey(const Settings& settings, std::string_view cursor) {
  return std::make_unique<DiscountSurvey>(settings, std::string(cursor), std::vector<std::string>());
}

std::unique_ptr<Survey> make_discount_survey(const Settings& settings, std::span<const std::string> skus) {
  return std::make_unique<DiscountSurvey>(settings, std::nullopt, std::vector<std::string>(skus.begin(), skus.end()));
}

}  // namespace ferry::medusa
