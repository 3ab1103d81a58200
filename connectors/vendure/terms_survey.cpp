#include "connectors/vendure/terms_survey.h"

#include <algorithm>
#include <set>
#include <utility>

#include "connectors/vendure/discount.h"
#include "connectors/vendure/fixed_price.h"
#include "connectors/vendure/money.h"
#include "connectors/vendure/operations.h"
#include "connectors/vendure/price_document.h"
#include "connectors/vendure/survey.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

using namespace connector;

// How many a list has; none: `failure` says that the answer is incomplete, which would make records missing.
std::optional<std::int64_t> total_of(const json::value& data, std::string_view list, std::int64_t take,
                                     std::int64_t skip, std::string& failure) {
  const auto total = integer_at(data, {list, "totalItems"});
  const auto count = static_cast<std::int64_t>(array_at(data, {list, "items"}).size());
  if (total && count >= std::min(take, *total - skip)) return total;
  failure = "the portal did not list all that there is of its " + std::string(list);
  return std::nullopt;
}

std::string identity_of(const std::string& list) { return json::serialize(json::object{{"list", list}}); }

// ---- discounts ----------------------------------------------------------------------------------------------------

class DiscountSurvey final : public Survey {
 public:
  DiscountSurvey(const Settings& settings, std::vector<std::string> skus, std::int64_t skip)
      : settings_(settings),
        skus_(std::move(skus)),
        wanted_(skus_.begin(), skus_.end()),
        take_(skus_.empty() ? kSurveyPage : kMostListed),
        skip_(skip) {}

  SurveyStep start() override;
  SurveyStep on_reply(const HttpReply& reply) override {
    return is_listing_ ? on_listed(reply) : on_looked(reply);
  }

 private:
  SurveyStep on_listed(const HttpReply& reply);
  SurveyStep on_looked(const HttpReply& reply);
  SurveyStep look();
  // False: the answer cannot be read.
  bool show(const PromotionKey& record, const json::value& data);
  std::optional<bool> is_as_made(const PromotionKey& record, const json::value& data, std::string_view tiers) const;
  std::span<const PromotionKey> chunk() const {
    return std::span(records_).subspan(next_, std::min(kMostLooked, records_.size() - next_));
  }

  const Settings& settings_;
  const std::vector<std::string> skus_;  // empty: all
  const std::set<std::string, std::less<>> wanted_;
  const std::int64_t take_, skip_;
  bool is_listing_ = true;
  std::vector<PromotionKey> records_;
  std::size_t next_ = 0;  // to be looked at
  SurveyPage page_;
};

SurveyStep DiscountSurvey::start() {
  if (auto problem = promotion_fields_problem(settings_); !problem.empty())
    return pull_failed(Verdict::rejected, std::move(problem));
  const auto begins = [&](const std::string& sku) {  // the first promotion of a record; others match, too
    return json::object{{settings_.promotion_key_field, json::object{{"contains", "/1/" + sku}}}};
  };
  json::object filter;
  if (skus_.empty()) {
    filter = begins("");
  } else {
    json::array any;
    for (const auto& sku : skus_) any.push_back(begins(sku));
    filter["_or"] = std::move(any);
  }
  json::object options{
      {"take", take_}, {"skip", skip_}, {"sort", json::object{{"id", "ASC"}}}, {"filter", std::move(filter)}};
  auto request =
      graphql(settings_, Kind::query, promotion_list_query(settings_), {{"options", std::move(options)}});
  if (request.body.size() <= kMaxBodyBytes) return Send{std::move(request)};
  return pull_failed(Verdict::rejected, "the SKUs are too long for one request to the portal");
}

SurveyStep DiscountSurvey::on_listed(const HttpReply& reply) {
  is_listing_ = false;
  const auto answer = read_answer(reply, Kind::query, "promotions");
  if (answer.trouble) return PullFailed{answer.trouble->for_item(0, true)};
  std::string failure;
  const auto total = total_of(answer.data, "promotions", take_, skip_, failure);
  if (!total) return pull_failed(Verdict::retry, std::move(failure));
  const auto& items = array_at(answer.data, {"promotions", "items"});
  for (const auto& promotion : items) {
    const auto* enabled = find(promotion, {"enabled"});
    const auto key_text = text_at(promotion, {"customFields", settings_.promotion_key_field});
    if (!enabled || !enabled->is_bool() || key_text.empty())
      return pull_failed(Verdict::retry, "the portal's answer has promotions that cannot be read");
    auto key = parse_promotion_key(key_text);
    if (!enabled->get_bool() || !key || key->number != 1) continue;
    if (wanted_.empty() || wanted_.contains(key->sku)) records_.push_back(std::move(*key));
  }
  const auto end = skip_ + static_cast<std::int64_t>(items.size());
  if (end < *total) page_.next_cursor = std::to_string(end);
  return look();
}

SurveyStep DiscountSurvey::look() {
  if (next_ >= records_.size()) return std::move(page_);
  auto request = promotions_look(settings_, chunk());
  if (request.body.size() <= kMaxBodyBytes) return Send{std::move(request)};
  return pull_failed(Verdict::rejected, "the promotions' keys are too long for one request to the portal");
}

SurveyStep DiscountSurvey::on_looked(const HttpReply& reply) {
  const auto answer = read_answer(reply, Kind::query, "promotions");
  if (answer.trouble) return PullFailed{answer.trouble->for_item(0, true)};
  for (const auto* list : {"promotions", "productVariants", "customerGroups"}) {
    std::string failure;
    if (!total_of(answer.data, list, kMostListed * kMostListed, 0, failure))
      return pull_failed(Verdict::retry, std::move(failure));
  }
  for (const auto& record : chunk()) {
    if (!show(record, answer.data))
      return pull_failed(Verdict::retry, "the portal's answer has promotions that cannot be read");
  }
  next_ += chunk().size();
  return look();
}

bool DiscountSurvey::show(const PromotionKey& record, const json::value& data) {
  const auto* first = find_promotion(data, settings_, promotion_key(record.list, 1, record.sku));
  if (!first) return true;  // gone since it was listed
  const auto text = text_at(*first, {"customFields", settings_.promotion_tiers_field});
  const auto is_right = is_as_made(record, data, text);
  if (!is_right) return false;
  boost::system::error_code error;
  json::value tiers;
  if (*is_right) tiers = json::parse({text.data(), text.size()}, error);
  if (!*is_right || error) tiers = json::array{json::object{{"changed on the portal", id_at(*first, {"id"})}}};
  const json::object document{{"sku", record.sku}, {"list", record.list}, {"tiers", std::move(tiers)}};
  page_.records.push_back({record.sku, identity_of(record.list), json::serialize(document)});
  return true;
}

std::optional<bool> DiscountSurvey::is_as_made(const PromotionKey& record, const json::value& data,
                                               std::string_view text) const {
  const auto tiers = parse_tiers(text, "percent");
  std::string problem;
  const auto steps = tiers ? plan_promotions(*tiers, problem) : std::nullopt;
  const auto around = surroundings_of(data, record.sku, record.list);
  if (!around) return std::nullopt;
  if (!steps) return false;
  for (std::size_t number = 1; number <= kMostSteps; ++number) {
    const auto* shown = find_promotion(data, settings_, promotion_key(record.list, number, record.sku));
    const auto* enabled = shown ? find(*shown, {"enabled"}) : nullptr;
    if (shown && (!enabled || !enabled->is_bool())) return std::nullopt;
    if (number > steps->size()) {
      if (enabled && enabled->get_bool()) return false;
      continue;
    }
    if (!shown) return false;
    const PromotionParts parts{std::string(text_at(*shown, {"name"})), std::string(text), around->variant,
                               around->group, around->language};
    const auto same = is_as_planned(*shown, promotion_input((*steps)[number - 1], parts,
                                                            settings_.promotion_tiers_field));
    if (!same || !*same) return same;
  }
  return true;
}

// ---- fixed net prices ---------------------------------------------------------------------------------------------

class FixedPriceSurvey final : public Survey {
 public:
  FixedPriceSurvey(const Settings& settings, std::vector<std::string> skus, std::string_view cursor)
      : settings_(settings), skus_(std::move(skus)), take_(skus_.empty() ? kSurveyPage : kMostListed) {
    for (const auto& [list, token] : settings_.list_channels) {
      if (list_channel_problem(settings_, list).empty()) lists_.push_back(list);
    }
    const auto colon = cursor.find(':');
    if (colon == std::string_view::npos) return;
    current_ = static_cast<std::size_t>(offset_of(cursor.substr(0, colon)));
    skip_ = offset_of(cursor.substr(colon + 1));
  }

  SurveyStep start() override { return list(); }
  SurveyStep on_reply(const HttpReply& reply) override;

 private:
  SurveyStep list();
  std::optional<PullFailed> read(const json::value& data);

  const Settings& settings_;
  const std::vector<std::string> skus_;  // empty: all
  const std::int64_t take_;
  std::vector<std::string> lists_;
  std::size_t current_ = 0;
  std::int64_t skip_ = 0;
  SurveyPage page_;
};

SurveyStep FixedPriceSurvey::list() {
  if (current_ >= lists_.size()) return std::move(page_);
  json::object variables{{"take", take_}, {"skip", skip_}};
  if (!skus_.empty()) variables["skus"] = json::array(skus_.begin(), skus_.end());
  const auto shown = shown_fixed_prices();
  auto request = graphql(settings_, Kind::query, skus_.empty() ? variant_list_query(shown) : variants_query(shown),
                         std::move(variables));
  if (request.body.size() > kMaxBodyBytes)
    return pull_failed(Verdict::rejected, "the SKUs are too long for one request to the portal");
  in_channel(request, settings_.list_channels.at(lists_[current_]));
  return Send{std::move(request)};
}

SurveyStep FixedPriceSurvey::on_reply(const HttpReply& reply) {
  const auto answer = read_answer(reply, Kind::query, "productVariants");
  if (answer.trouble) return PullFailed{answer.trouble->for_item(0, true)};
  std::string failure;
  const auto total = total_of(answer.data, "productVariants", take_, skip_, failure);
  if (!total) return pull_failed(Verdict::retry, std::move(failure));
  if (auto problem = read(answer.data)) return *problem;
  const auto end = skip_ + static_cast<std::int64_t>(array_at(answer.data, {"productVariants", "items"}).size());
  const bool has_more = end < *total;
  if (!skus_.empty()) {
    if (has_more) return pull_failed(Verdict::retry, "the portal has more variants of these SKUs than it lists at once");
    ++current_;
    return list();
  }
  if (has_more)
    page_.next_cursor = std::to_string(current_) + ":" + std::to_string(end);
  else if (current_ + 1 < lists_.size())
    page_.next_cursor = std::to_string(current_ + 1) + ":0";
  return std::move(page_);
}

std::optional<PullFailed> FixedPriceSurvey::read(const json::value& data) {
  const auto money = read_money(data);
  if (!money) return pull_failed(Verdict::retry, "the portal's answer does not say how its channel shows prices");
  const auto& currency = money->currency(settings_);
  for (const auto& item : array_at(data, {"productVariants", "items"})) {
    const std::string sku(text_at(item, {"sku"}));
    const auto shown = shown_price(item, currency);
    if (sku.empty() || !shown.is_readable)
      return pull_failed(Verdict::retry, "the portal's answer has a variant without readable SKU or price");
    const auto amount = shown.units ? Decimal::from_minor_units(*shown.units, money->digits) : std::nullopt;
    if (!amount) continue;
    const auto& list = lists_[current_];
    const json::object document{{"sku", sku},
                                {"list", list},
                                {"currency", currency},
                                {"tiers", json::array{json::object{{"amount", amount->text()}}}}};
    page_.records.push_back({sku, identity_of(list), json::serialize(document)});
  }
  return std::nullopt;
}

}  // namespace

std::unique_ptr<Survey> make_discount_survey(const Settings& settings, std::string_view cursor) {
  return std::make_unique<DiscountSurvey>(settings, std::vector<std::string>(), offset_of(cursor));
}

std::unique_ptr<Survey> make_discount_survey(const Settings& settings, std::span<const std::string> skus) {
  return std::make_unique<DiscountSurvey>(settings, std::vector<std::string>(skus.begin(), skus.end()), 0);
}

std::unique_ptr<Survey> make_fixed_price_survey(const Settings& settings, std::string_view cursor) {
  return std::make_unique<FixedPriceSurvey>(settings, std::vector<std::string>(), cursor);
}

std::unique_ptr<Survey> make_fixed_price_survey(const Settings& settings, std::span<const std::string> skus) {
  return std::make_unique<FixedPriceSurvey>(settings, std::vector<std::string>(skus.begin(), skus.end()), "");
}

}  // namespace ferry::vendure
