#include "connectors/medusa/price_list.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "connectors/medusa/answer.h"
#include "connectors/medusa/itemwise_push.h"
#include "connectors/medusa/list_group.h"
#include "connectors/medusa/price_list_plan.h"
#include "connectors/medusa/price_list_view.h"
#include "connectors/medusa/price_terms.h"
#include "connectors/medusa/price_tiers.h"
#include "connectors/medusa/price_view.h"
#include "connectors/medusa/rest.h"
#include "plugin/connector/http_date.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

using namespace connector;

constexpr std::int64_t kRowsPage = 1000;

struct Item {
  std::size_t index = 0;
  WantedPrices wanted;
  PriceWindows windows;
  std::size_t waits = 0;  // for so many requests
  bool is_settled = false;
};

class PriceListPush final : public ItemwisePush<Item> {
 public:
  PriceListPush(const Settings& settings, std::span<const OutboundItem> items)
      : ItemwisePush(items), settings_(settings), view_(settings.price_list_key) {}

  Step start() override;
  Step on_reply(const HttpReply& reply) override;
  Step on_resume() override { return finish(); }  // never pauses

 private:
  enum class Stage { reading_store = 1, reading_tax, looking, reading_groups, reading_lists, reading_rows, writing };

  void accept(std::size_t index);
  Step on_store(const json::value& body);
  Step on_tax(const json::value& body);
  Step on_variants(const json::value& body);
  Step on_lists(const json::value& body, Instant now);
  Step on_rows(const json::value& body);
  Step read_rows();
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
  Stage stage_ = Stage::reading_store;
  PriceTerms terms_;
  std::vector<std::string> looks_;  // targets
  std::size_t looked_ = 0;          // of these, then of the price lists
  std::int64_t skip_ = 0;           // rows of the price list that is being read
  VariantView variants_;
  PriceListView view_;
  PriceListPlan plan_;
};

Step PriceListPush::start() {
  for (std::size_t i = 0; i < batch_.size(); ++i) accept(i);
  if (items_.empty()) return finish();
  std::set<std::string> skus;
  for (const auto& item : items_) skus.insert(item.wanted.sku);
  looks_ = targets(kVariantsTarget, "sku", std::vector<std::string>(skus.begin(), skus.end()));
  return ask(Stage::reading_store, std::string(kStoreTarget));
}

void PriceListPush::accept(std::size_t index) {
  std::string problem;
  auto wanted = read_wanted_prices(batch_[index], problem);
  auto windows = wanted ? in_windows(*wanted, problem) : std::nullopt;
  items_.push_back({index, {}, {}, 0, false});
  if (windows) {
    items_.back().wanted = std::move(*wanted);
    items_.back().windows = std::move(*windows);
  } else {
    settle(items_.back(), Verdict::rejected, std::move(problem));
    items_.pop_back();
  }
}

Step PriceListPush::on_reply(const HttpReply& reply) {
  if (stage_ == Stage::writing) return on_written(reply);
  Answer answer;
  switch (stage_) {
    case Stage::reading_store: answer = read_list(reply, "stores"); break;
    case Stage::reading_tax: answer = read_list(reply, "price_preferences"); break;
    case Stage::looking: answer = read_list(reply, "variants"); break;
    case Stage::reading_groups: answer = read_list(reply, "customer_groups"); break;
    case Stage::reading_lists: answer = read_list(reply, "price_lists"); break;
    case Stage::reading_rows:
    case Stage::writing: answer = read_page(reply, "prices", kRowsPage, skip_); break;
  }
  if (answer.trouble) return fail_all(*answer.trouble);
  switch (stage_) {
    case Stage::reading_store: return on_store(answer.body);
    case Stage::reading_tax: return on_tax(answer.body);
    case Stage::looking: return on_variants(answer.body);
    case Stage::reading_groups:
      view_.add_groups(answer.body);
      return ask(Stage::reading_lists, std::string(kPriceListsTarget));
    case Stage::reading_lists:
      return on_lists(answer.body, parse_http_date(reply.header("date")).value_or(Instant{}));
    case Stage::reading_rows:
    case Stage::writing: break;
  }
  return on_rows(answer.body);
}

// ---- looking --------------------------------------------------------------------------------------------------------

Step PriceListPush::on_store(const json::value& body) {
  terms_.add_store(body);
  return ask(Stage::reading_tax, std::string(kTaxTarget));
}

Step PriceListPush::on_tax(const json::value& body) {
  terms_.add_preferences(body);
  if (!terms_.is_readable()) return stop_all(Verdict::retry, "the portal's answer has no readable currencies");
  for (const auto& item : items_) {
    if (item.wanted.tiers.empty()) continue;
    const auto objection = terms_.objection_to_net(item.wanted.currency);
    if (!objection.empty()) return stop_all(Verdict::unauthorized, objection);
  }
  return ask(Stage::looking, looks_[looked_]);
}

Step PriceListPush::on_variants(const json::value& body) {
  variants_.add(body);
  if (++looked_ < looks_.size()) return ask(Stage::looking, looks_[looked_]);
  if (!variants_.has_all())
    return stop_all(Verdict::retry, "the portal's answer has variants without id or SKU");
  return ask(Stage::reading_groups, std::string(kGroupsTarget));
}

Step PriceListPush::on_lists(const json::value& body, Instant now) {
  view_.add_lists(body, now);
  looked_ = 0;
  skip_ = 0;
  return read_rows();
}

// Of the price lists that the batch is about.
Step PriceListPush::read_rows() {
  if (!view_.is_readable())
    return stop_all(Verdict::retry, "the portal's answer has price lists or customer groups that cannot be read");
  if (const auto& id = view_.unmarked(); !id.empty())
    return stop_all(Verdict::retry, "the portal's price list " + id + " is described as kept by Ferry, and its metadata "
                                    "do not say for which price list of the ERP; put the list's id there under " +
                                        settings_.price_list_key + ", or describe it otherwise");
  for (; looked_ < view_.lists().size(); ++looked_) {
    const auto& shown = view_.lists()[looked_];
    const bool is_asked_for = std::any_of(items_.begin(), items_.end(), [&](const Item& item) {
      return item.wanted.list == shown.list && (!shown.at.is_over || item.windows.contains(shown.at.window));
    });
    if (is_asked_for) return ask(Stage::reading_rows, rows_target(shown.id, kRowsPage, skip_));
  }
  return plan();
}

Step PriceListPush::on_rows(const json::value& body) {
  view_.add_rows(view_.lists()[looked_].id, body, "id");
  skip_ += static_cast<std::int64_t>(array_at(body, {"prices"}).size());
  if (skip_ >= integer_at(body, {"count"}).value_or(0)) {
    ++looked_;
    skip_ = 0;
  }
  return read_rows();
}

// ---- deciding -------------------------------------------------------------------------------------------------------

Step PriceListPush::plan() {
  std::set<std::pair<std::string, std::string>> seen;  // SKU, list
  for (auto& item : items_) {
    if (seen.emplace(item.wanted.sku, item.wanted.list).second)
      decide(item);
    else
      settle(item, Verdict::rejected, "two ERP records carry SKU " + quote_and_bound(item.wanted.sku, 100) +
                                          " in price list " + quote_and_bound(item.wanted.list, 40) +
                                          "; only one can be shown: give each its own SKU");
  }
  stage_ = Stage::writing;
  plan_.arrange();
  for (auto& item : items_) {
    if (item.is_settled) continue;
    item.waits = plan_.count_requests_of(static_cast<std::size_t>(&item - items_.data()));
    if (item.waits == 0) settle(item, Verdict::delivered);
  }
  return write_next();
}

void PriceListPush::decide(Item& item) {
  const auto& wanted = item.wanted;
  const auto* variant = variants_.variant(wanted.sku);
  if (!variant) {
    if (wanted.tiers.empty()) return settle(item, Verdict::delivered);
    return settle(item, Verdict::absent, "the portal has no variant with SKU " + quote_and_bound(wanted.sku, 100));
  }
  const auto id = id_at(*variant, {"id"});
  auto objection = plan_.add(static_cast<std::size_t>(&item - items_.data()),
                           {wanted.list, group_name(wanted.list, wanted.list_name), wanted.list_name, wanted.currency, id},
                           item.windows, view_);
  if (!objection.reason.empty()) settle(item, objection.verdict, std::move(objection.reason));
}

// ---- writing --------------------------------------------------------------------------------------------------------

Step PriceListPush::write_next() {
  if (plan_.is_done()) return finish();
  return Send{plan_.request(settings_)};
}

Step PriceListPush::on_written(const HttpReply& reply) {
  auto answer = read_answer(reply, Kind::write);
  if (answer.trouble) return on_refused(std::move(*answer.trouble));
  const auto unconfirmed = plan_.on_confirmed(answer.body);
  for (const auto position : plan_.items()) {
    auto& item = items_[position];
    if (item.is_settled) continue;
    if (unconfirmed.contains(position))
      settle(item, Verdict::retry, "the portal's answer does not confirm all prices of the record");
    else if (--item.waits == 0)
      settle(item, Verdict::delivered);
  }
  plan_.next();
  return write_next();
}

Step PriceListPush::on_refused(Trouble trouble) {
  const bool is_alone = batch_.size() == 1;
  // there by now, or deleted since we looked: by a request of ours that arrived late, or by a person
  if (trouble.is_existing || trouble.is_not_found) trouble.verdict = is_alone ? Verdict::retry : trouble.verdict;
  for (const auto position : plan_.items()) settle(items_[position], trouble, is_alone);
  if (trouble.ends_exchange()) {
    if (trouble.verdict == Verdict::ambiguous) trouble.verdict = Verdict::retry;  // what was never sent is not unknown
    return fail_all(trouble);
  }
  plan_.drop();
  return write_next();
}

}  // namespace

std::unique_ptr<Exchange> make_price_list_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<PriceListPush>(settings, items);
}

}  // namespace ferry::medusa
