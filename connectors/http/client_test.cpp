#include "connectors/http/client.h"

#include <gmock/gmock.h>

#include "connectors/http/support/ask.h"
#include "connectors/http/support/test_server.h"
#include "tests/support/open_files.h"

namespace ferry::http {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

Settings settings_for(const TestServer& server) {
  Settings settings;
  settings.base_url = server.url();
  return settings;
}

TEST(HttpClient, SendsMethodPathHeadersAndBodyAndAnswersWithStatusHeadersAndBody) {
  Request seen;
  TestServer server([&](const Request& request) {
    seen = request;
    return TestServer::Answer{reply("hello", "Vendure-Auth-Token: abc\r\n", "201 Created")};
  });
  auto settings = settings_for(server);
  settings.base_url += "/shop/";
  Client client(settings);
  const auto got = ask(client, post(R"({"a":1})"));
  EXPECT_EQ(got.status, 201);
  EXPECT_EQ(got.body, "hello");
  EXPECT_EQ(got.header("vendure-auth-token"), "abc");
  EXPECT_EQ(got.error, "");
  EXPECT_TRUE(got.request_was_sent);
  EXPECT_EQ(seen.target(), "/shop/admin-api");
  EXPECT_EQ(seen.body(), R"({"a":1})");
  EXPECT_EQ(seen["Host"], "127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(seen["User-Agent"], "Ferry/" FERRY_VERSION);
  EXPECT_EQ(seen["Content-Type"], "application/json");
}

// A server with many clients has as many files open, and a loop around select() would fail or write past its set.
TEST(HttpClient, F18_WorksInAProcessWithMoreThan1024OpenFiles) {
  const ferry::test::ManyOpenFiles many;
  TestServer server([](const Request&) { return TestServer::Answer{reply("hello")}; });
  Client client(settings_for(server));
  EXPECT_EQ(ask(client, get()).body, "hello");
}

TEST(HttpClient, ReadsAChunkedReply) {
  TestServer server([](const Request&) {
    return TestServer::Answer{
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"};
  });
  Client client(settings_for(server));
  EXPECT_EQ(ask(client, get()).body, "hello world");
}

TEST(HttpClient, PassesOverInterimReplies) {
  TestServer server(
      [](const Request&) { return TestServer::Answer{"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + reply("real")}; });
  Client client(settings_for(server));
  const auto got = ask(client, get());
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "real");
}

TEST(HttpClient, ReturnsARedirectAsItIs) {
  TestServer server(
      [](const Request&) { return TestServer::Answer{reply("", "location: /elsewhere\r\n", "302 Found")}; });
  Client client(settings_for(server));
  const auto got = ask(client, get());
  EXPECT_EQ(got.status, 302);
  EXPECT_EQ(got.header("location"), "/elsewhere");
  EXPECT_EQ(server.accepted(), 1);
}

TEST(HttpClient, ExpectsNoBodyAfterHead) {
  TestServer server([](const Request&) { return TestServer::Answer{"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"}; });
  Client client(settings_for(server));
  auto request = get();
  request.method = "HEAD";
  EXPECT_EQ(ask(client, request).status, 200);
}

TEST(HttpClient, KeepsOneConnectionForOneRequestAfterTheOther) {
  TestServer server([](const Request&) { return TestServer::Answer{reply("x", "Keep-Alive: timeout=5\r\n")}; });
  Client client(settings_for(server));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(client, post("{}")).status, 200);
  EXPECT_EQ(server.accepted(), 1);
}

TEST(HttpClient, DoesNotKeepAConnectionThatTheServerWillCloseWithinASecond) {
  TestServer server([](const Request&) { return TestServer::Answer{reply("x", "Keep-Alive: timeout=1\r\n")}; });
  Client client(settings_for(server));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(client, post("{}")).status, 200);
  EXPECT_EQ(server.accepted(), 3);
}

TEST(HttpClient, UsesAFreshConnectionWhenThePooledOneWasClosedWhileIdle) {
  TestServer server([](const Request&) { return TestServer::Answer{reply("x")}; });
  Client client(settings_for(server));
  EXPECT_EQ(ask(client, post("{}")).status, 200);
  server.hang_up();
  EXPECT_EQ(ask(client, post("{}")).status, 200);  // not idempotent: nothing may have been written to the closed one
  EXPECT_EQ(server.accepted(), 2);
}

// Hangs up on the second request of a connection, as a server does whose idle timeout ends at that moment.
TestServer::Handler hang_up_on_second() {
  return [count = std::make_shared<std::atomic<int>>(0)](const Request&) {
    return ++*count == 2 ? TestServer::Answer{"", true} : TestServer::Answer{reply("x")};
  };
}

TEST(HttpClient, LeavesRepeatingToTheCallerWhenThePooledConnectionTurnsOutClosed) {
  TestServer server(hang_up_on_second());
  Client client(settings_for(server));
  EXPECT_EQ(ask(client, get()).status, 200);
  const auto got = ask(client, get());
  EXPECT_EQ(got.status, 0);
  EXPECT_TRUE(got.may_be_repeated);
  EXPECT_EQ(server.accepted(), 1);
  EXPECT_EQ(ask(client, get()).status, 200);
}

TEST(HttpClient, NeverRepeatsWhatIsNotIdempotentOnceItWasWritten) {
  TestServer server(hang_up_on_second());
  Client client(settings_for(server));
  EXPECT_EQ(ask(client, post("{}")).status, 200);
  const auto got = ask(client, post("{}"));
  EXPECT_EQ(got.status, 0);
  EXPECT_TRUE(got.request_was_sent);
  EXPECT_FALSE(got.may_be_repeated);
  EXPECT_EQ(got.error, "read: connection closed by the portal before a reply");
}

TEST(HttpClient, DoesNotRepeatOnAFreshConnection) {
  std::atomic<int> requests = 0;
  TestServer server([&](const Request&) {
    ++requests;
    return TestServer::Answer{"", true};
  });
  Client client(settings_for(server));
  EXPECT_EQ(ask(client, get()).status, 0);
  EXPECT_EQ(requests, 1);
}

TEST(HttpClient, SaysThatNothingWasSentWhenNobodyListens) {
  Settings settings;
  {
    const TestServer gone([](const Request&) { return TestServer::Answer{}; });
    settings = settings_for(gone);
  }
  Client client(settings);
  const auto got = ask(client, post("{}"));
  EXPECT_EQ(got.status, 0);
  EXPECT_FALSE(got.request_was_sent);
  EXPECT_THAT(got.error, StartsWith("connect: Connection refused"));
}

TEST(HttpClient, ResolvesANameOnEachConnect) {
  TestServer server([](const Request&) { return TestServer::Answer{reply("x")}; });
  auto settings = settings_for(server);
  settings.base_url = server.url("localhost");
  Client client(settings);
  EXPECT_EQ(ask(client, get()).status, 200);
}

TEST(HttpClient, ReportsAReadThatTakesTooLong) {
  TestServer server([](const Request&) { return TestServer::Answer{}; });
  auto settings = settings_for(server);
  settings.read_timeout = 50ms;
  Client client(settings);
  const auto got = ask(client, post("{}"));
  EXPECT_EQ(got.error, "read: timed out");
  EXPECT_TRUE(got.request_was_sent);
}

TEST(HttpClient, BoundsTheWholeExchangeByTheRequestsOwnTimeout) {
  TestServer server(
      [](const Request&) { return TestServer::Answer{"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"}; });
  Client client(settings_for(server));
  auto request = get();
  request.timeout = 50ms;
  EXPECT_EQ(ask(client, request).error, "read: timed out");
}

TEST(HttpClient, ReportsAWriteThatTakesTooLong) {
  TestServer server({}, TestServer::Speaks::nothing);
  auto settings = settings_for(server);
  settings.write_timeout = 100ms;
  Client client(settings);
  const auto got = ask(client, post(std::string(64 << 20, 'x')));
  EXPECT_EQ(got.error, "write: timed out");
  EXPECT_TRUE(got.request_was_sent);
}

TEST(HttpClient, RefusesAReplyLargerThanItsBounds) {
  TestServer server([](const Request& request) {
    return request.target() == "/body" ? TestServer::Answer{reply(std::string(2000, 'x'))}
                                       : TestServer::Answer{reply("", "x-long: " + std::string(5000, 'x') + "\r\n")};
  });
  auto settings = settings_for(server);
  settings.max_body_bytes = 1000;
  settings.max_header_bytes = 4000;
  Client client(settings);
  const auto body = ask(client, get("/body")), header = ask(client, get("/header"));
  EXPECT_EQ(body.error, "read: reply body larger than 1000 bytes");
  EXPECT_TRUE(body.was_too_large);
  EXPECT_EQ(header.error, "read: reply header larger than 4000 bytes");
  EXPECT_FALSE(header.was_too_large) << "that does not depend on what was asked for";
}

TEST(HttpClient, KeepsABoundedPartOfWhatIsNoBody) {
  constexpr std::string_view kChunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
  TestServer server([kChunked](const Request& request) {
    const std::string much(1 << 20, 'x');
    return TestServer::Answer{std::string(kChunked) + (request.target() == "/line" ? "5;" + much : "0\r\nx-sum: " + much)};
  });
  auto settings = settings_for(server);
  settings.max_header_bytes = 4000;
  Client client(settings);
  for (const auto* target : {"/line", "/trailer"})
    EXPECT_EQ(ask(client, get(target)).error, "read: a part of the reply that is not its body larger than 69536 bytes") << target;
}

TEST(HttpClient, TellsATruncatedReplyFromAWholeOne) {
  TestServer server([](const Request& request) {
    return request.target() == "/chunked"
               ? TestServer::Answer{"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhe", true}
               : TestServer::Answer{"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", true};
  });
  Client client(settings_for(server));
  for (const auto* target : {"/length", "/chunked"}) {
    const auto got = ask(client, get(target));
    EXPECT_EQ(got.status, 0) << target;
    EXPECT_TRUE(got.body.empty());
    EXPECT_TRUE(got.request_was_sent);
    EXPECT_THAT(got.error, StartsWith("read: reply truncated")) << target;
  }
}

TEST(HttpClient, ReportsWhatIsNotHttp) {
  TestServer server([](const Request&) { return TestServer::Answer{"SSH-2.0-OpenSSH_9.2\r\n", true}; });
  Client client(settings_for(server));
  const auto got = ask(client, get());
  EXPECT_EQ(got.status, 0);
  EXPECT_THAT(got.error, StartsWith("read: "));
}

TEST(HttpClient, AnswersEveryRequestWithTheReasonWhenASettingIsUnusable) {
  Settings settings;
  settings.base_url = "shop.example.com";
  Client client(settings);
  EXPECT_EQ(ask(client, get()).error, "setting base_url: not of the form http[s]://host[:port][/path]");
  settings = {};
  settings.base_url = "http://127.0.0.1:1";
  settings.proxy = "https://proxy";
  Client proxied(settings);
  EXPECT_EQ(ask(proxied, get()).error, "setting proxy: not of the form http://host:port");
}

TEST(HttpClient, SendsNoLineBreakThatWouldAddAHeader) {
  TestServer server([](const Request&) { return TestServer::Answer{reply("x")}; });
  Client client(settings_for(server));
  auto request = get();
  request.headers = {{"vendure-token", "a\r\nx-injected: 1"}};
  EXPECT_THAT(ask(client, request).error, HasSubstr("control character"));
  EXPECT_THAT(ask(client, get("/a b")).error, HasSubstr("control character"));
  EXPECT_EQ(server.accepted(), 0);
}

TEST(HttpClient, CancelsWhatIsUnderWayAndWhatWaitsAndGoesOn) {
  TestServer server([](const Request& request) {
    return request.target() == "/hang" ? TestServer::Answer{} : TestServer::Answer{reply("x")};
  });
  auto settings = settings_for(server);
  settings.max_connections = 2;
  Client client(settings);
  std::vector<std::future<connector::HttpReply>> hanging;
  for (int i = 0; i < 6; ++i) hanging.push_back(begin(client, get("/hang")));
  client.cancel_all();
  for (auto& future : hanging) EXPECT_EQ(future.get().error, "cancelled");
  EXPECT_EQ(ask(client, get("/fine")).status, 200);
}

TEST(HttpClient, AnswersEverythingAtShutdownAndAfterIt) {
  std::promise<void> arrived;
  TestServer server([&](const Request&) {
    arrived.set_value();
    return TestServer::Answer{};
  });
  Client client(settings_for(server));
  auto hanging = begin(client, get("/hang"));
  arrived.get_future().wait();
  client.shutdown();
  const auto got = hanging.get();
  EXPECT_EQ(got.error, "cancelled");
  EXPECT_TRUE(got.request_was_sent);
  const auto late = ask(client, get());
  EXPECT_EQ(late.error, "cancelled");
  EXPECT_FALSE(late.request_was_sent);
}

TEST(HttpClient, ShutsDownWhileRequestsAreBeingSent) {
  TestServer server([](const Request&) { return TestServer::Answer{reply("x")}; });
  Client client(settings_for(server));
  std::atomic<int> answered = 0;
  std::promise<void> some;
  std::vector<std::thread> senders;
  for (int t = 0; t < 4; ++t) {
    senders.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        client.send(get(), [&](const connector::HttpReply&) {
          if (++answered == 20) some.set_value();
        });
      }
    });
  }
  some.get_future().wait();
  client.shutdown();
  for (auto& sender : senders) sender.join();
  EXPECT_EQ(answered, 800);
}

TEST(HttpClient, CarriesManyRequestsOverABoundedNumberOfConnections) {
  TestServer server([](const Request& request) { return TestServer::Answer{reply(std::string(request.target()))}; });
  auto settings = settings_for(server);
  settings.max_connections = 4;
  Client client(settings);
  std::vector<std::future<connector::HttpReply>> replies;
  for (int i = 0; i < 400; ++i) replies.push_back(begin(client, get("/" + std::to_string(i))));
  for (std::size_t i = 0; i < replies.size(); ++i) EXPECT_EQ(replies[i].get().body, "/" + std::to_string(i));
  EXPECT_LE(server.most_open(), 4);
  EXPECT_EQ(server.accepted(), server.most_open());
}

TEST(HttpClient, TellsAProxyTheWholeAddressOfAPlainRequest) {
  std::string seen;
  TestServer proxy([&](const Request& request) {
    seen = std::string(request.target());
    return TestServer::Answer{reply("through")};
  });
  Settings settings;
  settings.base_url = "http://portal.invalid:8080/eu";
  settings.proxy = proxy.url();
  Client client(settings);
  EXPECT_EQ(ask(client, get("/x")).body, "through");
  EXPECT_EQ(seen, "http://portal.invalid:8080/eu/x");
}

TEST(HttpClient, ClosesIdleConnectionsInTime) {
  TestServer server([](const Request&) { return TestServer::Answer{reply("x")}; });
  auto settings = settings_for(server);
  settings.idle_lifetime = 20ms;
  Client client(settings);
  EXPECT_EQ(ask(client, get()).status, 200);
  while (server.open() > 0) std::this_thread::yield();
}

}  // namespace
}  // namespace ferry::http
