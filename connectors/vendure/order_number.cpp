#include "connectors/vendure/order_number.h"

#include <map>
#include <vector>

#include "connectors/vendure/operations.h"
#include "plugin/connector/order_texts.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

using namespace connector;

// Longer than a state transition takes, so that one which was under way has saved before we read back.
constexpr Duration kReadBackDelay = std::chrono::milliseconds(250);

// What a custom field of type string takes.
constexpr std::size_t kLongestField = 255;

using Fields = std::map<std::string, std::string>;  // custom fields of Order with what they are to show; "": nothing

struct Item {
  std::size_t index = 0;
  std::string order;   // the portal's id
  std::string number;  // the ERP's
  Fields fields;       // with the number
};

// Settings that are no field names are left out: the connection test says so.
std::string names_of_fields(const Settings& settings) {
  std::string names = settings.order_number_field;
  for (const auto* field : {&settings.order_state_field, &settings.order_invoices_field, &settings.order_cancelled_field}) {
    if (is_field_name(*field)) names += " " + *field;
  }
  return names;
}

Fields fields_of(const Settings& settings, const json::value& document) {
  Fields fields;
  const auto texts = read_order_texts(document, settings.order_invoice_url, kLongestField);
  const auto add = [&](const std::string& name, const std::string& text) {
    if (is_field_name(name)) fields[name] = text;
  };
  if (texts.state) add(settings.order_state_field, *texts.state);
  add(settings.order_invoices_field, texts.invoices);
  add(settings.order_cancelled_field, texts.cancelled);
  fields[settings.order_number_field] = text_at(document, {"number"});
  return fields;
}

class OrderNumberPush final : public Exchange {
 public:
  OrderNumberPush(const Settings& settings, std::span<const OutboundItem> items) : settings_(settings), batch_(items) {}

  Step start() override {
    for (std::size_t i = 0; i < batch_.size(); ++i) accept(i);
    return items_.empty() ? finish() : look();
  }
  Step on_reply(const HttpReply& reply) override {
    switch (stage_) {
      case Stage::looking: return on_looked(reply);
      case Stage::writing: return on_written(reply);
      case Stage::finding_holder: return on_holder(reply);
      case Stage::reading_back: break;
    }
    return on_read_back(reply);
  }
  Step on_resume() override {
    stage_ = Stage::reading_back;
    items_ = std::exchange(written_, {});
    return look();
  }

 private:
  enum class Stage { looking = 1, writing, finding_holder, reading_back };
  using Seen = std::map<std::string, json::value>;  // custom fields by the order's id

  void accept(std::size_t index);
  Step look() const;
  void read_fields(const json::value& data);
  json::object missing(const Item& item) const;
  Step on_looked(const HttpReply& reply);
  Step write_next();
  Step on_written(const HttpReply& reply);
  Step stop(const Trouble& trouble);
  Step on_holder(const HttpReply& reply);
  Step on_read_back(const HttpReply& reply);

  void settle(std::size_t index, Verdict verdict, std::string reason = "") {
    ItemVerdict item;
    item.index = index;
    item.verdict = verdict;
    item.reason = std::move(reason);
    settled_.push_back(std::move(item));
  }
  Step fail_all(const Trouble& trouble) {
    for (const auto& item : items_) settled_.push_back(trouble.for_item(item.index, batch_.size() == 1));
    return finish();
  }
  Step finish() { return Finish{std::move(settled_)}; }

  const Settings& settings_;
  std::span<const OutboundItem> batch_;
  Stage stage_ = Stage::looking;
  std::vector<Item> items_;     // being looked at
  std::vector<Item> to_write_;  // the next one last
  std::vector<Item> written_;   // accepted by the portal, not yet verified
  Seen seen_;
  std::vector<ItemVerdict> settled_;
};

void OrderNumberPush::accept(std::size_t index) {
  const auto& item = batch_[index];
  if (item.document.empty()) return settle(index, Verdict::delivered);  // an order number is never taken back
  boost::system::error_code error;
  const auto document = json::parse(item.document, error);
  Item accepted{index, id_at(document, {"order"}), std::string(text_at(document, {"number"})), {}};
  if (error || accepted.order.empty() || accepted.number.empty())
    return settle(index, Verdict::rejected, "the order status document names no portal order or no ERP number");
  if (!is_field_name(settings_.order_number_field))
    return settle(index, Verdict::rejected, "setting order_number_field is not the name of a custom field");
  accepted.fields = fields_of(settings_, document);
  items_.push_back(std::move(accepted));
}

Step OrderNumberPush::look() const {
  json::array ids;
  for (const auto& item : items_) ids.emplace_back(item.order);
  const auto take = ids.size();
  return Send{graphql(settings_, Kind::query, order_numbers_query(names_of_fields(settings_)),
                      {{"ids", std::move(ids)}, {"take", take}})};
}

void OrderNumberPush::read_fields(const json::value& data) {
  seen_.clear();
  for (const auto& order : array_at(data, {"orders", "items"})) {
    const auto* fields = find(order, {"customFields"});
    seen_[id_at(order, {"id"})] = fields ? *fields : json::value();
  }
  seen_.erase("");  // whichever it is, it was not listed
}

// What is missing there, as the member of a write.
json::object OrderNumberPush::missing(const Item& item) const {
  json::object fields;
  for (const auto& [name, text] : item.fields) {
    if (text_at(seen_.at(item.order), {name}) == text) continue;
    fields[name] = text.empty() ? json::value() : json::value(text);
  }
  return fields;
}

Step OrderNumberPush::on_looked(const HttpReply& reply) {
  const auto answer = read_answer(reply, Kind::query, "orders");
  if (answer.trouble) return fail_all(*answer.trouble);
  read_fields(answer.data);
  const auto total = integer_at(answer.data, {"orders", "totalItems"}).value_or(0);
  const bool is_cut = static_cast<std::int64_t>(seen_.size()) < total;  // what was not listed is not absent
  for (const auto& item : items_) {
    const bool is_listed = seen_.contains(item.order);
    if (!is_listed && is_cut) {
      settle(item.index, Verdict::retry,
             "the portal listed " + std::to_string(seen_.size()) + " of " + std::to_string(total) + " orders");
    } else if (!is_listed) {
      settle(item.index, Verdict::absent, "the portal has no order with id " + quote_and_bound(item.order, 60));
    } else if (missing(item).empty()) {
      settle(item.index, Verdict::delivered);
    } else {
      to_write_.push_back(item);
    }
  }
  return write_next();
}

Step OrderNumberPush::write_next() {
  stage_ = Stage::writing;
  if (to_write_.empty()) return written_.empty() ? finish() : Step(Pause{kReadBackDelay});
  const auto& item = to_write_.back();
  return Send{graphql(settings_, Kind::mutation, kSetOrderNumber,
                      {{"input", json::object{{"id", item.order}, {"customFields", missing(item)}}}})};
}

Step OrderNumberPush::on_written(const HttpReply& reply) {
  const auto answer = read_answer(reply, Kind::mutation);
  if (answer.trouble && answer.trouble->ends_exchange()) return stop(*answer.trouble);
  if (answer.trouble && answer.trouble->is_duplicate) {
    stage_ = Stage::finding_holder;
    return Send{graphql(settings_, Kind::query, number_holder_query(settings_.order_number_field),
                        {{"number", to_write_.back().number}})};
  }
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

Step OrderNumberPush::on_holder(const HttpReply& reply) {
  const auto item = std::move(to_write_.back());
  to_write_.pop_back();
  const auto answer = read_answer(reply, Kind::query);
  const auto& holders = array_at(answer.data, {"orders", "items"});
  std::string reason = "the ERP number " + quote_and_bound(item.number, 100) + " of portal order " +
                       quote_and_bound(batch_[item.index].label, 100) + " is already on ";
  reason += holders.empty() ? "another portal order"
                            : "portal order " + quote_and_bound(text_at(holders.front(), {"code"}), 100);
  settle(item.index, Verdict::rejected, std::move(reason));
  return write_next();
}

Step OrderNumberPush::on_read_back(const HttpReply& reply) {
  const auto answer = read_answer(reply, Kind::query, "orders");
  if (answer.trouble) return fail_all(*answer.trouble);
  read_fields(answer.data);
  for (const auto& item : items_) {
    if (seen_.contains(item.order) && missing(item).empty()) {
      settle(item.index, Verdict::delivered);
    } else {
      settle(item.index, Verdict::retry,
             "the portal confirmed the order number and lost it again (the order changed at the same moment)");
    }
  }
  return finish();
}

}  // namespace

std::unique_ptr<Exchange> make_order_number_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<OrderNumberPush>(settings, items);
}

}  // namespace ferry::vendure
