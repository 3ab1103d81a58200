#include "connectors/medusa/order_number.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "connectors/medusa/answer.h"
#include "connectors/medusa/rest.h"
#include "plugin/connector/order_texts.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

using namespace connector;

// Longer than a write of another user takes that had read the metadata before ours.
constexpr Duration kReadBackDelay = std::chrono::milliseconds(250);

constexpr std::size_t kLongestText = 5'000;  // that is still looked at on a screen

using Texts = std::map<std::string, std::string>;  // by the key in the metadata; "": there is no such key

struct Item {
  std::size_t index = 0;
  std::string order;   // the portal's id
  std::string number;  // the ERP's
  Texts texts;         // with the number
};

Texts texts_of(const Settings& settings, const json::value& document) {
  Texts texts;
  auto read = read_order_texts(document, settings.order_invoice_url, kLongestText);
  if (read.state) texts[settings.order_state_key] = std::move(*read.state);
  texts[settings.order_invoices_key] = std::move(read.invoices);
  texts[settings.order_cancelled_key] = std::move(read.cancelled);
  texts.erase("");
  texts[settings.order_number_key] = text_at(document, {"number"});
  return texts;
}

class OrderNumberPush final : public Exchange {
 public:
  OrderNumberPush(const Settings& settings, std::span<const OutboundItem> items) : settings_(settings), batch_(items) {}

  Step start() override {
    for (std::size_t i = 0; i < batch_.size(); ++i) accept(i);
    return items_.empty() ? finish() : look();
  }
  Step on_reply(const HttpReply& reply) override { return is_writing_ ? on_written(reply) : on_looked(reply); }
  Step on_resume() override {
    is_writing_ = false;
    is_reading_back_ = true;
    items_ = std::exchange(written_, {});
    return look();
  }

 private:
  void accept(std::size_t index);
  Step look();
  Step look_next() { return Send{get(settings_, looks_[looked_])}; }
  Step on_looked(const HttpReply& reply);
  json::object missing(const Item& item) const;
  void decide(const Item& item);
  void verify(const Item& item);
  Step write_next();
  Step on_written(const HttpReply& reply);
  Step stop(const Trouble& trouble);

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
  std::vector<Item> items_;           // being looked at
  std::vector<std::string> looks_;    // targets
  std::size_t looked_ = 0;            // of these
  std::map<std::string, json::value> shown_;  // metadata by the order's id
  std::vector<Item> to_write_;        // the next one last
  std::vector<Item> written_;         // accepted by the portal, not yet verified
  bool is_writing_ = false, is_reading_back_ = false;
  bool is_readable_ = true;  // false: some order came without id
  std::vector<ItemVerdict> settled_;
};

void OrderNumberPush::accept(std::size_t index) {
  const auto& item = batch_[index];
  if (item.document.empty()) return settle(index, Verdict::delivered);  // an order number is never taken back
  boost::system::error_code error;
  const auto document = json::parse(item.document, error);
  Item accepted{index, id_at(document, {"order"}), std::string(text_at(document, {"number"})), texts_of(settings_, document)};
  if (error || accepted.order.empty() || accepted.number.empty())
    return settle(index, Verdict::rejected, "the order status document names no portal order or no ERP number");
  items_.push_back(std::move(accepted));
}

Step OrderNumberPush::look() {
  std::vector<std::string> ids;
  for (const auto& item : items_) ids.push_back(item.order);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  looks_ = targets(kNumbersTarget, "id", ids);
  looked_ = 0;
  shown_.clear();
  is_readable_ = true;
  return look_next();
}

Step OrderNumberPush::on_looked(const HttpReply& reply) {
  const auto answer = read_list(reply, "orders");
  if (answer.trouble) {
    for (const auto& item : items_) settled_.push_back(answer.trouble->for_item(item.index, batch_.size() == 1));
    return finish();
  }
  for (const auto& order : array_at(answer.body, {"orders"})) {
    auto id = id_at(order, {"id"});
    is_readable_ = is_readable_ && !id.empty();
    const auto* metadata = find(order, {"metadata"});
    shown_[std::move(id)] = metadata ? *metadata : json::value();
  }
  if (++looked_ < looks_.size()) return look_next();
  for (const auto& item : items_) is_reading_back_ ? verify(item) : decide(item);
  if (is_reading_back_) return finish();
  is_writing_ = true;
  return write_next();
}

// Of what is shown of the order: what a write has to bring, where "" takes a key away.
json::object OrderNumberPush::missing(const Item& item) const {
  json::object metadata;
  for (const auto& [key, text] : item.texts) {
    if (text_at(shown_.at(item.order), {key}) != text) metadata[key] = text;
  }
  return metadata;
}

void OrderNumberPush::decide(const Item& item) {
  const auto order = shown_.find(item.order);
  if (order == shown_.end() && !is_readable_) {
    settle(item.index, Verdict::retry, "the portal listed an order without id");
  } else if (order == shown_.end()) {
    settle(item.index, Verdict::absent, "the portal has no order with id " + quote_and_bound(item.order, 60));
  } else if (missing(item).empty()) {
    settle(item.index, Verdict::delivered);
  } else {
    to_write_.push_back(item);
  }
}

void OrderNumberPush::verify(const Item& item) {
  if (shown_.contains(item.order) && missing(item).empty()) return settle(item.index, Verdict::delivered);
  settle(item.index, Verdict::retry,
         "the portal confirmed the order number and lost it again (the order changed at the same moment)");
}

Step OrderNumberPush::write_next() {
  if (to_write_.empty()) return written_.empty() ? finish() : Step(Pause{kReadBackDelay});
  const auto& item = to_write_.back();
  return Send{post(settings_, order_target(item.order), json::object{{"metadata", missing(item)}})};
}

Step OrderNumberPush::on_written(const HttpReply& reply) {
  const auto answer = read_answer(reply, Kind::write);
  if (answer.trouble && answer.trouble->ends_exchange()) return stop(*answer.trouble);
  const auto item = std::move(to_write_.back());
  to_write_.pop_back();
  if (!answer.trouble) {
    written_.push_back(item);
  } else if (answer.trouble->is_not_found) {
    settle(item.index, Verdict::absent, answer.trouble->reason);
  } else {
    settled_.push_back(answer.trouble->for_item(item.index, true));
  }
  return write_next();
}

// The portal is not there for the rest either. What it accepted before is looked at again by the next attempt.
Step OrderNumberPush::stop(const Trouble& trouble) {
  settled_.push_back(trouble.for_item(to_write_.back().index, true));
  to_write_.pop_back();
  auto later = trouble;
  if (later.verdict == Verdict::ambiguous) later.verdict = Verdict::retry;
  for (const auto& item : to_write_) settled_.push_back(later.for_item(item.index, true));
  for (const auto& item : written_) settled_.push_back(later.for_item(item.index, true));
  return finish();
}

}  // namespace

std::unique_ptr<Exchange> make_order_number_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<OrderNumberPush>(settings, items);
}

}  // namespace ferry::medusa
