// What the tests of the price feeds share: products with list prices, the documents of one feed, what a write changes.
#pragma once

#include <string>
#include <utility>

#include "plugin/engine/channel_settings.h"
#include "sql/testing/store_fixture.h"

namespace ferry::sql::testing {

class PriceTest : public StoreTest {
 protected:
  explicit PriceTest(Feed feed) : feed_(feed) {}

  // A product that is published in shop 1, with a list price of the company; its id.
  std::int64_t priced(const std::string& code, const std::string& price) {
    const auto id = product(code, 0);
    sql("INSERT INTO product_list_price (template, company, list_price) SELECT template, 1, " + price +
        " FROM product_product WHERE id = " + std::to_string(id));
    return id;
  }
  void settings(const std::string& json) { add_channel(1, json); }
  engine::FeedRunReport compare(engine::RunMode mode) { return run(lease(1, std::string(name_of(feed_))), mode, feed_); }
  void compare_everything() { compare(engine::RunMode::full); }

  // What the portal would be sent; computed with everything and alone, which must agree.
  std::string document(const std::string& sku, int part = 0) {
    compare_everything();
    const auto query = "SELECT coalesce((SELECT desired FROM ferry.publication WHERE label = '" + sku +
                       "' AND part = " + std::to_string(part) + "), 'withdrawn')";
    const auto full = value(query);
    const std::string name(name_of(feed_));
    sql("UPDATE ferry.publication SET desired = '{}', fingerprint = 0 WHERE desired IS NOT NULL; INSERT INTO "
        "ferry.change_hint (feed, key) SELECT DISTINCT '" + name + "', key FROM ferry.publication");
    compare(engine::RunMode::hints);
    EXPECT_EQ(value(query), full) << "keyed and full plans disagree";
    return full;
  }
  std::string amount(const std::string& sku) {
    const auto found = document(sku);
    return found == "withdrawn" ? found : value("SELECT ('" + found + "')::json->>'amount'");
  }
  // The SKUs that the next look at what was written finds changed by the statement.
  std::string changed_by(const std::string& statement) {
    sql(statement);
    const auto report = compare(engine::RunMode::watermark);
    return value("SELECT coalesce(string_agg(label, ' ' ORDER BY label), '') FROM ferry.publication WHERE run = " +
                 std::to_string(report.run));
  }

  const Feed feed_;
};

}  // namespace ferry::sql::testing
