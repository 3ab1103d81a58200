#include "connectors/vendure/customer.h"

#include <gmock/gmock.h>

#include "connectors/vendure/support/script.h"

namespace ferry::vendure {
namespace {

using namespace test;
using connector::OutboundItem;
using testing::HasSubstr;

std::string party(const std::string& code, const std::string& name, const std::string& email,
                  const std::string& list = "", json::array addresses = {}) {
  return json::serialize(json::object{{"code", code},
                                      {"name", name},
                                      {"email", email},
                                      {"phone", ""},
                                      {"tax_identifier", "DE1"},
                                      {"list", list},
                                      {"credit_hold", true},
                                      {"addresses", std::move(addresses)}});
}
json::object customer(const std::string& id, json::value code, const std::string& name, const std::string& email,
                      json::array groups = {}, json::array addresses = {}) {
  return {{"id", id},
          {"firstName", ""},
          {"lastName", name},
          {"emailAddress", email},
          {"phoneNumber", nullptr},
          {"customFields", json::object{{"erpPartyCode", std::move(code)}, {"hold", nullptr}, {"tax", "DE1"}}},
          {"groups", std::move(groups)},
          {"addresses", std::move(addresses)}};
}
json::object group(const std::string& id, const std::string& name) { return {{"id", id}, {"name", name}}; }
connector::HttpReply shown(json::array customers, json::array groups = {}) {
  const auto count = customers.size(), group_count = groups.size();
  return ok(json::serialize(json::object{
      {"data",
       {{"customers", {{"totalItems", count}, {"items", std::move(customers)}}},
        {"customerGroups", {{"totalItems", group_count}, {"items", std::move(groups)}}}}}}));
}
connector::HttpReply done() { return ok(R"({"data":{"done":{"id":"1"}}})"); }

class VendureCustomer : public testing::Test {
 protected:
  VendureCustomer() { settings_.customer_code_field = "erpPartyCode"; }
  Played push(std::vector<OutboundItem> items, std::vector<connector::HttpReply> replies) {
    items_ = std::move(items);
    return play(*make_customer_push(settings_, items_), std::move(replies));
  }
  ItemVerdict verdict_of(const std::string& document, std::vector<connector::HttpReply> replies) {
    const auto played = push({{"P1", document, ""}}, std::move(replies));
    return played.items.empty() ? ItemVerdict{} : played.items.front();
  }
  Settings settings_ = settings();
  std::vector<OutboundItem> items_;
};

TEST_F(VendureCustomer, OneThatIsRightIsLookedAtOnce) {
  const auto played = push({{"P1", party("P1", "Anna", "a@example.com"), ""}},
                           {shown({customer("1", "P1", "Anna", "a@example.com")})});
  EXPECT_EQ(played.requests.size(), 1U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(VendureCustomer, TheCodeGoesBeforeTheEmailAddress) {
  const auto played = push({{"P1", party("P1", "Anna", "new@example.com"), ""}},
                           {shown({customer("1", "P1", "Anna", "old@example.com")})});
  EXPECT_EQ(json::serialize(played.variables(1)), R"({"input":{"emailAddress":"new@example.com","id":"1"}})");
}

TEST_F(VendureCustomer, OneWhoseCodeCannotBeReadIsNotCreatedAnew) {
  auto garbled = customer("1", "P1", "Anna", "old@example.com");
  garbled.at("customFields") = json::object{{"erpPartyCode", json::object{{"value", "P1"}}}};
  EXPECT_EQ(verdict_of(party("P1", "Anna", "new@example.com"), {shown({garbled})}).verdict, Verdict::retry);
}

TEST_F(VendureCustomer, OneWhoRegisteredByHimselfIsTakenOver) {
  const auto played = push({{"P1", party("P1", "Anna", "a@example.com"), ""}},
                           {shown({customer("1", nullptr, "Anna", "a@example.com")})});
  EXPECT_EQ(json::serialize(played.variables(1)), R"({"input":{"id":"1","customFields":{"erpPartyCode":"P1"}}})");
}

TEST_F(VendureCustomer, WhatIsAmbiguousIsForAPersonAndNothingIsWritten) {
  const auto two =
      shown({customer("1", "P1", "A", "b@example.com"), customer("2", nullptr, "A", "a@example.com")});
  const auto both = verdict_of(party("P1", "Anna", "a@example.com"), {two});
  EXPECT_EQ(both.verdict, Verdict::rejected);
  EXPECT_THAT(both.reason, HasSubstr("could be the portal's customers 1 and 2"));
  const auto other =
      verdict_of(party("P1", "Anna", "a@example.com"), {shown({customer("2", "P2", "A", "a@example.com")})});
  EXPECT_EQ(other.verdict, Verdict::rejected);
  EXPECT_THAT(other.reason, HasSubstr(R"(customer 2, who is party "P2")"));
  EXPECT_THAT(verdict_of(party("P1", "Anna", ""), {}).reason, HasSubstr("has no e-mail address"));
}

TEST_F(VendureCustomer, JoinsTheGroupOfItsListAndLeavesThoseOfOthersAlone) {
  const auto before = customer("1", "P1", "Anna", "a@example.com", {group("4", "VIP"), group("5", "erp:5")});
  const auto between =
      customer("1", "P1", "Anna", "a@example.com", {group("4", "VIP"), group("5", "erp:5"), group("6", "erp:6")});
  const auto after = customer("1", "P1", "Anna", "a@example.com", {group("4", "VIP"), group("6", "erp:6")});
  const auto played = push({{"P1", party("P1", "Anna", "a@example.com", "6"), ""}},
                           {shown({before}, {group("6", "erp:6")}), done(), shown({between}, {group("6", "erp:6")}), done(),
                            shown({after}, {group("6", "erp:6")})});
  EXPECT_EQ(json::serialize(played.variables(1)), R"({"group":"6","customer":"1"})");
  EXPECT_EQ(played.operation(3), "FerryRemoveFromGroup");
  EXPECT_EQ(json::serialize(played.variables(3)), R"({"group":"5","customer":"1"})");
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
  const auto created = push({{"P1", party("P1", "Anna", "a@example.com", "6"), ""}}, {shown({before})});
  EXPECT_EQ(json::serialize(created.variables(1)), R"({"input":{"name":"erp:6"}})");
}

TEST_F(VendureCustomer, OneThatIsPublishedNoMoreLeavesTheGroupsAndStays) {
  const OutboundItem withdrawn{"P1", "", party("P1", "Anna", "a@example.com")};
  const auto member = customer("1", "P1", "Somebody", "a@example.com", {group("4", "VIP"), group("5", "erp:5")});
  const auto left = customer("1", "P1", "Somebody", "a@example.com", {group("4", "VIP")});
  const auto played = push({withdrawn}, {shown({member}), done(), shown({left})});
  EXPECT_EQ(played.operation(1), "FerryRemoveFromGroup");
  EXPECT_EQ(played.requests.size(), 3U);
  EXPECT_EQ(played.items[0].verdict, Verdict::delivered);
}

TEST_F(VendureCustomer, AnAddressIsAddedOnceAndNoneIsTakenAway) {
  const json::object wanted{{"name", "Anna"},      {"street", "Hauptstr. 5\nHof 2\nlinks"}, {"postal_code", "10115"},
                            {"city", "Berlin"},    {"subdivision", "DE-BE"},                {"country", "DE"},
                            {"invoice", true},     {"delivery", false}};
  const json::object there{{"fullName", "Anna"},   {"streetLine1", "Hauptstr. 5"}, {"streetLine2", "Hof 2,links"},
                           {"city", "Berlin"},     {"province", "DE-BE"},          {"postalCode", "10115"},
                           {"country", json::object{{"code", "DE"}}}};
  const auto document = party("P1", "Anna", "a@example.com", "", {wanted});
  const auto added = push({{"P1", document, ""}}, {shown({customer("1", "P1", "Anna", "a@example.com")})});
  EXPECT_EQ(added.operation(1), "FerryCreateAddress");
  EXPECT_EQ(added.variables(1).at("input").at("streetLine2"), "Hof 2,links");
  EXPECT_EQ(added.variables(1).at("input").at("defaultBillingAddress"), true);
  const auto has = push({{"P1", document, ""}}, {shown({customer("1", "P1", "Anna", "a@example.com", {}, {there})})});
  EXPECT_EQ(has.requests.size(), 1U);
}

TEST_F(VendureCustomer, CreditHoldAndTaxIdentifierGoIntoTheFieldsThatTheChannelNames) {
  settings_.credit_hold_field = "hold";
  settings_.tax_identifier_field = "tax";
  const auto played = push({{"P1", party("P1", "Anna", "a@example.com"), ""}},
                           {shown({customer("1", "P1", "Anna", "a@example.com")})});
  EXPECT_EQ(json::serialize(played.variables(1)), R"({"input":{"customFields":{"hold":true},"id":"1"}})");
}

TEST_F(VendureCustomer, AnAddressInUseIsLookedAtAgainAndThenRejected) {
  const auto conflict =
      ok(R"({"data":{"createCustomer":{"errorCode":"EMAIL_ADDRESS_CONFLICT_ERROR","message":"no"}}})");
  const auto document = party("P1", "Anna", "a@example.com");
  EXPECT_EQ(verdict_of(document, {shown({}), conflict, shown({customer("1", "P1", "Anna", "a@example.com")})}).verdict,
            Verdict::delivered)
      << "a request of ours arrived late";
  const auto elsewhere = verdict_of(document, {shown({}), conflict, shown({})});
  EXPECT_EQ(elsewhere.verdict, Verdict::rejected);
  EXPECT_THAT(elsewhere.reason, HasSubstr("perhaps a deleted one"));
}

TEST_F(VendureCustomer, WithoutTheFieldOfTheCodeNothingIsSent) {
  settings_.customer_code_field = "";
  EXPECT_THAT(verdict_of(party("P1", "Anna", "a@example.com"), {}).reason, HasSubstr("customer_code_field"));
}

}  // namespace
}  // namespace ferry::vendure
