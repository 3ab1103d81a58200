#include "plugin/runtime/webhook.h"

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "connectors/http/support/test_server.h"

namespace ferry::runtime {
namespace {

using http::test::TestServer;
using ::testing::HasSubstr;

const sql::AlertLetter kLetter{12, Instant(std::chrono::microseconds(1'700'000'000'000'001)), R"({"id":12})"};

engine::ChannelSettings to(const std::string& url, const std::string& token = "") {
  engine::ChannelSettings settings;
  settings.alert_webhook = url;
  settings.alert_webhook_token = token;
  return settings;
}

TEST(Webhook, UrlsAreTakenApart) {
  const auto parts = [](const std::string& url) {
    const WebhookUrl split = split_webhook_url(url);
    return split.base + " " + split.target;
  };
  EXPECT_EQ(parts("https://hooks.example/a/b?c=d/e"), "https://hooks.example /a/b?c=d/e");
  EXPECT_EQ(parts("https://hooks.example:8443"), "https://hooks.example:8443 /");
  EXPECT_EQ(parts("http://hooks.example?x"), "http://hooks.example /?x");
  EXPECT_EQ(parts("http://hooks.example/a#b"), "http://hooks.example /a");
}

TEST(Webhook, PostsTheNewsWithATokenAndAKeyThatStaysTheSame) {
  std::string seen;
  TestServer server([&](const http::test::Request& request) {
    seen = std::string(request.method_string()) + " " + std::string(request.target()) + " " +
           std::string(request["Authorization"]) + " " + std::string(request["Idempotency-Key"]) + " " +
           std::string(request["Content-Type"]) + " " + request.body();
    return TestServer::Answer{http::test::reply("", "", "204 No Content")};
  });
  EXPECT_EQ(Webhook().post(to(server.url() + "/hook?a=b", "s3cret"), kLetter), "");
  EXPECT_EQ(seen, R"(POST /hook?a=b Bearer s3cret ferry-alert-12-1700000000000001 application/json {"id":12})");
}

TEST(Webhook, WhatIsNotTakenIsToldWithoutTheToken) {
  TestServer server([](const http::test::Request&) {
    return TestServer::Answer{http::test::reply("no", "", "403 Forbidden")};
  });
  EXPECT_EQ(Webhook().post(to(server.url(), "s3cret"), kLetter), "it answered with status 403");
  EXPECT_THAT(Webhook().post(to("http://127.0.0.1:1/"), kLetter), HasSubstr("connect: "));
}

TEST(Webhook, BreakingOffEndsWhatIsUnderWayAndEverythingLater) {
  TestServer server([](const http::test::Request&) { return TestServer::Answer{}; }, TestServer::Speaks::nothing);
  Webhook webhook;
  std::string failure;
  std::thread posting([&] { failure = webhook.post(to(server.url()), kLetter); });
  while (server.accepted() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  webhook.break_off();
  posting.join();
  EXPECT_NE(failure, "");
  EXPECT_EQ(webhook.post(to(server.url()), kLetter), "the engine is stopping");
}

}  // namespace
}  // namespace ferry::runtime
