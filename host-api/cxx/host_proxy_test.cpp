#include "host-api/cxx/host_proxy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <stdexcept>
#include <vector>

#include "host-api/cxx/text.h"

namespace ferry::abi {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A host in C whose every part can be broken.
struct BrokenHost {
  BrokenHost() {
    host = {ferry_abi_version(), this, "test", "1", &get_extension, [](const ferry_host_t* h) { ++of(h).pumps; }};
  }
  static BrokenHost& of(const ferry_host_t* h) { return *static_cast<BrokenHost*>(h->host_data); }
  static const void* get_extension(const ferry_host_t* h, const char* id) {
    if (of(h).throws) throw std::runtime_error("get_extension");
    if (std::strcmp(id, FERRY_EXT_LOG) == 0) return of(h).has_log ? &of(h).log : nullptr;
    if (std::strcmp(id, FERRY_EXT_ALERT) == 0) return &of(h).alert;
    if (std::strcmp(id, FERRY_EXT_ALERT_NEWS) == 0) return &of(h).alert_news;
    if (std::strcmp(id, FERRY_EXT_SECRETS) == 0) return &of(h).secrets;
    if (std::strcmp(id, FERRY_EXT_ORDER_ENTRY) == 0) return &of(h).order_entry;
    if (std::strcmp(id, FERRY_EXT_PRICE) == 0) return of(h).has_prices ? &of(h).price : nullptr;
    return nullptr;
  }

  bool has_log = true, throws = false, has_prices = false;
  ferry_host_t host{};
  ferry_host_log_t log{[](const ferry_host_t* h, ferry_log_severity_t severity, ferry_text_t line) {
    of(h).lines.emplace_back(std::to_string(severity) + " " + std::string(view(line)));
  }};
  ferry_host_alert_t alert{[](const ferry_host_t* h, ferry_text_t line) { of(h).alerts.emplace_back(view(line)); }};
  ferry_host_alert_news_t alert_news{[](const ferry_host_t* h, ferry_text_t json) { of(h).news.emplace_back(view(json)); }};
  ferry_host_secrets_t secrets{[](const ferry_host_t* h, ferry_text_t, const ferry_sink_t* value) {
    write_to(value, of(h).secret);
    return of(h).secret_status;
  }};
  ferry_host_order_entry_t order_entry{[](const ferry_host_t* h, int32_t, ferry_text_t, ferry_text_t, int64_t* id,
                                          const ferry_sink_t* number, const ferry_sink_t* reason) {
                                         *id = of(h).answer.id;
                                         write_to(number, of(h).answer.number);
                                         write_to(reason, of(h).answer.reason);
                                         return of(h).answer.status;
                                       },
                                       [](const ferry_host_t* h, int32_t, ferry_text_t, int64_t* id,
                                          const ferry_sink_t* number, const ferry_sink_t* reason) {
                                         *id = of(h).found.id;
                                         write_to(number, of(h).found.number);
                                         write_to(reason, of(h).found.reason);
                                         return of(h).found.status;
                                       }};
  ferry_host_price_t price{[](const ferry_host_t* h, int32_t, ferry_text_t questions, const ferry_sink_t* answers,
                              const ferry_sink_t* reason) {
    of(h).asked.emplace_back(view(questions));
    write_to(answers, of(h).prices.answers);
    write_to(reason, of(h).prices.reason);
    return of(h).prices.status;
  }};
  PriceAnswer prices{FERRY_OK, "{}", ""};
  std::vector<std::string> asked;
  std::string secret = "s3cret";
  ferry_status_t secret_status = FERRY_OK;
  OrderEntryAnswer answer{FERRY_OK, 5, "S5", ""}, found{FERRY_E_NOT_FOUND, 0, "", ""};
  int pumps = 0;
  std::vector<std::string> lines, alerts, news;
};

struct HostProxyTest : testing::Test {
  BrokenHost broken;
  HostProxy proxy{&broken.host};
};

TEST_F(HostProxyTest, ASoundHostIsUsedAndNothingIsReported) {
  ASSERT_TRUE(proxy.attach());
  EXPECT_EQ(proxy.secret("x"), "s3cret");
  ASSERT_TRUE(proxy.has_order_entry());
  proxy.request_pump();
  EXPECT_EQ(broken.pumps, 1);
  const OrderEntryAnswer answer = proxy.enter(1, "R1", "{}");
  EXPECT_EQ(answer.status, FERRY_OK);
  EXPECT_EQ(answer.id, 5);
  EXPECT_EQ(answer.number, "S5");
  EXPECT_EQ(proxy.description(), "test 1");
  EXPECT_THAT(broken.lines, IsEmpty());
}

TEST_F(HostProxyTest, WithoutGetExtensionTheHostIsUnusable) {
  broken.host.get_extension = nullptr;
  testing::internal::CaptureStderr();
  EXPECT_FALSE(proxy.attach());
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "ferry: host misbehaving: its get_extension is null\n");
}

TEST_F(HostProxyTest, AThrowingGetExtensionIsReported) {
  broken.throws = true;
  testing::internal::CaptureStderr();
  EXPECT_FALSE(proxy.attach());
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("its get_extension threw"));
}

TEST_F(HostProxyTest, WithoutNamesItIsUnnamed) {
  broken.host.name = nullptr;
  broken.host.version = nullptr;
  EXPECT_EQ(proxy.description(), "unnamed unnamed");
}

TEST_F(HostProxyTest, WithoutALogLinesGoToStandardError) {
  broken.has_log = false;
  ASSERT_TRUE(proxy.attach());
  testing::internal::CaptureStderr();
  proxy.log(FERRY_LOG_INFO, "two\nlines");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "ferry: two lines\n");
}

TEST_F(HostProxyTest, AnErrorAlsoCallsAPerson) {
  ASSERT_TRUE(proxy.attach());
  proxy.log(FERRY_LOG_WARNING, "by itself");
  proxy.log(FERRY_LOG_ERROR, "mend it");
  EXPECT_THAT(broken.alerts, ElementsAre("mend it"));
  EXPECT_THAT(broken.lines, ElementsAre("2 by itself", "3 mend it"));
}

TEST_F(HostProxyTest, NewsOfAlertsAreHandedOver) {
  ASSERT_TRUE(proxy.attach());
  ASSERT_TRUE(proxy.carries_alerts());
  proxy.alert("{}");
  EXPECT_THAT(broken.news, ElementsAre("{}"));
  broken.alert_news.news = [](const ferry_host_t*, ferry_text_t) { throw std::runtime_error("news"); };
  proxy.alert("{}");
  EXPECT_THAT(broken.lines, ElementsAre("5 host misbehaving: news() of an alert threw"));
  broken.alert_news.news = nullptr;
  HostProxy again(&broken.host);
  ASSERT_TRUE(again.attach());
  EXPECT_FALSE(again.carries_alerts());
}

TEST_F(HostProxyTest, TextThatIsNotUtf8NeverReachesTheHost) {
  ASSERT_TRUE(proxy.attach());
  proxy.log(FERRY_LOG_INFO, "a\xFF");
  EXPECT_THAT(broken.lines, ElementsAre("1 a?"));
}

TEST_F(HostProxyTest, AnExtensionWithoutItsFunctionIsTreatedAsMissing) {
  broken.secrets.resolve = nullptr;
  broken.order_entry.find = nullptr;
  ASSERT_TRUE(proxy.attach());
  EXPECT_EQ(proxy.secret("x"), std::nullopt);
  EXPECT_FALSE(proxy.has_order_entry());
  EXPECT_THAT(broken.lines,
              ElementsAre("5 host misbehaving: ferry.secrets/1 lacks a function; treated as not offered",
                          "5 host misbehaving: ferry.order-entry/1 lacks a function; treated as not offered"));
}

TEST_F(HostProxyTest, OrderEntryWithoutRequestPumpIsTreatedAsMissing) {
  broken.host.request_pump = nullptr;
  ASSERT_TRUE(proxy.attach());
  EXPECT_FALSE(proxy.has_order_entry());
  EXPECT_THAT(broken.lines, Contains(HasSubstr("request_pump is null")));
}

TEST_F(HostProxyTest, AnUnknownSecretIsNoMisbehaviour) {
  broken.secret_status = FERRY_E_NOT_FOUND;
  broken.secret = "";
  ASSERT_TRUE(proxy.attach());
  EXPECT_EQ(proxy.secret("x"), std::nullopt);
  EXPECT_THAT(broken.lines, IsEmpty());
}

TEST_F(HostProxyTest, ABrokenSecretIsReportedWithoutItsValue) {
  ASSERT_TRUE(proxy.attach());
  broken.secret = "pass\xFF";
  EXPECT_EQ(proxy.secret("portal"), std::nullopt);
  broken.secret.assign(FERRY_TEXT_MAX_BYTES + 1, 'x');
  EXPECT_EQ(proxy.secret("portal"), std::nullopt);
  broken.secret = "s3cret";
  broken.secret_status = 77;
  EXPECT_EQ(proxy.secret("portal"), std::nullopt);
  EXPECT_THAT(broken.lines, ElementsAre("5 host misbehaving: the secret 'portal' is not UTF-8",
                                        "5 host misbehaving: the secret 'portal' is longer than 16 MiB",
                                        "5 host misbehaving: resolve() of a secret answered unknown status (77)"));
}

TEST_F(HostProxyTest, OkWithoutAnOrderIsNotBelieved) {
  ASSERT_TRUE(proxy.attach());
  for (const OrderEntryAnswer& bad : {OrderEntryAnswer{FERRY_OK, 0, "S5", ""}, OrderEntryAnswer{FERRY_OK, 5, "", ""},
                                      OrderEntryAnswer{FERRY_OK, 5, "S\xFF", ""}}) {
    broken.lines.clear();
    broken.answer = bad;
    const OrderEntryAnswer answer = proxy.enter(1, "R1", "{}");
    EXPECT_EQ(answer.status, FERRY_E_INTERNAL);
    EXPECT_EQ(answer.id, 0);
    EXPECT_THAT(broken.lines, ElementsAre(HasSubstr("enter() of order 'R1' answered FERRY_OK without a sound id")));
  }
}

TEST_F(HostProxyTest, AStatusThatEnterMayNotAnswerCountsAsInternal) {
  ASSERT_TRUE(proxy.attach());
  for (const int status : {int{FERRY_E_INVALID}, int{FERRY_E_CANCELLED}, int{FERRY_E_INTERNAL}, 99, -3}) {
    broken.lines.clear();
    broken.answer = {status, 5, "S5", "why"};
    const OrderEntryAnswer answer = proxy.enter(1, "R1", "{}");
    EXPECT_EQ(answer.status, FERRY_E_INTERNAL);
    EXPECT_EQ(answer.reason, "why");
    EXPECT_THAT(broken.lines, ElementsAre(HasSubstr("(" + std::to_string(status) + ")")));
  }
}

TEST_F(HostProxyTest, ARefusalWithoutAReasonGetsOne) {
  ASSERT_TRUE(proxy.attach());
  broken.answer = {FERRY_E_REJECTED, 9, "S9", ""};
  const OrderEntryAnswer answer = proxy.enter(1, "R1", "{}");
  EXPECT_EQ(answer.status, FERRY_E_REJECTED);
  EXPECT_EQ(answer.id, 0);
  EXPECT_EQ(answer.number, "");
  EXPECT_EQ(answer.reason, "the ERP's order entry gave no reason");
}

TEST_F(HostProxyTest, WhatIsLookedForIsFoundOrNot) {
  ASSERT_TRUE(proxy.attach());
  EXPECT_EQ(proxy.find(1, "R1").status, FERRY_E_NOT_FOUND);
  broken.found = {FERRY_OK, 5, "S5", ""};
  const OrderEntryAnswer answer = proxy.find(1, "R1");
  EXPECT_EQ(answer.status, FERRY_OK);
  EXPECT_EQ(answer.id, 5);
  EXPECT_EQ(answer.number, "S5");
  EXPECT_TRUE(broken.lines.empty());
}

TEST_F(HostProxyTest, OnlyEnteringIsRefused) {
  ASSERT_TRUE(proxy.attach());
  broken.found = {FERRY_E_REJECTED, 0, "", "why"};
  EXPECT_EQ(proxy.find(1, "R1").status, FERRY_E_INTERNAL);
  EXPECT_THAT(broken.lines, ElementsAre(HasSubstr("find() of order 'R1' answered")));
}

TEST_F(HostProxyTest, AHostOfBeforeHasNoPrices) {
  ASSERT_TRUE(proxy.attach());
  EXPECT_FALSE(proxy.has_prices());
  EXPECT_TRUE(proxy.has_order_entry());
  EXPECT_THAT(broken.lines, IsEmpty());
}

TEST_F(HostProxyTest, PricesAreAskedFor) {
  broken.has_prices = true;
  ASSERT_TRUE(proxy.attach());
  ASSERT_TRUE(proxy.has_prices());
  EXPECT_EQ(proxy.evaluate(1, "[1]").answers, "{}");
  EXPECT_THAT(broken.asked, ElementsAre("[1]"));
  broken.prices = {FERRY_E_BUSY, "", "locked\nnow"};
  EXPECT_EQ(proxy.evaluate(1, "[1]").status, FERRY_E_BUSY);
  EXPECT_EQ(proxy.evaluate(1, "[1]").reason, "locked now");
  EXPECT_THAT(broken.lines, IsEmpty());
}

TEST_F(HostProxyTest, PricesThatBreakTheContractAreReported) {
  broken.has_prices = true;
  ASSERT_TRUE(proxy.attach());
  broken.prices = {FERRY_E_NOT_FOUND, "", ""};
  EXPECT_EQ(proxy.evaluate(1, "").status, FERRY_E_INTERNAL);
  EXPECT_THAT(broken.lines, ElementsAre(HasSubstr("evaluate() answered")));
  broken.prices = {FERRY_OK, "a\xFF", ""};
  EXPECT_EQ(proxy.evaluate(1, "").status, FERRY_E_INTERNAL);
  EXPECT_THAT(broken.lines.back(), HasSubstr("the answers of evaluate()"));
  broken.price.evaluate = [](const ferry_host_t*, int32_t, ferry_text_t, const ferry_sink_t*,
                             const ferry_sink_t*) -> ferry_status_t { throw std::runtime_error("x"); };
  EXPECT_EQ(proxy.evaluate(1, "").status, FERRY_E_INTERNAL);
  EXPECT_THAT(broken.lines.back(), HasSubstr("evaluate() threw"));
  broken.price.evaluate = nullptr;
  HostProxy again(&broken.host);
  ASSERT_TRUE(again.attach());
  EXPECT_FALSE(again.has_prices());
  EXPECT_THAT(broken.lines.back(), HasSubstr("ferry.price/1 lacks a function"));
}

TEST_F(HostProxyTest, CallbacksThatThrowAreReported) {
  broken.order_entry.enter = [](const ferry_host_t*, int32_t, ferry_text_t, ferry_text_t, int64_t*, const ferry_sink_t*,
                                const ferry_sink_t*) -> ferry_status_t { throw std::runtime_error("x"); };
  broken.secrets.resolve = [](const ferry_host_t*, ferry_text_t, const ferry_sink_t*) -> ferry_status_t { throw 1; };
  broken.host.request_pump = [](const ferry_host_t*) { throw 1; };
  ASSERT_TRUE(proxy.attach());
  EXPECT_EQ(proxy.enter(1, "R1", "{}").status, FERRY_E_INTERNAL);
  EXPECT_EQ(proxy.secret("x"), std::nullopt);
  proxy.request_pump();
  EXPECT_EQ(broken.lines.size(), 3U);
}

TEST_F(HostProxyTest, ALogThatThrowsIsSurvived) {
  broken.log.log = [](const ferry_host_t*, ferry_log_severity_t, ferry_text_t) { throw std::runtime_error("x"); };
  ASSERT_TRUE(proxy.attach());
  testing::internal::CaptureStderr();
  proxy.log(FERRY_LOG_INFO, "line");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("its log or alert threw"));
}

}  // namespace
}  // namespace ferry::abi
