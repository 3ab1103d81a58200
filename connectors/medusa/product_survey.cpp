#include <set>
#include <utility>
#include <vector>

#include "connectors/medusa/answer.h"
#include "connectors/medusa/orders.h"
#include "connectors/medusa/product.h"
#include "connectors/medusa/product_view.h"
#include "connectors/medusa/rest.h"

namespace ferry::medusa {
namespace {

using namespace connector;

constexpr std::int64_t kPage = 100;  // of products, with all their variants

class ProductSurvey final : public Survey {
 public:
  // `looks`: every target of it; `skip` of a listing, -1 for SKUs, which are looked for in one page
  ProductSurvey(const Settings& settings, std::vector<std::string> looks, std::set<std::string, std::less<>> skus,
                std::int64_t skip)
      : settings_(settings), looks_(std::move(looks)), skus_(std::move(skus)), skip_(skip) {}

  SurveyStep start() override { return looks_.empty() ? SurveyStep(std::move(page_)) : ask(); }
  SurveyStep on_reply(const HttpReply& reply) override;

 private:
  SurveyStep ask() const { return Send{get(settings_, looks_[looked_])}; }
  bool add(const json::value& product);

  const Settings& settings_;
  const std::vector<std::string> looks_;
  const std::set<std::string, std::less<>> skus_;
  const std::int64_t skip_;
  std::size_t looked_ = 0;
  std::set<std::string> seen_;  // ids: a product may have SKUs of several looks
  SurveyPage page_;
};

SurveyStep ProductSurvey::on_reply(const HttpReply& reply) {
  const auto answer = skip_ < 0 ? read_list(reply, "products") : read_page(reply, "products", kPage, skip_);
  if (answer.trouble) return PullFailed{answer.trouble->for_item(0, true)};
  const auto& rows = array_at(answer.body, {"products"});
  for (const auto& row : rows) {
    if (!add(row)) return pull_failed(Verdict::retry, "the portal's answer has products that cannot be read");
  }
  if (++looked_ < looks_.size()) return ask();
  const auto next = skip_ + static_cast<std::int64_t>(rows.size());
  if (skip_ >= 0 && !rows.empty() && next < integer_at(answer.body, {"count"}).value_or(0))
    page_.next_cursor = std::to_string(next);
  return std::move(page_);
}

bool ProductSurvey::add(const json::value& product) {
  ProductView view("");
  if (!view.add(product)) return false;
  const auto owner = text_at(product, {"external_id"});
  if (!seen_.insert(id_at(product, {"id"})).second || text_at(product, {"status"}) != "published" || owner.empty())
    return true;
  const auto& variants = array_at(product, {"variants"});
  for (const auto& variant : variants) {
    const std::string sku(text_at(variant, {"sku"}));
    if (sku.empty() || is_withdrawn(variant) || (skip_ < 0 && !skus_.contains(sku))) continue;
    json::object document{{"sku", sku}, {"product", owner}, {"name", text_at(variant, {"title"})}};
    if (variants.size() == 1) document["description"] = text_at(product, {"description"});
    page_.records.push_back({sku, "{}", json::serialize(document)});
  }
  return true;
}

}  // namespace

std::unique_ptr<Survey> make_product_survey(const Settings& settings, std::string_view cursor) {
  const auto skip = offset_of(cursor);
  std::vector<std::string> looks = {std::string(kProductsTarget) + "&limit=" + std::to_string(kPage) +
                                    "&offset=" + std::to_string(skip)};
  return std::make_unique<ProductSurvey>(settings, std::move(looks), std::set<std::string, std::less<>>(), skip);
}

std::unique_ptr<Survey> make_product_survey(const Settings& settings, std::span<const std::string> skus) {
  return std::make_unique<ProductSurvey>(settings, targets(kProductsTarget, "variants%5Bsku%5D", askable(skus)),
                                         std::set<std::string, std::less<>>(skus.begin(), skus.end()), -1);
}

}  // namespace ferry::medusa
