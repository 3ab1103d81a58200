#include "connectors/medusa/price.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "connectors/medusa/answer.h"
#include "connectors/medusa/price_terms.h"
#include "connectors/medusa/price_view.h"
#include "connectors/medusa/rest.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

using namespace connector;

struct Item {
  std::size_t index = 0;
  Amount wanted;  // without amount: withdrawn
};

struct Write {
  std::size_t index = 0;
  json::object change;  // of the variant
};

class AmountPush final : public Exchange {
 public:
  AmountPush(const Settings& settings, std::span<const OutboundItem> items, bool is_price)
      : settings_(settings), batch_(items), is_price_(is_price) {}

  Step start() override;
  Step on_reply(const HttpReply& reply) override {
    switch (stage_) {
      case Stage::reading_store: return on_store(reply);
      case Stage::reading_tax: return on_tax(reply);
      case Stage::looking: return on_looked(reply);
      case Stage::writing: break;
    }
    return on_written(reply);
  }
  Step on_resume() override { return finish(); }  // never pauses

 private:
  enum class Stage { reading_store = 1, reading_tax, looking, writing };

  void accept(std::size_t index);
  Step on_store(const HttpReply& reply);
  Step on_tax(const HttpReply& reply);
  Step look_next() {
    stage_ = Stage::looking;
    return Send{get(settings_, looks_[looked_])};
  }
  Step on_looked(const HttpReply& reply);
  void decide(const Item& item);
  Step write_next();
  Step on_written(const HttpReply& reply);
  void settle_written(const json::value& body);
  Step fail_all(const Trouble& trouble);
  Step stop_all(Verdict verdict, const std::string& reason);

  void settle(std::size_t index, Verdict verdict, std::string reason = "") {
    ItemVerdict item;
    item.index = index;
    item.verdict = verdict;
    item.reason = std::move(reason);
    settled_.push_back(std::move(item));
  }
  Step finish() { return Finish{std::move(settled_)}; }

  const Settings& settings_;
  std::span<const OutboundItem> batch_;
  const bool is_price_;
  Stage stage_ = Stage::looking;
  std::vector<Item> items_;
  PriceTerms terms_;
  std::vector<std::string> looks_;  // targets
  std::size_t looked_ = 0;          // of these
  VariantView view_;
  std::map<std::string, std::map<std::string, Write>> writes_;  // by product, then variant; those not sent yet
  std::map<std::string, Write> sent_;                           // the product under way
  std::vector<ItemVerdict> settled_;
};

Step AmountPush::start() {
  for (std::size_t i = 0; i < batch_.size(); ++i) accept(i);
  if (items_.empty()) return finish();
  std::set<std::string> skus;
  for (const auto& item : items_) skus.insert(item.wanted.sku);
  looks_ = targets(is_price_ ? kPricesTarget : kCostsTarget, "sku", std::vector<std::string>(skus.begin(), skus.end()));
  if (!is_price_) return look_next();
  stage_ = Stage::reading_store;
  return Send{get(settings_, std::string(kStoreTarget))};
}

void AmountPush::accept(std::size_t index) {
  const auto& item = batch_[index];
  auto wanted = read_amount(item.document);
  if (item.document.empty()) {
    if (is_price_) return settle(index, Verdict::delivered);
    const auto known = read_amount(item.acknowledged);
    wanted = Amount{known ? known->sku : item.label, "", std::nullopt, ""};
  }
  if (!wanted || wanted->sku.empty())
    return settle(index, Verdict::rejected,
                  "the document has no SKU, currency or amount: " + quote_and_bound(item.document, 200));
  const auto said = "the amount of SKU " + quote_and_bound(wanted->sku, 100);
  if (!can_be_asked_for(wanted->sku))
    return settle(index, Verdict::rejected, said + ": that SKU is too long for a request to the portal");
  if (wanted->amount && wanted->amount->is_negative()) return settle(index, Verdict::rejected, said + " is negative");
  if (wanted->amount && !number_of(*wanted->amount))
    return settle(index, Verdict::rejected, said + " has more digits than Medusa keeps exactly (15)");
  items_.push_back({index, std::move(*wanted)});
}

Step AmountPush::fail_all(const Trouble& trouble) {
  for (const auto& item : items_) settled_.push_back(trouble.for_item(item.index, batch_.size() == 1));
  return finish();
}

Step AmountPush::stop_all(Verdict verdict, const std::string& reason) {
  for (const auto& item : items_) settle(item.index, verdict, reason);
  return finish();
}

Step AmountPush::on_store(const HttpReply& reply) {
  const auto answer = read_list(reply, "stores");
  if (answer.trouble) return fail_all(*answer.trouble);
  terms_.add_store(answer.body);
  stage_ = Stage::reading_tax;
  return Send{get(settings_, std::string(kTaxTarget))};
}

Step AmountPush::on_tax(const HttpReply& reply) {
  const auto answer = read_list(reply, "price_preferences");
  if (answer.trouble) return fail_all(*answer.trouble);
  terms_.add_preferences(answer.body);
  if (!terms_.is_readable()) return stop_all(Verdict::retry, "the portal's answer has no readable currencies");
  for (const auto& item : items_) {
    const auto objection = terms_.objection(item.wanted.currency, item.wanted.tax);
    if (!objection.empty()) return stop_all(Verdict::unauthorized, objection);
  }
  return look_next();
}

Step AmountPush::on_looked(const HttpReply& reply) {
  const auto answer = read_list(reply, "variants");
  if (answer.trouble) return fail_all(*answer.trouble);
  view_.add(answer.body);
  if (++looked_ < looks_.size()) return look_next();
  for (const auto& item : items_) decide(item);
  stage_ = Stage::writing;
  return write_next();
}

void AmountPush::decide(const Item& item) {
  const auto sku = quote_and_bound(item.wanted.sku, 100);
  const auto* variant = view_.variant(item.wanted.sku);
  if (!variant) {
    if (!view_.has_all())
      return settle(item.index, Verdict::retry, "the portal's answer has variants without id or SKU");
    if (!item.wanted.amount) return settle(item.index, Verdict::delivered);
    return settle(item.index, Verdict::absent, "the portal has no variant with SKU " + sku);
  }
  const auto shown = is_price_ ? shown_price(*variant, item.wanted.currency) : shown_cost(*variant, settings_.cost_key);
  if (!shown.is_readable)
    return settle(item.index, Verdict::retry, "the portal's answer has no readable variant of SKU " + sku);
  if (shown.amount == item.wanted.amount && (is_price_ || shown.currency == item.wanted.currency))
    return settle(item.index, Verdict::delivered);
  auto change = is_price_ ? price_change(*variant, item.wanted) : cost_change(settings_.cost_key, item.wanted);
  const auto id = id_at(*variant, {"id"});
  change["id"] = id;
  const auto added =
      writes_[id_at(*variant, {"product_id"})].emplace(id, Write{item.index, std::move(change)}).second;
  if (!added) settle(item.index, Verdict::rejected, "two ERP records carry SKU " + sku + "; only one can be shown");
}

// A request for each product: its route takes no more, and a product of the batch that is refused stops no other.
Step AmountPush::write_next() {
  if (writes_.empty()) return finish();
  auto first = writes_.extract(writes_.begin());
  sent_ = std::move(first.mapped());
  json::array updates;
  for (const auto& [id, write] : sent_) updates.push_back(write.change);
  return Send{post(settings_, "/admin/products/" + encoded(first.key()) + "/variants/batch?fields=id",
                   json::object{{"update", std::move(updates)}})};
}

Step AmountPush::on_written(const HttpReply& reply) {
  const auto answer = read_answer(reply, Kind::write);
  if (!answer.trouble) {
    settle_written(answer.body);
    return write_next();
  }
  auto trouble = *answer.trouble;
  for (const auto& [id, write] : sent_) {
    auto item = trouble.for_item(write.index, sent_.size() == 1);
    if (sent_.size() == 1 && trouble.is_not_found) item.verdict = Verdict::absent;  // deleted since we looked
    settled_.push_back(std::move(item));
  }
  if (!trouble.ends_exchange()) return write_next();
  if (trouble.verdict == Verdict::ambiguous) trouble.verdict = Verdict::retry;  // what was never sent is not unknown
  for (const auto& [product, variants] : writes_) {
    for (const auto& [id, write] : variants) settled_.push_back(trouble.for_item(write.index, false));
  }
  return finish();
}

void AmountPush::settle_written(const json::value& body) {
  std::set<std::string> confirmed;
  for (const auto& variant : array_at(body, {"updated"})) confirmed.insert(id_at(variant, {"id"}));
  for (const auto& [id, write] : sent_) {
    if (confirmed.contains(id)) {
      settle(write.index, Verdict::delivered);
    } else {
      settle(write.index, Verdict::retry, "the portal's answer does not name variant " + id);
    }
  }
}

}  // namespace

std::unique_ptr<Exchange> make_price_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<AmountPush>(settings, items, true);
}

std::unique_ptr<Exchange> make_cost_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<AmountPush>(settings, items, false);
}

}  // namespace ferry::medusa
