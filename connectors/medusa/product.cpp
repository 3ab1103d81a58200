#include "connectors/medusa/product.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "connectors/medusa/product_document.h"
#include "connectors/medusa/product_step.h"
#include "connectors/medusa/product_view.h"
#include "connectors/medusa/rest.h"
#include "connectors/medusa/stepwise_push.h"

namespace ferry::medusa {
namespace {

using namespace connector;

constexpr std::int64_t kCategoriesPage = 1000;

// Looks for the SKUs, for the templates, at the categories where some are wanted, and at what new products need where
// one is to be made.
class ProductPush final : public StepwisePush {
 public:
  ProductPush(const Settings& settings, std::span<const OutboundItem> items)
      : StepwisePush(settings, items), view_(settings.category_key) {}

 private:
  enum class Look { nothing = 1, skus, skus_again, templates, categories, store, profiles, done };

  std::string read(std::size_t index) override;
  std::optional<std::string> next_look() override;
  std::optional<Trouble> on_seen(const HttpReply& reply) override;
  void arrange(std::vector<std::size_t>& indices) const override;
  NextStep next_step(std::size_t index) override {
    return next_product_step(settings_, wanted_.at(index), view_, terms_);
  }
  std::string on_done(std::size_t index, const json::value& body) override;

  void advance();
  void plan(std::string_view filter, std::string WantedProduct::*member);
  void plan_again();
  bool needs_categories() const;
  bool needs_terms() const;
  void on_categories(const json::value& body);
  void on_profiles(const json::value& body);

  std::map<std::size_t, WantedProduct> wanted_;  // by index
  ProductView view_;
  ProductTerms terms_;
  Look look_ = Look::nothing;
  std::vector<std::string> targets_;  // of the look, asked from the end
  std::int64_t skip_ = 0;             // categories
  bool is_readable_ = true;
};

std::string ProductPush::read(std::size_t index) {
  std::string problem;
  auto wanted = read_product(settings_, item(index), problem);
  if (wanted) wanted_[index] = std::move(*wanted);
  return problem;
}

std::optional<std::string> ProductPush::next_look() {
  while (targets_.empty() && look_ != Look::done) advance();
  if (targets_.empty()) return std::nullopt;
  auto target = std::move(targets_.back());
  targets_.pop_back();
  return target;
}

void ProductPush::advance() {
  look_ = static_cast<Look>(static_cast<int>(look_) + 1);
  switch (look_) {
    case Look::skus: return plan("variants%5Bsku%5D", &WantedProduct::sku);
    case Look::skus_again: return plan_again();
    case Look::templates: return plan("external_id", &WantedProduct::product);
    case Look::categories:
      if (needs_categories()) targets_ = {categories_target(kCategoriesPage, 0)};
      return;
    case Look::store:
      if (needs_terms()) targets_ = {std::string(kSalesChannelTarget)};
      return;
    case Look::profiles:
      if (needs_terms()) targets_ = {std::string(kShippingProfilesTarget)};
      return;
    case Look::nothing:
    case Look::done: return;
  }
}

void ProductPush::plan(std::string_view filter, std::string WantedProduct::*member) {
  std::set<std::string> values;
  for (const auto& [index, wanted] : wanted_) {
    if (!(wanted.*member).empty()) values.insert(wanted.*member);
  }
  targets_ = targets(kProductsTarget, filter, std::vector<std::string>(values.begin(), values.end()));
}

// What is to be withdrawn and seems to be gone, or a person's, who is left alone: an answer may have lost the SKU, or the id.
void ProductPush::plan_again() {
  std::vector<std::string> skus;
  for (const auto& [index, wanted] : wanted_) {
    if (!wanted.is_withdrawal) continue;
    const auto* product = view_.with_sku(wanted.sku);
    if (!product || text_at(*product, {"external_id"}).empty()) skus.push_back(wanted.sku);
  }
  targets_ = targets(kProductsTarget, "variants%5Bsku%5D", skus);
}

bool ProductPush::needs_categories() const {
  return !settings_.category_key.empty() && std::any_of(wanted_.begin(), wanted_.end(), [](const auto& each) {
    return !each.second.categories.empty();
  });
}

bool ProductPush::needs_terms() const {
  return std::any_of(wanted_.begin(), wanted_.end(), [this](const auto& each) {
    const auto& wanted = each.second;
    return !wanted.is_withdrawal && !view_.with_sku(wanted.sku) && view_.of_template(wanted.product).empty();
  });
}

std::optional<Trouble> ProductPush::on_seen(const HttpReply& reply) {
  Answer answer;
  switch (look_) {
    case Look::categories: answer = read_page(reply, "product_categories", kCategoriesPage, skip_); break;
    case Look::store: answer = read_list(reply, "stores"); break;
    case Look::profiles: answer = read_list(reply, "shipping_profiles"); break;
    default: answer = read_list(reply, "products"); break;
  }
  if (answer.trouble) return answer.trouble;
  if (look_ == Look::categories) {
    on_categories(answer.body);
  } else if (look_ == Look::store) {
    const auto& stores = array_at(answer.body, {"stores"});
    if (!stores.empty()) terms_.sales_channel = id_at(stores.front(), {"default_sales_channel_id"});
  } else if (look_ == Look::profiles) {
    on_profiles(answer.body);
  } else {
    for (const auto& row : array_at(answer.body, {"products"})) is_readable_ = view_.add(row) && is_readable_;
  }
  if (is_readable_) return std::nullopt;
  Trouble trouble;
  trouble.reason = "the portal's answer has products or categories that cannot be read";
  return trouble;
}

void ProductPush::on_categories(const json::value& body) {
  const auto& rows = array_at(body, {"product_categories"});
  for (const auto& row : rows) is_readable_ = view_.add_category(row) && is_readable_;
  skip_ += static_cast<std::int64_t>(rows.size());
  if (!rows.empty() && skip_ < integer_at(body, {"count"}).value_or(0))
    targets_ = {categories_target(kCategoriesPage, skip_)};
}

// The one that Medusa makes by itself, or else the first.
void ProductPush::on_profiles(const json::value& body) {
  const auto& rows = array_at(body, {"shipping_profiles"});
  const auto usual = std::find_if(rows.begin(), rows.end(), [](const auto& row) { return text_at(row, {"type"}) == "default"; });
  if (!rows.empty()) terms_.shipping_profile = id_at(usual == rows.end() ? rows.front() : *usual, {"id"});
}

// What a person made for one variant becomes the product of the others, and not the other way round.
void ProductPush::arrange(std::vector<std::size_t>& indices) const {
  std::stable_partition(indices.begin(), indices.end(),
                        [&](std::size_t index) { return view_.with_sku(wanted_.at(index).sku) != nullptr; });
}

std::string ProductPush::on_done(std::size_t, const json::value& body) {
  const auto* product = find(body, {"product"});
  const auto* category = find(body, {"product_category"});
  const bool is_readable = product ? view_.add(*product) : category && view_.add_category(*category);
  return is_readable ? "" : "the portal's answer to a change has no product that can be read";
}

}  // namespace

std::unique_ptr<Exchange> make_product_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<ProductPush>(settings, items);
}

}  // namespace ferry::medusa
