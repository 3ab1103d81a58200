#include "connectors/vendure/variant_push.h"

#include <set>

#include "connectors/vendure/operations.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {

using namespace connector;

namespace {

constexpr std::int64_t kPage = 1000;            // Vendure refuses to list more at once
constexpr std::int64_t kMostVariants = 10'000;  // of one batch's SKUs: beyond, the portal does not filter

}  // namespace

void VariantPush::settle(std::size_t index, Verdict verdict, std::string reason) {
  ItemVerdict item;
  item.index = index;
  item.verdict = verdict;
  item.reason = std::move(reason);
  settled_.push_back(std::move(item));
}

Step VariantPush::start() {
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    if (auto subject = read(i)) items_.push_back({i, std::move(*subject)});
  }
  return items_.empty() ? finish() : look();
}

Step VariantPush::on_reply(const HttpReply& reply) { return is_writing_ ? on_written(reply) : on_looked(reply); }

Step VariantPush::look() {
  std::set<std::string_view> skus;
  for (const auto& item : items_) skus.insert(item.subject.sku);
  auto request = graphql(settings_, Kind::query, look_,
                         {{"skus", json::array(skus.begin(), skus.end())}, {"take", kPage}, {"skip", view_.seen()}});
  if (request.body.size() <= kMaxBodyBytes) return Send{std::move(request)};
  const bool is_alone = batch_.size() == 1;
  for (const auto& item : items_)
    settle(item.index, is_alone ? Verdict::rejected : Verdict::split,
           "the SKUs are too long for one request to the portal");
  return finish();
}

Step VariantPush::on_looked(const HttpReply& reply) {
  const auto answer = read_answer(reply, Kind::query, "productVariants");
  if (answer.trouble) {
    for (const auto& item : items_) settled_.push_back(answer.trouble->for_item(item.index, batch_.size() == 1));
    return finish();
  }
  note(answer.data);
  // a list that repeats itself, or names what cannot be told apart, may go on for ever
  const bool has_more = view_.add(answer.data) && view_.repeated().empty() && view_.has_all_variants();
  if (has_more && view_.seen() < kMostVariants) return look();
  if (view_.seen() < view_.total())  // what was not listed is not absent
    return put_off("the portal listed " + std::to_string(view_.seen()) + " of the " + std::to_string(view_.total()) +
                   " variants that it has for the SKUs of this batch");
  if (!view_.repeated().empty())
    return put_off("the portal listed variant " + view_.repeated() + " twice: its list moved");
  is_writing_ = true;
  for (const auto& item : items_) decide_about(item);
  return write_next();
}

Step VariantPush::put_off(const std::string& reason) {
  for (const auto& item : items_) settle(item.index, Verdict::retry, reason);
  return finish();
}

void VariantPush::decide_about(const Item& item) {
  const auto sku = quote_and_bound(item.subject.sku, 100);
  const auto& variants = view_.variants(item.subject.sku);
  if (variants.size() == 1) return decide(item.index, variants.front());
  if (variants.size() > 1)
    return settle(item.index, Verdict::rejected,
                  "the portal has several variants with SKU " + sku + ": ids " + variants[0].id + " and " +
                      variants[1].id + "; give each its own SKU");
  if (!view_.has_all_variants())
    return settle(item.index, Verdict::retry, "the portal's answer has variants without id or SKU");
  if (item.subject.is_withdrawal) return settle(item.index, Verdict::delivered);
  settle(item.index, Verdict::absent, "the portal has no variant with SKU " + sku);
}

json::object* VariantPush::change(std::size_t index, const Variant& variant, const std::string& part) {
  auto& write = writes_[variant.id];
  if (!write.item_by_part.emplace(part, index).second) {
    settle(index, Verdict::rejected,
           "two ERP records carry SKU " + quote_and_bound(text_at(variant.shown, {"sku"}), 100) +
               (part.empty() ? "" : " at the same location") + "; only one can be shown");
    return nullptr;
  }
  if (write.change.empty()) write.change["id"] = variant.id;
  return &write.change;
}

Step VariantPush::write_next() {
  if (writes_.empty()) return finish();
  json::array input;
  std::size_t bytes = write_.size() + 100;
  sent_.clear();
  while (!writes_.empty()) {
    const auto first = writes_.begin();
    bytes += json::serialize(first->second.change).size() + 1;
    if (bytes > kMaxBodyBytes && !input.empty()) break;
    input.push_back(first->second.change);
    sent_.insert(writes_.extract(first));
  }
  return Send{graphql(settings_, Kind::mutation, write_, {{"input", std::move(input)}})};
}

Step VariantPush::on_written(const HttpReply& reply) {
  const auto answer = read_answer(reply, Kind::mutation);
  if (!answer.trouble) {
    settle_written(answer.data);
    return write_next();
  }
  std::size_t count = 0;
  for (const auto& [id, write] : sent_) count += write.item_by_part.size();
  for (const auto& [id, write] : sent_) {
    for (const auto& [part, index] : write.item_by_part) {
      auto item = answer.trouble->for_item(index, count == 1);
      if (answer.trouble->is_not_found && count == 1) item.verdict = Verdict::absent;  // deleted since we looked
      settled_.push_back(std::move(item));
    }
  }
  if (!answer.trouble->ends_exchange()) return write_next();
  abandon_rest(*answer.trouble);
  return finish();
}

void VariantPush::settle_written(const json::value& data) {
  std::set<std::string> confirmed;
  for (const auto& variant : array_at(data, {"updateProductVariants"})) confirmed.insert(id_at(variant, {"id"}));
  for (const auto& [id, write] : sent_) {
    for (const auto& [part, index] : write.item_by_part) {
      if (confirmed.contains(id)) {
        settle(index, Verdict::delivered);
      } else {
        settle(index, Verdict::retry, "the portal's answer does not name variant " + id);
      }
    }
  }
}

// What was never sent has no unknown outcome.
void VariantPush::abandon_rest(Trouble trouble) {
  if (trouble.verdict == Verdict::ambiguous) trouble.verdict = Verdict::retry;
  for (const auto& [id, write] : writes_) {
    for (const auto& [part, index] : write.item_by_part) settled_.push_back(trouble.for_item(index, false));
  }
}

}  // namespace ferry::vendure
