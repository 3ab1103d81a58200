// Failure stories of other connectors that every connector must not repeat, played against its simulated portal.
#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <set>

#include "tests/conformance/conversation.h"

namespace ferry::connector {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using testing::Conversation;

constexpr std::size_t kRecords = 8;

std::string number(std::size_t value) { return std::to_string(value); }

// The whole document of a record, every member of it different in every version.
json::object document_of(Feed feed, const std::string& label, std::size_t index, std::size_t version) {
  const auto v = number(version);
  json::object document;
  if (feed == Feed::customer) {
    const json::object address{{"name", ""},          {"street", "Street " + v}, {"postal_code", "1"}, {"city", "Berlin"},
                               {"subdivision", ""},   {"country", "DE"},         {"invoice", true},    {"delivery", true}};
    return {{"code", label},
            {"name", "Party " + label + " v" + v},
            {"email", label + "-" + v + "@example.com"},
            {"phone", "030-" + v},
            {"tax_identifier", "DE" + v},
            {"list", v},
            {"list_name", "List " + v},
            {"credit_hold", version % 2 == 0},
            {"addresses", json::array{address}}};
  }
  if (feed == Feed::order_status)
    return {{"order", label}, {"reference", label}, {"number", "SO-" + label + "-" + v}, {"state", "confirmed"}};
  document["sku"] = label;
  if (feed == Feed::product) {
    document["product"] = number(index + 1);
    document["name"] = "Item " + label + " v" + v;
    document["description"] = "Text " + v;
    document["unit"] = "u" + v;
    document["digits"] = version % 3;
    document["categories"] = json::array{"Category " + v};
    document["attributes"] = json::object{{"colour", v}};
    document["images"] = json::array{"https://images.example.com/" + v + ".png"};
    return document;
  }
  if (feed == Feed::stock) {
    document["location"] = nullptr;
    document["quantity"] = number(3 + version);
    return document;
  }
  if (feed == Feed::discount || feed == Feed::fixed_net_price) {
    document["list"] = "0";
    document["list_name"] = "List " + v;
    if (feed == Feed::fixed_net_price) document["currency"] = "EUR";
    json::object first{{"quantity", "0"}, {feed == Feed::discount ? "percent" : "amount", number(5 + version)},
                       {"from", nullptr}, {"until", nullptr}};
    json::array tiers{first};
    if (feed == Feed::discount) {  // not every portal has quantity breaks of fixed prices
      first["quantity"] = "10";
      first["percent"] = number(40 - version);
      tiers.push_back(std::move(first));
    }
    document["tiers"] = std::move(tiers);
    return document;
  }
  document["currency"] = "EUR";
  document["amount"] = number(10 + version) + ".5";
  if (feed == Feed::list_price) document["tax"] = "excluded";
  return document;
}

// Those members that a channel may give away while the rest of the feed is the ERP's.
std::vector<std::string> members_to_give_away(Feed feed) {
  if (feed == Feed::product) return {"name", "description", "unit", "digits", "categories", "attributes", "images"};
  if (feed == Feed::customer)
    return {"name", "email", "phone", "tax_identifier", "list", "list_name", "credit_hold", "addresses"};
  if (feed == Feed::discount || feed == Feed::fixed_net_price) return {"list_name"};
  return {};
}

bool is_money(Feed feed) { return feed == Feed::list_price || feed == Feed::cost || feed == Feed::fixed_net_price; }

class ConnectorStories : public ::testing::TestWithParam<const ConnectorInfo*> {
 protected:
  ConnectorStories() { open(1); }

  // A portal that sells some products, has customers' orders, and shows the first version of every record.
  void open(std::uint64_t seed) {
    talk_ = std::make_unique<Conversation>(*GetParam(), seed);
    labels_.clear();
    ids_.clear();
    for (std::size_t i = 0; i < kRecords; ++i) {
      const auto sku = "SKU-" + number(i);
      talk_->portal().list(sku);
      const portal::OrderLine line{sku, 1};
      const auto order = talk_->portal().place(std::span(&line, 1), true, Instant(std::chrono::seconds(1'600'000'000)));
      for (const auto feed : feeds()) {
        if (feed == Feed::order_status) {
          labels_[feed].push_back(talk_->portal().reference(order));
          ids_.push_back(order);
        } else {
          labels_[feed].push_back(feed == Feed::customer ? "P" + number(i) : sku);
        }
      }
    }
    // a product shows when it has a price
    for (const auto feed : {Feed::list_price, Feed::product}) show_first(feed);
    for (const auto feed : feeds()) show_first(feed);
    talk_->take_writes();
  }
  void show_first(Feed feed) {
    if (!has(feed)) return;
    for (std::size_t i = 0; i < kRecords; ++i) expect_delivered(feed, {item(feed, i, 0)});
  }

  std::span<const Feed> feeds() const { return talk_->connector().capabilities().feeds; }
  bool has(Feed feed) const { return std::ranges::count(feeds(), feed) > 0; }

  json::object document(Feed feed, std::size_t index, std::size_t version) {
    auto made = document_of(feed, labels_.at(feed).at(index), index, version);
    if (feed == Feed::order_status) made["order"] = ids_.at(index);
    return made;
  }
  OutboundItem item(Feed feed, std::size_t index, std::size_t version) {
    return {labels_.at(feed).at(index), json::serialize(document(feed, index, version)), ""};
  }
  OutboundItem item(Feed feed, std::size_t index, const json::object& document) {
    return {labels_.at(feed).at(index), json::serialize(document), ""};
  }
  void expect_delivered(Feed feed, const std::vector<OutboundItem>& items) {
    for (const auto& verdict : talk_->push(feed, items))
      EXPECT_EQ(verdict.verdict, Verdict::delivered) << name_of(feed) << ": " << verdict.reason;
  }

  using Shown = std::map<std::pair<Feed, std::string>, std::optional<std::string>>;
  Shown shown() const {
    Shown all;
    for (const auto& [feed, labels] : labels_) {
      for (const auto& label : labels) all[{feed, label}] = talk_->portal().shown(feed, label);
    }
    return all;
  }

  std::unique_ptr<Conversation> talk_;
  std::map<Feed, std::vector<std::string>> labels_;
  std::vector<std::string> ids_;  // of the orders
};

// Whatever is sent, nothing shows differently but those records of that feed; and they as they were sent.
TEST_P(ConnectorStories, D2_AFeedChangesItsOwnRecordsAndNothingElse) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    open(seed);
    portal::Dice dice(seed);
    for (std::size_t step = 1; step <= 40; ++step) {
      const auto feed = feeds()[dice.below(feeds().size())];
      std::vector<OutboundItem> items;
      std::set<std::string> sent;
      for (std::size_t i = 0; i < kRecords; ++i) {
        if (dice.below(2) == 0) continue;
        items.push_back(item(feed, i, dice.below(12)));
        if (feed != Feed::order_status && dice.below(8) == 0)
          items.back() = {items.back().label, "", json::serialize(document(feed, i, 0))};
        sent.insert(items.back().label);
      }
      if (items.empty()) continue;
      const auto before = shown();
      const auto verdicts = talk_->push_and_halve(feed, items);
      const auto after = shown();
      for (const auto& [record, value] : after) {
        if (record.first == feed && sent.contains(record.second)) continue;
        EXPECT_EQ(value, before.at(record)) << "seed " << seed << ", step " << step << ": " << name_of(feed) << " changed "
                                            << name_of(record.first) << " of " << record.second;
      }
      for (std::size_t i = 0; i < items.size(); ++i) {
        const auto wanted = talk_->portal().value_in(feed, items[i].document);
        if (verdicts[i].verdict != Verdict::delivered || !wanted) continue;
        EXPECT_EQ(after.at({feed, items[i].label}), wanted) << name_of(feed) << ": " << items[i].document;
      }
      if (HasFailure()) return;
    }
  }
}

// A member that a channel gives away is in no document, and whatever the portal has there stays: the record's other
// members are brought up to date, and with the old one again there is nothing left to write.
TEST_P(ConnectorStories, D2_AMemberThatTheDocumentLeavesOutStaysAsThePortalHasIt) {
  for (const auto feed : feeds()) {
    std::size_t version = 0;
    for (const auto& member : members_to_give_away(feed)) {
      SCOPED_TRACE(std::string(name_of(feed)) + "." + member);
      auto next = document(feed, 0, ++version);
      auto without = next;
      without.erase(member);
      next[member] = document(feed, 0, version - 1).at(member);
      expect_delivered(feed, {item(feed, 0, without)});
      talk_->take_writes();
      expect_delivered(feed, {item(feed, 0, next)});
      for (const auto& write : talk_->take_writes()) ADD_FAILURE() << "it was written: " << write.body;
      expect_delivered(feed, {item(feed, 0, version)});
    }
  }
}

TEST_P(ConnectorStories, D2_ARecordThatOthersNameIsNotMadeUpWithoutAName) {
  for (const auto feed : {Feed::product, Feed::customer}) {
    if (!has(feed)) continue;
    auto document = document_of(feed, "NEW", 99, 1);
    document.erase("name");
    talk_->take_writes();
    const auto verdict = talk_->push(feed, {{"NEW", json::serialize(document), ""}}).at(0);
    EXPECT_EQ(verdict.verdict, Verdict::absent) << "it goes out as soon as the others made it";
    EXPECT_THAT(verdict.reason, HasSubstr("name"));
    EXPECT_THAT(talk_->take_writes(), ::testing::IsEmpty());
  }
}

// A product of thousands of variants: what the portal shows of a whole batch of them is more than is read at once. That
// is no illness of the portal, which would stop every job, and fewer records at a time go through.
TEST_P(ConnectorStories, C12_AnAnswerThatIsTooLargeForABatchIsAskedForInParts) {
  HttpReply reply;
  reply.request_was_sent = reply.was_too_large = true;
  reply.error = "read: reply body larger than 16777216 bytes";
  for (const auto feed : feeds()) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{2}}) {
      std::vector<OutboundItem> items;
      for (std::size_t i = 0; i < size; ++i) items.push_back(item(feed, i, 1));
      const auto exchange = talk_->connector().push(feed, items);
      ASSERT_TRUE(std::get<Send>(exchange->start()).request.idempotent) << name_of(feed) << " looks first";
      const auto step = exchange->on_reply(reply);
      ASSERT_TRUE(std::holds_alternative<Finish>(step)) << name_of(feed);
      for (const auto& verdict : std::get<Finish>(step).items) {
        EXPECT_EQ(verdict.verdict, size == 1 ? Verdict::rejected : Verdict::split) << name_of(feed);
        EXPECT_THAT(verdict.reason, HasSubstr("larger than 16777216 bytes"));
      }
    }
  }
}

TEST_P(ConnectorStories, C9_ALocationThatThePortalDeletedStopsOnlyItsOwnRecordsAndIsNeverTakenForDone) {
  if (!has(Feed::stock)) return;
  auto gone = document(Feed::stock, 0, 5), other = document(Feed::stock, 1, 5);
  gone["location"] = "Closed shop";
  const auto before = shown();
  const std::vector<OutboundItem> both = {item(Feed::stock, 0, gone), item(Feed::stock, 1, other)};
  for (int night = 0; night < 2; ++night) {
    const auto verdicts = talk_->push_and_halve(Feed::stock, both);
    EXPECT_EQ(verdicts[0].verdict, Verdict::rejected);
    EXPECT_THAT(verdicts[0].reason, HasSubstr("Closed shop"));
    EXPECT_EQ(verdicts[1].verdict, Verdict::delivered) << verdicts[1].reason;
  }
  EXPECT_EQ(talk_->portal().shown(Feed::stock, both[0].label), before.at({Feed::stock, both[0].label}));
  EXPECT_EQ(talk_->portal().shown(Feed::stock, both[1].label), "8");
}

// An amount is sent with the currency that it is in, or not at all.
TEST_P(ConnectorStories, D10_AForeignAmountIsNeverSentAsIfItWereLocal) {
  for (const auto feed : feeds()) {
    if (!is_money(feed)) continue;
    auto foreign = document(feed, 0, 3);
    foreign["currency"] = "ZWL";
    talk_->take_writes();
    const auto before = shown();
    const auto verdict = talk_->push_and_halve(feed, {item(feed, 0, foreign)}).at(0);
    const auto writes = talk_->take_writes();
    if (verdict.verdict == Verdict::delivered) {
      ASSERT_FALSE(writes.empty()) << name_of(feed);
      for (const auto& write : writes) EXPECT_THAT(write.body, HasSubstr("ZWL")) << name_of(feed);
    } else {
      EXPECT_THAT(verdict.reason, HasSubstr("ZWL")) << name_of(feed);
      EXPECT_EQ(writes.size(), 0U) << name_of(feed);
      EXPECT_EQ(shown(), before);
    }
  }
}

TEST_P(ConnectorStories, D11_OfAPartlyRefusedBatchTheRestGoesOutAndTheRefusedKeepsItsValueAndHasAReason) {
  int played = 0;
  for (const auto feed : {Feed::stock, Feed::list_price, Feed::cost}) {
    if (!has(feed)) continue;
    open(2);
    const auto before = shown();
    const auto& bad = labels_.at(feed).at(3);
    talk_->portal().refuse(bad, true);
    std::vector<OutboundItem> items;
    for (std::size_t i = 0; i < kRecords; ++i) items.push_back(item(feed, i, 7));
    const auto verdicts = talk_->push_and_halve(feed, items);
    for (std::size_t i = 0; i < kRecords; ++i) {
      const auto now = talk_->portal().shown(feed, items[i].label);
      SCOPED_TRACE(std::string(name_of(feed)) + " of " + items[i].label + ": " + verdicts[i].reason);
      if (items[i].label == bad) {
        EXPECT_EQ(verdicts[i].verdict, Verdict::rejected);
        EXPECT_THAT(verdicts[i].reason, HasSubstr("constraint"));
        EXPECT_EQ(now, before.at({feed, bad}));
      } else {
        EXPECT_EQ(verdicts[i].verdict, Verdict::delivered);
        EXPECT_EQ(now, talk_->portal().value_in(feed, items[i].document));
      }
    }
    ++played;
  }
  EXPECT_GT(played, 0);
}

// What customers of a price list or of a promotion pay is a matter of its own; and nothing that has to do with it is
// even asked for.
TEST_P(ConnectorStories, D12_ABasePriceLeavesPromotionsAndPriceListsAlone) {
  if (!has(Feed::list_price)) return;
  const auto before = shown();
  std::vector<OutboundItem> items;
  for (std::size_t i = 0; i < kRecords; ++i) items.push_back(item(Feed::list_price, i, 9));
  expect_delivered(Feed::list_price, items);
  const auto writes = talk_->take_writes();
  EXPECT_FALSE(writes.empty());
  for (const auto& write : writes) {
    for (const auto* word : {"romotion", "ampaign", "price-list", "price_list", "riceList"}) {
      EXPECT_THAT(write.target, ::testing::Not(HasSubstr(word)));
      EXPECT_THAT(write.body, ::testing::Not(HasSubstr(word)));
    }
  }
  for (const auto& [record, value] : shown()) {
    if (record.first == Feed::list_price) continue;
    EXPECT_EQ(value, before.at(record)) << name_of(record.first) << " of " << record.second;
  }
}

INSTANTIATE_TEST_SUITE_P(Every, ConnectorStories, ::testing::ValuesIn(connectors().begin(), connectors().end()),
                         [](const auto& tested) { return std::string(tested.param->id); });

}  // namespace
}  // namespace ferry::connector
