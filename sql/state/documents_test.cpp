// What SQL reads of documents: the figures that the guard judges, and the part of them that the ERP owns.
#include "sql/testing/store_fixture.h"

namespace ferry::sql {
namespace {

using engine::Counts;
using engine::RunMode;
using testing::must;

// ---- figures of documents ------------------------------------------------------------------------------------------

class Figures : public testing::StoreTest {
 protected:
  std::string price(const std::string& feed, const std::string& document) {
    return value("SELECT coalesce(ferry.price_in('" + feed + "', '" + document + "')::text, 'none')");
  }
};

TEST_F(Figures, ArePricesOfEveryFeedThatHasThem) {
  EXPECT_EQ(price("list_price", R"({"sku":"A","currency":"EUR","amount":"12.5","tax":"excluded"})"), "12.5");
  EXPECT_EQ(price("cost", R"({"sku":"\"amount\":\"7\"","currency":"EUR","amount":"3"})"), "3") << "not what a SKU spells";
  EXPECT_EQ(price("list_price", R"({"sku":"A","currency":"EUR"})"), "none");
  EXPECT_EQ(price("fixed_net_price", R"({"sku":"A","list":"1","tiers":[{"quantity":"0","amount":"9"},{"quantity":"10",)"
                                     R"("amount":"8.5"}]})"),
            "8.5");
  EXPECT_EQ(price("discount", R"({"sku":"A","tiers":[{"quantity":"0","percent":"10"},{"quantity":"5","percent":"90"}]})"),
            "10");
  EXPECT_EQ(price("stock", R"({"sku":"A","quantity":"5"})"), "none");
  EXPECT_EQ(price("product", R"({"attributes":{"amount":"a dozen"}})"), "none");
}

TEST_F(Figures, TellHowMuchOfARecordChanges) {
  const auto change = [&](const char* feed, const char* before, const char* after) {
    return value(std::string("SELECT round(ferry.relative_change('") + feed + "', " + before + ", " + after + "), 4)::text");
  };
  EXPECT_EQ(change("list_price", R"('{"amount":"10"}')", R"('{"amount":"1"}')"), "0.9000");
  EXPECT_EQ(change("stock", R"('{"quantity":"0"}')", R"('{"quantity":"7"}')"), "7.0000");
  EXPECT_EQ(change("stock", R"('{"quantity":"4"}')", "NULL"), "1.0000");
  EXPECT_EQ(change("stock", "NULL", R"('{"quantity":"4"}')"), "");
}

// ---- ownership -----------------------------------------------------------------------------------------------------

class OwnedInPart : public testing::StoreTest {
 protected:
  engine::FeedRunReport owned_run(const engine::Lease& held, std::vector<std::string> disowned,
                                  RunMode mode = RunMode::watermark) {
    auto wanted = run_of(held, mode);
    wanted.disowned = std::move(disowned);
    return must(store_.run_feed(wanted));
  }
  std::string desired() { return value("SELECT desired FROM ferry.publication WHERE channel = 1"); }
};

TEST_F(OwnedInPart, AMemberThatIsNotTheErpsIsInNoDocument) {
  const auto a = product("A", 5);
  const auto held = lease(1, "stock");
  owned_run(held, {"quantity"});
  EXPECT_EQ(desired(), R"({"sku":"A","location":null})");
  deliver_all(held);
  move(a, 1);
  EXPECT_EQ(owned_run(held, {"quantity"}).counts.changed, 0) << "a change in it is none";
  hint(a);
  EXPECT_EQ(owned_run(held, {"quantity"}, RunMode::hints).counts, (Counts{1, 0, 1, 0, 0, 0}));
}

TEST_F(OwnedInPart, GivingAMemberAwaySendsNothingAndWhatWaitsGoesWithoutIt) {
  product("A", 5);
  const auto held = lease(1, "stock");
  owned_run(held, {});
  deliver_all(held);
  const auto b = product("B", 5);
  owned_run(held, {});
  ASSERT_EQ(due(held).size(), 1U);  // B waits, with its quantity
  EXPECT_EQ(owned_run(held, {"quantity"}, RunMode::hints).mode, RunMode::full) << "everything is compared anew";
  EXPECT_EQ(state_of("A"), "settled");
  const auto items = due(held);
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].item.document, R"({"sku":"B","location":null})");
  EXPECT_EQ(items[0].key.key, b);
  EXPECT_EQ(value("SELECT acknowledged FROM ferry.publication WHERE label = 'A'"), R"({"sku":"A","location":null})");
  EXPECT_EQ(owned_run(held, {"quantity"}, RunMode::hints).mode, RunMode::hints);
}

TEST_F(OwnedInPart, TakingAMemberBackSendsIt) {
  product("A", 5);
  const auto held = lease(1, "stock");
  owned_run(held, {"quantity"});
  deliver_all(held);
  const auto report = owned_run(held, {}, RunMode::hints);
  EXPECT_EQ(report.mode, RunMode::full);
  EXPECT_EQ(report.counts.changed, 1);
  EXPECT_EQ(desired(), R"({"sku":"A","location":null,"quantity":"5"})");
}

TEST_F(OwnedInPart, TheRestOfADocumentStaysAsItIs) {
  EXPECT_EQ(value(R"(SELECT ferry.owned('{"sku":"A \"b\" é \u00e9","tiers":[{"quantity":"0","from":null}],"name":"x",)"
                  R"("credit_hold":false}', '{name}'))"),
            R"({"sku":"A \"b\" é \u00e9","tiers":[{"quantity":"0","from":null}],"credit_hold":false})");
  EXPECT_EQ(value("SELECT ferry.owned(NULL, '{name}') IS NULL"), "1");
  EXPECT_EQ(value(R"(SELECT ferry.owned('{"name":"x"}', '{name}'))"), "{}");
}

}  // namespace
}  // namespace ferry::sql
