#include "connectors/medusa/price_survey.h"

#include <utility>
#include <vector>

#include "connectors/medusa/answer.h"
#include "connectors/medusa/orders.h"
#include "connectors/medusa/price_terms.h"
#include "connectors/medusa/price_view.h"
#include "connectors/medusa/rest.h"

namespace ferry::medusa {
namespace {

using namespace connector;

constexpr std::int64_t kPage = 500;

// For prices first the store's currencies, then how it counts tax.
class AmountSurvey final : public Survey {
 public:
  // `skip` of a listing, -1 for SKUs, which are looked for in one page
  AmountSurvey(const Settings& settings, bool is_price, std::vector<std::string> looks, std::int64_t skip)
      : settings_(settings), is_price_(is_price), looks_(std::move(looks)), skip_(skip) {}

  SurveyStep start() override {
    if (is_price_) return Send{get(settings_, std::string(kStoreTarget))};
    stage_ = Stage::variants;
    return look_next();
  }
  SurveyStep on_reply(const HttpReply& reply) override {
    if (stage_ == Stage::variants) return on_variants(reply);
    const auto answer = read_list(reply, stage_ == Stage::store ? "stores" : "price_preferences");
    if (answer.trouble) return PullFailed{answer.trouble->for_item(0, true)};
    if (stage_ == Stage::store) {
      terms_.add_store(answer.body);
      stage_ = Stage::tax;
      return Send{get(settings_, std::string(kTaxTarget))};
    }
    terms_.add_preferences(answer.body);
    currency_ = settings_.price_currency.empty() ? terms_.default_currency() : upper(settings_.price_currency);
    if (!terms_.is_readable() || currency_.empty())
      return pull_failed(Verdict::retry, "the portal's answer has no readable currencies");
    stage_ = Stage::variants;
    return look_next();
  }

 private:
  enum class Stage { store = 1, tax, variants };

  bool is_listing() const { return skip_ >= 0; }
  SurveyStep look_next() {
    if (looked_ == looks_.size()) return std::move(page_);
    return Send{get(settings_, looks_[looked_])};
  }
  SurveyStep on_variants(const HttpReply& reply);
  bool add(const json::value& variant);

  const Settings& settings_;
  const bool is_price_;
  const std::vector<std::string> looks_;  // targets
  const std::int64_t skip_;
  Stage stage_ = Stage::store;
  std::size_t looked_ = 0;  // of the targets
  PriceTerms terms_;
  std::string currency_;
  SurveyPage page_;
};

SurveyStep AmountSurvey::on_variants(const HttpReply& reply) {
  const auto answer = is_listing() ? read_page(reply, "variants", kPage, skip_) : read_list(reply, "variants");
  if (answer.trouble) return PullFailed{answer.trouble->for_item(0, true)};
  const auto& rows = array_at(answer.body, {"variants"});
  for (const auto& row : rows) {
    if (!add(row)) return pull_failed(Verdict::retry, "the portal listed a variant whose price or cost cannot be read");
  }
  ++looked_;
  const auto next = skip_ + static_cast<std::int64_t>(rows.size());
  if (is_listing() && next < integer_at(answer.body, {"count"}).value_or(0)) page_.next_cursor = std::to_string(next);
  return look_next();
}

// False: it cannot be read.
bool AmountSurvey::add(const json::value& variant) {
  const std::string sku(text_at(variant, {"sku"}));
  if (sku.empty()) return true;
  const auto shown = is_price_ ? shown_price(variant, currency_) : shown_cost(variant, settings_.cost_key);
  if (!shown.is_readable || !shown.amount) return shown.is_readable;
  json::object document{{"sku", sku}, {"currency", shown.currency}, {"amount", shown.amount->text()}};
  if (is_price_) document["tax"] = terms_.tax(currency_);
  page_.records.push_back({sku, "{}", json::serialize(document)});
  return true;
}

std::string_view target_of(Feed feed) { return feed == Feed::list_price ? kPricesTarget : kCostsTarget; }

}  // namespace

std::unique_ptr<Survey> make_amount_survey(const Settings& settings, Feed feed, std::string_view cursor) {
  const auto skip = offset_of(cursor);
  std::vector<std::string> looks = {std::string(target_of(feed)) + "&limit=" + std::to_string(kPage) +
                                    "&offset=" + std::to_string(skip)};
  return std::make_unique<AmountSurvey>(settings, feed == Feed::list_price, std::move(looks), skip);
}

std::unique_ptr<Survey> make_amount_survey(const Settings& settings, Feed feed, std::span<const std::string> skus) {
  return std::make_unique<AmountSurvey>(settings, feed == Feed::list_price,
                                        targets(target_of(feed), "sku", askable(skus)), -1);
}

}  // namespace ferry::medusa
