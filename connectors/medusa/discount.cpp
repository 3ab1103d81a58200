#include "connectors/medusa/discount.h"

#include <set>
#include <utility>
#include <vector>

#include "connectors/medusa/answer.h"
#include "connectors/medusa/discount_writes.h"
#include "connectors/medusa/itemwise_push.h"
#include "connectors/medusa/list_group.h"
#include "connectors/medusa/price_view.h"
#include "connectors/medusa/rest.h"
#include "plugin/connector/http_date.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

using namespace connector;

struct Item {
  std::size_t index = 0;
  WantedDiscount wanted;
  std::vector<PlannedPromotion> plan;
  std::vector<DiscountStep> steps;
  std::size_t done = 0;  // of the steps
  bool is_settled = false;
};

class DiscountPush final : public ItemwisePush<Item> {
 public:
  DiscountPush(const Settings& settings, std::span<const OutboundItem> items)
      : ItemwisePush(items),
        settings_(settings),
        groups_(settings.price_list_key),
        view_(settings.price_list_key),
        writes_(settings, groups_, view_) {}

  Step start() override;
  Step on_reply(const HttpReply& reply) override;
  Step on_resume() override { return finish(); }  // never pauses

 private:
  enum class Stage { looking = 1, reading_groups, reading_campaigns, reading_promotions, writing };

  void accept(std::size_t index);
  Step on_variants(const json::value& body);
  Step on_promotions(const json::value& body);
  Step read_promotions();
  Step ask(Stage stage, std::string target) {
    stage_ = stage;
    return Send{get(settings_, std::move(target))};
  }

  Step plan();
  void decide(Item& item);
  Step write_next();
  Step on_written(const HttpReply& reply);
  Step on_refused(Trouble trouble);

  const Settings& settings_;
  Stage stage_ = Stage::looking;
  std::vector<std::string> looks_;  // targets
  std::size_t looked_ = 0;          // of these
  std::int64_t skip_ = 0;           // promotions of the look
  VariantView variants_;
  std::set<std::string> undiscountable_;  // SKUs
  PriceListView groups_;
  PromotionView view_;
  DiscountWrites writes_;
  std::size_t at_ = 0;  // the item that is written
};

Step DiscountPush::start() {
  for (std::size_t i = 0; i < batch_.size(); ++i) accept(i);
  if (items_.empty()) return finish();
  std::set<std::string> skus;
  for (const auto& item : items_) skus.insert(item.wanted.sku);
  looks_ = targets(kDiscountableTarget, "sku", std::vector<std::string>(skus.begin(), skus.end()));
  return ask(Stage::looking, looks_[looked_]);
}

void DiscountPush::accept(std::size_t index) {
  std::string problem;
  auto wanted = read_wanted_discount(batch_[index], problem);
  auto plan = wanted ? plan_promotions(*wanted, problem) : std::nullopt;
  Item item;
  item.index = index;
  if (!plan) return settle(item, Verdict::rejected, std::move(problem));
  item.wanted = std::move(*wanted);
  item.plan = std::move(*plan);
  items_.push_back(std::move(item));
}

Step DiscountPush::on_reply(const HttpReply& reply) {
  if (stage_ == Stage::writing) return on_written(reply);
  Answer answer;
  switch (stage_) {
    case Stage::looking: answer = read_list(reply, "variants"); break;
    case Stage::reading_groups: answer = read_list(reply, "customer_groups"); break;
    case Stage::reading_campaigns: answer = read_list(reply, "campaigns"); break;
    case Stage::reading_promotions:
    case Stage::writing: answer = read_page(reply, "promotions", kMostListed, skip_); break;
  }
  if (answer.trouble) return fail_all(*answer.trouble);
  switch (stage_) {
    case Stage::looking: return on_variants(answer.body);
    case Stage::reading_groups:
      groups_.add_groups(answer.body);
      return ask(Stage::reading_campaigns, std::string(kCampaignsTarget));
    case Stage::reading_campaigns:
      view_.add_campaigns(answer.body, parse_http_date(reply.header("date")).value_or(Instant{}));
      return read_promotions();
    case Stage::reading_promotions:
    case Stage::writing: break;
  }
  return on_promotions(answer.body);
}

// ---- looking --------------------------------------------------------------------------------------------------------

Step DiscountPush::on_variants(const json::value& body) {
  variants_.add(body);
  for (const auto& variant : array_at(body, {"variants"})) {
    const auto* discountable = find(variant, {"product", "discountable"});
    if (!discountable || !discountable->is_bool())
      return stop_all(Verdict::retry, "the portal's answer does not say whether a product may be discounted");
    if (!discountable->get_bool()) undiscountable_.emplace(text_at(variant, {"sku"}));
  }
  if (++looked_ < looks_.size()) return ask(Stage::looking, looks_[looked_]);
  if (!variants_.has_all()) return stop_all(Verdict::retry, "the portal's answer has variants without id or SKU");
  std::set<std::string> prefixes;
  for (const auto& item : items_) prefixes.insert(code_prefix(item.wanted.list, item.wanted.sku));
  looks_ = promotion_targets(std::vector<std::string>(prefixes.begin(), prefixes.end()));
  looked_ = 0;
  return ask(Stage::reading_groups, std::string(kGroupsTarget));
}

Step DiscountPush::read_promotions() {
  if (!view_.is_readable() || !groups_.is_readable())
    return stop_all(Verdict::retry,
                    "the portal's answer has customer groups, campaigns or promotions that cannot be read");
  if (looked_ == looks_.size()) return plan();
  return ask(Stage::reading_promotions, looks_[looked_] + "&offset=" + std::to_string(skip_));
}

Step DiscountPush::on_promotions(const json::value& body) {
  view_.add_promotions(body);
  skip_ += static_cast<std::int64_t>(array_at(body, {"promotions"}).size());
  if (skip_ >= integer_at(body, {"count"}).value_or(0)) {
    ++looked_;
    skip_ = 0;
  }
  return read_promotions();
}

// ---- deciding -------------------------------------------------------------------------------------------------------

Step DiscountPush::plan() {
  std::set<PromotionView::Record> seen;
  for (auto& item : items_) {
    if (seen.emplace(item.wanted.list, item.wanted.sku).second)
      decide(item);
    else
      settle(item, Verdict::rejected,
             "two ERP records carry " + name_of(item.wanted) + "; only one can be shown: give each its own SKU");
  }
  stage_ = Stage::writing;
  return write_next();
}

void DiscountPush::decide(Item& item) {
  const auto& wanted = item.wanted;
  const auto sku = quote_and_bound(wanted.sku, 100);
  // also to be withdrawn: where the metadata are cut off an answer, it is Ferry's
  if (const auto code = view_.others_code(wanted.list, wanted.sku); !code.empty())
    return settle(item, Verdict::retry,
                  "the portal has a promotion " + quote_and_bound(code, 150) +
                      " whose metadata do not say that it is Ferry's; give it another code");
  if (wanted.tiers.empty()) {  // withdrawn, whatever stands for its list
    item.steps = steps_to(wanted, {}, "", view_);
    return;
  }
  if (!variants_.variant(wanted.sku))
    return settle(item, Verdict::absent, "the portal has no variant with SKU " + sku);
  if (!item.plan.empty() && undiscountable_.contains(wanted.sku))
    return settle(item, Verdict::rejected,
                  "the portal's product with SKU " + sku +
                      " may not be discounted; switch \"Discountable\" on in Medusa, or take " + name_of(wanted) +
                      " out of the ERP");
  const auto group = group_of(groups_, wanted.list, group_name(wanted.list, wanted.list_name), !item.plan.empty());
  if (!group.problem.empty()) return settle(item, group.verdict, group.problem);
  item.steps = steps_to(wanted, item.plan, group.id, view_);
}

// ---- writing --------------------------------------------------------------------------------------------------------

Step DiscountPush::write_next() {
  for (; at_ < items_.size(); ++at_) {
    auto& item = items_[at_];
    for (; !item.is_settled && item.done < item.steps.size(); ++item.done) {
      if (auto due = writes_.request(item.wanted, item.steps[item.done])) return Send{std::move(*due)};
    }
    settle(item, Verdict::delivered);
  }
  return finish();
}

Step DiscountPush::on_written(const HttpReply& reply) {
  auto answer = read_answer(reply, Kind::write);
  if (answer.trouble) return on_refused(std::move(*answer.trouble));
  auto& item = items_[at_];
  if (writes_.confirms(item.wanted, item.steps[item.done], answer.body))
    ++item.done;
  else
    settle(item, Verdict::retry, "the portal's answer does not confirm what was written of " + name_of(item.wanted));
  return write_next();
}

Step DiscountPush::on_refused(Trouble trouble) {
  auto& item = items_[at_];
  // there by now, or deleted since we looked: by a request of ours that arrived late, or by a person
  if (trouble.is_existing || trouble.is_not_found) trouble.verdict = Verdict::retry;
  settle(item, trouble, true);  // it was about this record alone
  if (!trouble.ends_exchange()) return write_next();
  if (trouble.verdict == Verdict::ambiguous) trouble.verdict = Verdict::retry;  // what was never sent is not unknown
  return fail_all(trouble);
}

}  // namespace

std::unique_ptr<Exchange> make_discount_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<DiscountPush>(settings, items);
}

}  // namespace ferry::medusa
