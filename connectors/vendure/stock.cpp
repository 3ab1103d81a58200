#include "connectors/vendure/stock.h"

#include <algorithm>
#include <set>

#include "connectors/vendure/operations.h"
#include "connectors/vendure/stock_document.h"
#include "connectors/vendure/stock_view.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

using namespace connector;

constexpr std::int64_t kPage = 1000;            // Vendure refuses to list more at once
constexpr std::int64_t kMostVariants = 10'000;  // of one batch's SKUs: beyond, the portal does not filter

struct Item {
  std::size_t index = 0;
  WantedStock wanted;
};

// New levels of one variant; several items where the record key includes the location.
struct Write {
  json::array levels;
  std::map<std::string, std::size_t, std::less<>> item_by_location;
};

// Numeric ids in numeric order: two batches that lock rows in opposite order end one of them with a deadlock.
struct ById {
  bool operator()(const std::string& a, const std::string& b) const {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  }
};

class StockPush final : public Exchange {
 public:
  StockPush(const Settings& settings, std::span<const OutboundItem> items) : settings_(settings), batch_(items) {}

  Step start() override {
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      std::string problem;
      if (auto wanted = read_wanted(batch_[i], problem)) {
        items_.push_back({i, std::move(*wanted)});
      } else {
        settle(i, Verdict::rejected, problem);
      }
    }
    return items_.empty() ? finish() : look();
  }

  Step on_reply(const HttpReply& reply) override { return is_writing_ ? on_written(reply) : on_looked(reply); }
  Step on_resume() override { return finish(); }  // never pauses

 private:
  Step look();
  Step on_looked(const HttpReply& reply);
  void decide(const Item& item);
  void plan(const Item& item, const std::string& variant, const std::string& location);
  Step write_next();
  Step on_written(const HttpReply& reply);
  void settle_written(const json::value& data);
  void abandon_rest(Trouble trouble);

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
  std::vector<Item> items_;
  std::vector<ItemVerdict> settled_;
  StockView view_;
  std::map<std::string, Write, ById> writes_;  // by variant id; those not sent yet
  std::map<std::string, Write, ById> sent_;    // the chunk under way
  bool is_writing_ = false;
};

Step StockPush::look() {
  std::set<std::string_view> skus;
  for (const auto& item : items_) skus.insert(item.wanted.sku);
  auto request = graphql(settings_, Kind::query, kVariants,
                         {{"skus", json::array(skus.begin(), skus.end())}, {"take", kPage}, {"skip", view_.seen()}});
  if (request.body.size() <= kMaxBodyBytes) return Send{std::move(request)};
  const bool is_alone = batch_.size() == 1;
  for (const auto& item : items_)
    settle(item.index, is_alone ? Verdict::rejected : Verdict::split,
           "the SKUs are too long for one request to the portal");
  return finish();
}

Step StockPush::on_looked(const HttpReply& reply) {
  const auto answer = read_answer(reply, Kind::query, "productVariants");
  if (answer.trouble) {
    for (const auto& item : items_) settled_.push_back(answer.trouble->for_item(item.index, batch_.size() == 1));
    return finish();
  }
  if (view_.add(answer.data) && view_.seen() < kMostVariants) return look();
  is_writing_ = true;
  for (const auto& item : items_) decide(item);
  return write_next();
}

void StockPush::decide(const Item& item) {
  const auto& wanted = item.wanted;
  const auto sku = quote_and_bound(wanted.sku, 100);
  const auto& variants = view_.variants(wanted.sku);
  if (variants.empty()) {
    if (wanted.is_withdrawal) return settle(item.index, Verdict::delivered);
    return settle(item.index, Verdict::absent, "the portal has no variant with SKU " + sku);
  }
  if (variants.size() > 1)
    return settle(item.index, Verdict::rejected,
                  "the portal has several variants with SKU " + sku + ": ids " + variants[0].id + " and " +
                      variants[1].id + "; give each its own SKU");
  const auto location = view_.location_id(wanted.location.empty() ? settings_.stock_location : wanted.location);
  if (location.empty())
    return settle(item.index, Verdict::rejected,
                  "the portal has no stock location " +
                      quote_and_bound(wanted.location.empty() ? settings_.stock_location : wanted.location, 100) +
                      "; it has " + view_.location_names());
  const auto level = variants.front().on_hand.find(location);
  const auto shown = level == variants.front().on_hand.end() ? 0 : level->second;
  if (shown == wanted.quantity) return settle(item.index, Verdict::delivered);
  if (wanted.last_known && shown != *wanted.last_known && wanted.quantity > shown)
    return settle(
        item.index, Verdict::drifted,
        "the portal shows " + std::to_string(shown) + " where it last confirmed " + std::to_string(*wanted.last_known));
  plan(item, variants.front().id, location);
}

void StockPush::plan(const Item& item, const std::string& variant, const std::string& location) {
  auto& write = writes_[variant];
  if (!write.item_by_location.emplace(location, item.index).second)
    return settle(item.index, Verdict::rejected,
                  "two ERP records carry SKU " + quote_and_bound(item.wanted.sku, 100) +
                      " at the same location; only one can be shown");
  write.levels.push_back(json::object{{"stockLocationId", location}, {"stockOnHand", item.wanted.quantity}});
}

Step StockPush::write_next() {
  if (writes_.empty()) return finish();
  json::array input;
  std::size_t bytes = kSetStock.size() + 100;
  sent_.clear();
  while (!writes_.empty()) {
    const auto first = writes_.begin();
    json::object change{{"id", first->first}, {"stockLevels", first->second.levels}};
    bytes += json::serialize(change).size() + 1;
    if (bytes > kMaxBodyBytes && !input.empty()) break;
    input.push_back(std::move(change));
    sent_.insert(writes_.extract(first));
  }
  return Send{graphql(settings_, Kind::mutation, kSetStock, {{"input", std::move(input)}})};
}

Step StockPush::on_written(const HttpReply& reply) {
  const auto answer = read_answer(reply, Kind::mutation);
  if (!answer.trouble) {
    settle_written(answer.data);
    return write_next();
  }
  std::size_t count = 0;
  for (const auto& [id, write] : sent_) count += write.item_by_location.size();
  for (const auto& [id, write] : sent_) {
    for (const auto& [location, index] : write.item_by_location) {
      auto item = answer.trouble->for_item(index, count == 1);
      if (answer.trouble->is_not_found && count == 1) item.verdict = Verdict::absent;  // deleted since we looked
      settled_.push_back(std::move(item));
    }
  }
  if (!answer.trouble->ends_exchange()) return write_next();
  abandon_rest(*answer.trouble);
  return finish();
}

void StockPush::settle_written(const json::value& data) {
  std::set<std::string> confirmed;
  for (const auto& variant : array_at(data, {"updateProductVariants"})) confirmed.insert(id_at(variant, {"id"}));
  for (const auto& [id, write] : sent_) {
    for (const auto& [location, index] : write.item_by_location) {
      if (confirmed.contains(id)) {
        settle(index, Verdict::delivered);
      } else {
        settle(index, Verdict::retry, "the portal's answer does not name variant " + id);
      }
    }
  }
}

// What was never sent has no unknown outcome.
void StockPush::abandon_rest(Trouble trouble) {
  if (trouble.verdict == Verdict::ambiguous) trouble.verdict = Verdict::retry;
  for (const auto& [id, write] : writes_) {
    for (const auto& [location, index] : write.item_by_location) settled_.push_back(trouble.for_item(index, false));
  }
}

}  // namespace

std::unique_ptr<Exchange> make_stock_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<StockPush>(settings, items);
}

}  // namespace ferry::vendure
