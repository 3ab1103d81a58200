#include "plugin/engine/admission.h"

#include <gmock/gmock.h>

#include "plugin/engine/channel_settings.h"

namespace ferry::engine {
namespace {

using enum Admission;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const connector::ConnectorInfo kFake{"fake", "Fake", {}, nullptr};

std::string with(const std::string& settings) { return R"({"base_url":"https://shop.example",)" + settings + "}"; }

std::vector<std::string> complaints_of(const std::string& settings) {
  std::vector<std::string> found;
  for (const auto& problem : channel_problems(kFake, with(settings))) found.push_back(problem.message);
  return found;
}

AdmissionRules rules(const std::string& settings) {
  EXPECT_THAT(complaints_of(settings), IsEmpty());
  std::vector<config::Problem> unresolved;
  const auto secret = [](std::string_view) { return std::optional<std::string>(); };
  return channel_settings(config::parse(channel_fields(kFake), with(settings), secret, unresolved)).admission;
}

connector::PulledOrder order(const std::string& payments, const std::string& country = "DE",
                             const std::string& email = "ann@example.com") {
  connector::PulledOrder order;
  order.reference = "R1";
  order.acknowledged = true;
  order.document = R"({"customer":{"email":")" + email + R"("},"delivery_address":{"country":")" + country +
                   R"("},"payments":[)" + payments + "]}";
  return order;
}

std::string paid(const std::string& method, const std::string& state) {
  return R"({"method":")" + method + R"(","state":")" + state + R"("})";
}

TEST(Admission, WithoutRulesEverythingIsImported) {
  const Ruling ruling = rule({}, order(""));
  EXPECT_EQ(ruling.admission, import);
  EXPECT_EQ(ruling.reason, "");
}

TEST(Admission, TheMostSpecialRuleOfAPaymentCounts) {
  const auto given = rules(
      R"("payment_rules":{"card:Authorized":"wait","card":"import","*:FraudHold":"review","*":"never","none":"review"})");
  EXPECT_EQ(rule(given, order(paid("card", "Authorized"))).admission, wait);
  EXPECT_EQ(rule(given, order(paid("card", "Settled"))).admission, import);
  EXPECT_EQ(rule(given, order(paid("card", "FraudHold"))).admission, import) << "'card' is more special than '*:FraudHold'";
  EXPECT_EQ(rule(given, order(paid("klarna", "FraudHold"))).admission, review);
  EXPECT_EQ(rule(given, order(paid("klarna", "Settled"))).admission, never);
  EXPECT_EQ(rule(given, order("")).admission, review) << "on account, without a payment";
}

TEST(Admission, E17_AnUnmappedPaymentMethodSaysWhatToDoAndIsImportedOnceItIsMapped) {
  const auto unmapped = rule(rules(R"("payment_rules":{"card":"import","*":"review"})"), order(paid("klarna", "Settled")));
  EXPECT_EQ(unmapped.admission, review);
  EXPECT_EQ(unmapped.reason,
            R"(its payment by "klarna" is "Settled": setting 'payment_rules' says 'review' for "*"; give "klarna" a rule of its )"
            R"(own, retry it to import it, or skip it)");
  const auto mapped =
      rule(rules(R"("payment_rules":{"card":"import","klarna":"import","*":"review"})"), order(paid("klarna", "Settled")));
  EXPECT_EQ(mapped.admission, import);
}

TEST(Admission, PortalsMaySpellMethodsAndStatesWithCapitals) {
  EXPECT_EQ(rule(rules(R"("payment_rules":{"CARD:authorized":"wait"})"), order(paid("Card", "AUTHORIZED"))).admission, wait);
}

TEST(Admission, OfSeveralPaymentsTheStrictestRuleCounts) {
  const auto given = rules(R"("payment_rules":{"card:Authorized":"wait","gift":"import","invoice":"review","stolen":"never"})");
  std::string payments = paid("gift", "Settled") + "," + paid("card", "Authorized");
  EXPECT_EQ(rule(given, order(payments)).admission, wait);
  payments += "," + paid("invoice", "Settled");
  EXPECT_EQ(rule(given, order(payments)).admission, review);
  payments += "," + paid("stolen", "Settled");
  EXPECT_EQ(rule(given, order(payments)).admission, never);
}

TEST(Admission, AnAttemptToPayThatFailedIsNoPayment) {
  const auto given = rules(R"("payment_rules":{"card":"never","none":"wait"})");
  EXPECT_EQ(rule(given, order(paid("card", "Declined"))).admission, wait);
  EXPECT_EQ(rule(given, order(paid("card", "canceled") + "," + paid("invoice", "Settled"))).admission, import);
}

TEST(Admission, WhoHasNotPaidYetIsNotRuledByPayments) {
  auto basket = order("");
  basket.acknowledged = false;
  EXPECT_EQ(rule(rules(R"("payment_rules":{"none":"never"})"), basket).admission, import);
}

TEST(Admission, OrdersToOtherCountriesAreLeftAlone) {
  const auto given = rules(R"("order_countries":["DE","AT"])");
  EXPECT_EQ(rule(given, order("", "AT")).admission, import);
  EXPECT_EQ(rule(given, order("", "FR")).admission, never);
  EXPECT_EQ(rule(given, order("", "FR")).reason, "it goes to \"FR\", which setting 'order_countries' does not name");
  EXPECT_EQ(rule(given, order("", "")).admission, review) << "unknown is not elsewhere";
}

TEST(Admission, OrdersOfOtherDomainsAreLeftAlone) {
  const auto given = rules(R"("order_email_domains":["Example.com"])");
  EXPECT_EQ(rule(given, order("", "DE", "ann@example.com")).admission, import);
  EXPECT_EQ(rule(given, order("", "DE", "ann@shop.EXAMPLE.com")).admission, import);
  EXPECT_EQ(rule(given, order("", "DE", "ann@badexample.com")).admission, never);
  EXPECT_EQ(rule(given, order("", "DE", "ann@example.com.evil.org")).admission, never);
  EXPECT_EQ(rule(given, order("", "DE", "")).admission, review);
}

TEST(Admission, TheReasonNamesThePaymentItsStateTheRuleAndTheRemedy) {
  const auto given = rules(R"("payment_rules":{"invoice":"review","none":"wait"})");
  EXPECT_EQ(rule(given, order(paid("invoice", "Authorized"))).reason,
            "its payment by \"invoice\" is \"Authorized\": setting 'payment_rules' says 'review' for \"invoice\"; retry it to "
            "import it, or skip it");
  EXPECT_EQ(rule(given, order("")).reason, "it has no payment: setting 'payment_rules' says 'wait' for \"none\"");
}

TEST(Admission, WhatCannotBeReadIsLeftToTheOrderEntry) {
  auto broken = order("");
  const auto given = rules(R"("payment_rules":{"*":"never","none":"never"},"order_countries":["DE"])");
  broken.document = "{";
  EXPECT_EQ(rule(given, broken).admission, import);
  broken.document = R"({"payments":7,"delivery_address":[],"customer":null})";
  EXPECT_EQ(rule(given, broken).admission, never) << "no payment, and a country that is not known";
}

TEST(Admission, SettingsThatMeanNothingAreNamed) {
  EXPECT_THAT(complaints_of(R"("payment_rules":{"card":"maybe"})"),
              ElementsAre("setting 'payment_rules' gives \"card\" no rule that there is: 'import', 'wait', 'review' or "
                          "'never'"));
  EXPECT_THAT(complaints_of(R"("payment_rules":{"card:":"wait"})"), ElementsAre(HasSubstr("which names no payment")));
  EXPECT_THAT(complaints_of(R"("order_countries":["DE","at"])"),
              ElementsAre("setting 'order_countries' names \"at\", which is no code of a country: two capital letters, as DE"));
  EXPECT_THAT(complaints_of(R"("order_email_domains":["example.com","ann@example.com","localhost"])"),
              ElementsAre(HasSubstr("\"ann@example.com\", which is no domain"), HasSubstr("\"localhost\"")));
}

connector::PulledOrder placed(const std::string& groups, const std::string& channels) {
  connector::PulledOrder order;
  order.acknowledged = true;
  order.document = R"({"customer":{"groups":)" + groups + R"(},"channels":)" + channels + "}";
  return order;
}

TEST(Admission, OnlyOrdersOfCustomersInOneOfTheGroupsAreTaken) {
  const auto given = rules(R"("order_customer_groups":"Dealers, VIP")");
  EXPECT_EQ(rule(given, placed(R"(["Friends","VIP"])", "[]")).admission, import);
  for (const auto* groups : {R"(["Friends","dealers"])", "[]", "null", "7"}) {
    const auto ruling = rule(given, placed(groups, "[]"));
    EXPECT_EQ(ruling.admission, never) << groups;
    EXPECT_THAT(ruling.reason, HasSubstr("'order_customer_groups'"));
  }
  EXPECT_EQ(rule(given, order("")).admission, never) << "a guest is in none";
}

TEST(Admission, OnlyOrdersOfOneOfTheChannelsAreTaken) {
  const auto given = rules(R"("order_channels":"B2B")");
  EXPECT_EQ(rule(given, placed("[]", R"(["__default_channel__","B2B"])")).admission, import);
  EXPECT_EQ(rule(given, placed("[]", R"(["Web"])")).admission, never);
  EXPECT_THAT(rule(given, order("")).reason, HasSubstr("'order_channels'"));
}

}  // namespace
}  // namespace ferry::engine
