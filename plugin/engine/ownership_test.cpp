#include "plugin/engine/ownership.h"

#include <gmock/gmock.h>

namespace ferry::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> complaints(std::string_view owner_json) {
  std::vector<std::string> found;
  for (const auto& problem : ownership_problems(owner_json)) found.push_back(problem.message);
  return found;
}

TEST(Ownership, TheErpOwnsWhatNobodySpeaksOf) {
  EXPECT_TRUE(disowned_by("").empty());
  EXPECT_TRUE(disowned_by(R"({"list_price.amount":"erp"})").empty());
  EXPECT_THAT(complaints(R"({"list_price.amount":"erp"})"), IsEmpty());
}

TEST(Ownership, WhatBelongsToThePortalOrNobodyIsNotTheErps) {
  const auto given = R"({"product.name":"nobody","product.description":"portal","stock.quantity":"erp"})";
  EXPECT_THAT(complaints(given), IsEmpty());
  const auto disowned = disowned_by(given);
  ASSERT_EQ(disowned.size(), 1U);
  EXPECT_THAT(disowned.at(Feed::product), ElementsAre("description", "name"));
}

TEST(Ownership, WhatNamesARecordCannotBeGivenAway) {
  for (const char* field : {"product.sku", "product.product", "stock.sku", "stock.location", "list_price.currency",
                            "list_price.tax", "discount.list", "fixed_net_price.list", "customer.code",
                            "order_status.order"}) {
    EXPECT_THAT(complaints(std::string(R"({")") + field + R"(":"portal"})"),
                ElementsAre(HasSubstr("cannot be given away")))
        << field;
  }
}

TEST(Ownership, AFieldThatThereIsNotIsNamedWithThoseThatThereAre) {
  EXPECT_THAT(complaints(R"({"list_price.price":"portal"})"),
              ElementsAre("setting 'owner': \"list_price.price\" is not in the documents of that feed; there are "
                          "'list_price.amount'"));
  EXPECT_THAT(complaints(R"({"price":"portal","prices.amount":"portal"})"),
              ElementsAre(HasSubstr("\"price\" is no field"), HasSubstr("\"prices.amount\" is no field")));
}

TEST(Ownership, OnlyThreeCanOwn) {
  EXPECT_THAT(complaints(R"({"product.name":"shop"})"),
              ElementsAre("setting 'owner': \"product.name\" must belong to 'erp', 'portal' or 'nobody', not to "
                          "\"shop\""));
}

TEST(Ownership, AFeedOfWhichNothingIsLeftDoesNotRun) {
  EXPECT_TRUE(is_disowned_altogether(Feed::list_price, disowned_by(R"({"list_price.amount":"portal"})")));
  EXPECT_TRUE(is_disowned_altogether(Feed::discount, disowned_by(R"({"discount.tiers":"portal"})")));
  EXPECT_FALSE(is_disowned_altogether(Feed::discount, disowned_by(R"({"discount.list_name":"portal"})")));
  EXPECT_FALSE(is_disowned_altogether(Feed::product, disowned_by(R"({"product.name":"portal"})")));
  EXPECT_FALSE(is_disowned_altogether(Feed::order_status, disowned_by(R"({"order_status.state":"portal"})")));
  EXPECT_FALSE(is_disowned_altogether(Feed::stock, {}));
}

}  // namespace
}  // namespace ferry::engine
