#include "connectors/vendure/fixed_price.h"

#include <algorithm>
#include <map>
#include <set>

#include "connectors/vendure/money.h"
#include "connectors/vendure/operations.h"
#include "connectors/vendure/price_document.h"
#include "connectors/vendure/session.h"
#include "connectors/vendure/tiers_document.h"
#include "connectors/vendure/variant_push.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

using namespace connector;


// What the list's channel should show of the records of one list.
struct WantedPrice {
  TiersDocument document;
  std::string amount;  // "": none now
};

// ---- prices of variants that are in the channel -----------------------------------------------------------------------

class ChannelPrices final : public VariantPush {
 public:
  ChannelPrices(const Settings& settings, std::span<const OutboundItem> items, std::vector<const WantedPrice*> wanted)
      : VariantPush(settings, items, variants_query(shown_fixed_prices()), kSetFixedPrices),
        wanted_(std::move(wanted)) {}

  const std::string& channel() const { return channel_; }                           // its id
  const std::map<std::size_t, std::string>& to_remove() const { return to_remove_; }  // variants by index

 private:
  std::optional<Subject> read(std::size_t index) override {
    return Subject{wanted_[index]->document.sku, wanted_[index]->amount.empty()};
  }
  void note(const json::value& data) override {
    money_ = read_money(data);
    channel_ = id_at(data, {"activeChannel", "id"});
  }
  void decide(std::size_t index, const Variant& variant) override;
  std::string channel_problem(const WantedPrice& wanted) const;

  const std::vector<const WantedPrice*> wanted_;
  std::optional<ChannelMoney> money_;
  std::string channel_;
  std::map<std::size_t, std::string> to_remove_;
};

std::string ChannelPrices::channel_problem(const WantedPrice& wanted) const {
  const auto& currency = wanted.document.currency;
  if (money_->includes_tax)
    return "the portal's channel of the list shows prices with tax, the ERP's net prices hold none; set "
           "pricesIncludeTax of that channel to false";
  if (!money_->has(currency))
    return "the portal's channel of the list does not sell in " + quote_and_bound(currency, 10) +
           "; add it to the channel's currencies";
  return "";
}

void ChannelPrices::decide(std::size_t index, const Variant& variant) {
  const auto& wanted = *wanted_[index];
  if (!money_ || channel_.empty())
    return settle(index, Verdict::retry, "the portal's answer does not say how its channel shows prices");
  if (wanted.amount.empty()) {
    to_remove_[index] = variant.id;
    return settle(index, Verdict::delivered);  // by who asks for to_remove()
  }
  auto problem = channel_problem(wanted);
  const auto units = problem.empty() ? to_units(wanted.amount, money_->digits, problem) : std::nullopt;
  if (!units) return settle(index, Verdict::rejected, record_of(wanted.document) + ": " + problem);
  const auto shown = shown_price(variant.shown, wanted.document.currency);
  if (!shown.is_readable)
    return settle(index, Verdict::retry,
                  "the portal's answer has no readable prices of SKU " + quote_and_bound(wanted.document.sku, 100));
  if (shown.units == *units) return settle(index, Verdict::delivered);
  if (auto* write = change(index, variant))
    (*write)["prices"] = json::array{json::object{{"currencyCode", wanted.document.currency}, {"price", *units}}};
}

// ---- the exchange -----------------------------------------------------------------------------------------------------

// One price list after the other: sets what is in its channel, adds what is not, sets that, and takes out what has no
// price any more.
class FixedPricePush final : public Exchange {
 public:
  FixedPricePush(const Settings& settings, std::span<const OutboundItem> items) : settings_(settings), batch_(items) {}

  Step start() override;
  Step on_reply(const HttpReply& reply) override;
  Step on_resume() override { return finish(); }  // never pauses

 private:
  enum class Stage { pricing = 1, looking_for_missing, adding, pricing_added, removing };

  std::string read(std::size_t index);
  Step next_list();
  Step price(Stage stage, std::vector<std::size_t> indices);
  Step go_on(Step step);
  Step on_priced(std::vector<ItemVerdict> items);
  Step look_for_missing();
  Step on_looked(const HttpReply& reply);
  Step on_added(const HttpReply& reply);
  Step remove();
  Step on_removed(const HttpReply& reply);
  Step send(Kind kind, std::string_view operation, json::object variables);
  Step stop(ItemVerdict verdict);
  // These; after what concerns every request, the rest of the batch too.
  Step fail(const std::vector<std::size_t>& indices, const Trouble& trouble);
  void settle(std::size_t index, Verdict verdict, std::string reason = "");
  const std::string& token() const { return settings_.list_channels.at(lists_.begin()->first); }
  Step finish() { return Finish{std::move(settled_)}; }

  const Settings& settings_;
  const std::span<const OutboundItem> batch_;
  std::map<std::size_t, WantedPrice> wanted_;                    // by index
  std::map<std::string, std::vector<std::size_t>> lists_;        // not done yet; the first is being worked on
  std::set<std::pair<std::string, std::string>> seen_;
  Stage stage_ = Stage::pricing;
  std::vector<OutboundItem> asked_;                              // of prices_, whose indices are those of indices_
  std::vector<std::size_t> indices_;
  std::unique_ptr<ChannelPrices> prices_;
  std::string channel_;                                          // id of the list's
  std::vector<std::size_t> missing_;                             // not in the channel
  std::map<std::size_t, std::string> removals_;                  // variants by index
  std::vector<ItemVerdict> settled_;
};

void FixedPricePush::settle(std::size_t index, Verdict verdict, std::string reason) {
  ItemVerdict item;
  item.index = index;
  item.verdict = verdict;
  item.reason = std::move(reason);
  settled_.push_back(std::move(item));
}

std::string FixedPricePush::read(std::size_t index) {
  std::string problem;
  auto document = read_tiers(batch_[index], "amount", problem);
  if (!document) return problem;
  const auto record = record_of(*document);
  problem = list_channel_problem(settings_, document->list);
  if (!problem.empty()) return record + ": " + problem;
  if (!seen_.emplace(document->list, document->sku).second)
    return "two ERP records carry " + record + "; only one can be shown";
  WantedPrice wanted;
  Decimal quantity;
  for (const auto& tier : document->tiers) {
    if (tier.from) continue;  // not yet
    const auto pieces = pieces_from(tier.quantity);
    if (!pieces || *pieces > 1)
      return record + ": Vendure has no quantity breaks of fixed prices, and there is one from " +
             tier.quantity.text() + "; give the list a percentage for it, or one price for every quantity";
    if (!wanted.amount.empty() && tier.quantity < quantity) continue;
    quantity = tier.quantity;
    wanted.amount = tier.value.text();
  }
  wanted.document = std::move(*document);
  lists_[wanted.document.list].push_back(index);
  wanted_[index] = std::move(wanted);
  return "";
}

Step FixedPricePush::start() {
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    if (auto problem = read(i); !problem.empty()) settle(i, Verdict::rejected, std::move(problem));
  }
  return next_list();
}

Step FixedPricePush::next_list() {
  missing_.clear();
  removals_.clear();
  if (lists_.empty()) return finish();
  return price(Stage::pricing, lists_.begin()->second);
}

Step FixedPricePush::price(Stage stage, std::vector<std::size_t> indices) {
  stage_ = stage;
  indices_ = std::move(indices);
  asked_.clear();
  std::vector<const WantedPrice*> wanted;
  for (const auto index : indices_) {
    asked_.push_back(batch_[index]);
    wanted.push_back(&wanted_.at(index));
  }
  prices_ = std::make_unique<ChannelPrices>(settings_, asked_, std::move(wanted));
  return go_on(prices_->start());
}

Step FixedPricePush::go_on(Step step) {
  if (auto* done = std::get_if<Finish>(&step)) return on_priced(std::move(done->items));
  if (auto* request = std::get_if<Send>(&step)) in_channel(request->request, token());
  return step;
}

Step FixedPricePush::on_priced(std::vector<ItemVerdict> items) {
  channel_ = prices_->channel();
  std::optional<ItemVerdict> stops;
  for (auto& item : items) {
    const auto index = indices_[item.index];
    const auto removal = prices_->to_remove().find(item.index);
    if (item.verdict == Verdict::unauthorized || item.verdict == Verdict::snooze) stops = item;
    if (removal != prices_->to_remove().end()) {
      removals_[index] = removal->second;
      continue;
    }
    if (item.verdict == Verdict::absent && stage_ == Stage::pricing) {
      missing_.push_back(index);
      continue;
    }
    if (item.verdict == Verdict::absent)  // it was added a moment ago
      item.verdict = Verdict::retry;
    item.index = index;
    settled_.push_back(std::move(item));
  }
  if (stops) return stop(*stops);
  return missing_.empty() ? remove() : look_for_missing();
}

// What is not settled yet shares that fate: it concerns every request.
Step FixedPricePush::stop(ItemVerdict verdict) {
  std::set<std::size_t> done;
  for (const auto& item : settled_) done.insert(item.index);
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    if (done.contains(i)) continue;
    verdict.index = i;
    settled_.push_back(verdict);
  }
  return finish();
}

Step FixedPricePush::on_reply(const HttpReply& reply) {
  switch (stage_) {
    case Stage::looking_for_missing: return on_looked(reply);
    case Stage::adding: return on_added(reply);
    case Stage::removing: return on_removed(reply);
    case Stage::pricing:
    case Stage::pricing_added: break;
  }
  return go_on(prices_->on_reply(reply));
}

Step FixedPricePush::send(Kind kind, std::string_view operation, json::object variables) {
  return Send{graphql(settings_, kind, operation, std::move(variables))};
}

Step FixedPricePush::fail(const std::vector<std::size_t>& indices, const Trouble& trouble) {
  for (const auto index : indices) settled_.push_back(trouble.for_item(index, batch_.size() == 1));
  if (trouble.ends_exchange()) {
    auto later = trouble;
    if (later.verdict == Verdict::ambiguous) later.verdict = Verdict::retry;  // nothing was sent for the rest
    return stop(later.for_item(0, false));
  }
  if (stage_ != Stage::removing) return remove();
  lists_.erase(lists_.begin());
  return next_list();
}

Step FixedPricePush::look_for_missing() {
  stage_ = Stage::looking_for_missing;
  std::set<std::string> skus;
  for (const auto index : missing_) skus.insert(wanted_.at(index).document.sku);
  return send(Kind::query, kVariantIds, {{"skus", json::array(skus.begin(), skus.end())}, {"take", kMostListed}});
}

// Whichever variant of a SKU is added: several of one are found, and refused, in the channel.
Step FixedPricePush::on_looked(const HttpReply& reply) {
  auto answer = read_answer(reply, Kind::query, "productVariants");
  const auto& items = array_at(answer.data, {"productVariants", "items"});
  if (!answer.trouble && integer_at(answer.data, {"productVariants", "totalItems"}) !=
                             static_cast<std::int64_t>(items.size())) {
    answer.trouble.emplace();
    answer.trouble->reason = "the portal did not list all variants of the batch";
  }
  if (answer.trouble) return fail(std::exchange(missing_, {}), *answer.trouble);
  std::map<std::string, std::vector<std::string>, std::less<>> ids;
  for (const auto& variant : items) {
    auto id = id_at(variant, {"id"});
    const std::string sku(text_at(variant, {"sku"}));
    if (id.empty() || sku.empty()) {
      answer.trouble.emplace();
      answer.trouble->reason = "the portal's answer has variants without id or SKU";
      return fail(std::exchange(missing_, {}), *answer.trouble);
    }
    ids[sku].push_back(std::move(id));
  }
  json::array to_add;
  std::vector<std::size_t> found;
  for (const auto index : missing_) {
    const auto& sku = wanted_.at(index).document.sku;
    const auto known = ids.find(sku);
    if (known == ids.end()) {
      settle(index, Verdict::absent, "the portal has no variant with SKU " + quote_and_bound(sku, 100));
      continue;
    }
    found.push_back(index);
    for (const auto& id : known->second) to_add.emplace_back(id);
  }
  missing_ = std::move(found);
  if (missing_.empty()) return remove();
  stage_ = Stage::adding;
  return send(Kind::mutation, kAddToChannel, {{"variants", std::move(to_add)}, {"channel", channel_}});
}

Step FixedPricePush::on_added(const HttpReply& reply) {
  const auto answer = read_answer(reply, Kind::mutation);
  auto added = std::exchange(missing_, {});
  if (answer.trouble) return fail(added, *answer.trouble);
  return price(Stage::pricing_added, std::move(added));
}

Step FixedPricePush::remove() {
  if (removals_.empty()) {
    lists_.erase(lists_.begin());
    return next_list();
  }
  stage_ = Stage::removing;
  json::array variants;
  for (const auto& [index, variant] : removals_) variants.emplace_back(variant);
  return send(Kind::mutation, kTakeFromChannel, {{"variants", std::move(variants)}, {"channel", channel_}});
}

Step FixedPricePush::on_removed(const HttpReply& reply) {
  const auto answer = read_answer(reply, Kind::mutation);
  std::vector<std::size_t> removed;
  for (const auto& [index, variant] : removals_) removed.push_back(index);
  if (answer.trouble) return fail(removed, *answer.trouble);
  for (const auto index : removed) settle(index, Verdict::delivered);
  lists_.erase(lists_.begin());
  return next_list();
}

}  // namespace

std::unique_ptr<Exchange> make_fixed_price_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<FixedPricePush>(settings, items);
}

std::string list_channel_problem(const Settings& settings, const std::string& list) {
  const auto found = settings.list_channels.find(list);
  if (found == settings.list_channels.end() || found->second.empty())
    return "the setting price_list_channels names no channel of the portal for this price list; add it, as {" +
           quote_and_bound(list, 20) + ": \"the channel's token\"}";
  if (found->second == settings.channel_token)
    return "the setting price_list_channels names for this price list the channel in which everybody buys; give the "
           "list a channel of its own";
  for (const auto& [other, token] : settings.list_channels) {
    if (other != list && token == found->second)
      return "the setting price_list_channels gives the price lists " + quote_and_bound(list, 20) + " and " +
             quote_and_bound(other, 20) + " one channel; give each its own";
  }
  return "";
}

void in_channel(HttpRequest& request, const std::string& token) {
  request.headers.emplace_back(kChannelHeader, token);
}

}  // namespace ferry::vendure
