// Each kind of weather as a client really meets it, through the real client.
#include <gmock/gmock.h>

#include <fstream>
#include <future>
#include <thread>

#include "connectors/http/client.h"
#include "tests/portal/control.h"
#include "tests/portal/portal.h"

namespace ferry::portal {
namespace {

using namespace connector;
using std::chrono::milliseconds;
using testing::HasSubstr;

class PortalWeather : public testing::Test {
 protected:
  PortalWeather() {
    portal_.with_shop([](Shop& shop) {
      shop.add_variant("A", 100);
      shop.add_variant("B", 100);
    });
  }
  void only(Fault fault) {
    portal_.with_desk([&](Desk& desk) {
      Climate climate;
      climate.stormy = {Instant{}, Instant::max()};
      climate.per_million[static_cast<std::size_t>(fault)] = 1'000'000;
      climate.slow_latency = climate.usual_latency = milliseconds(20);
      climate.most_wait = std::chrono::seconds(7);
      climate.most_late = milliseconds(50);
      desk.weather.set(climate);
    });
  }
  void clear() {
    portal_.with_desk([](Desk& desk) { desk.weather.set(Climate::clear()); });
  }
  HttpReply ask(const std::string& body, const std::string& token = "token") {
    HttpRequest request{"POST", "/admin-api", {{"authorization", "Bearer " + token}}, body};
    request.timeout = milliseconds(200);
    std::promise<HttpReply> promise;
    client_.send(std::move(request), [&](HttpReply reply) { promise.set_value(std::move(reply)); });
    return promise.get_future().get();
  }
  HttpReply set_stock(int quantity) {
    return ask(
        R"({"query":"mutation FerrySetStock(","variables":{"input":[{"id":"1","stockLevels":[{"stockOnHand":)" +
        std::to_string(quantity) + R"(}]},{"id":"2","stockLevels":[{"stockOnHand":1}]}]}})");
  }
  HttpReply list_orders(int skip) {
    return ask(
        R"({"query":"query FerryOrders(","variables":{"options":{"take":2,"skip":)" + std::to_string(skip) +
        R"(,"filter":{"orderPlacedAt":{"between":{"start":"2000-01-01T00:00:00Z","end":"2999-01-01T00:00:00Z"}}}}}})");
  }
  std::int64_t on_hand() {
    std::int64_t count = 0;
    portal_.with_shop([&](Shop& shop) { count = shop.on_hand("A"); });
    return count;
  }

  Portal portal_;
  http::Client client_{[this] {
    http::Settings settings;
    settings.base_url = portal_.url();
    return settings;
  }()};
};

struct Case {
  Fault fault;
  int status;
  bool is_applied;
};

TEST_F(PortalWeather, EveryFaultIsAnsweredAndAppliedAsItSays) {
  const std::vector<Case> cases = {
      {Fault::none, 200, true},         {Fault::slow, 200, true},         {Fault::asks_to_wait, 429, false},
      {Fault::asks_seconds, 429, false}, {Fault::asks_date, 429, false},   {Fault::locked, 423, false},
      {Fault::throttled, 200, false},   {Fault::reset_before, 0, false},  {Fault::reset_after, 0, true},
      {Fault::answer_lost, 0, true},    {Fault::reordered, 200, true},    {Fault::missing_items, 200, true},
      {Fault::token_expired, 200, false}, {Fault::unknown_field, 200, true}, {Fault::null_value, 200, true},
      {Fault::changed_type, 200, true}};
  int quantity = 1;
  for (const auto& [fault, status, is_applied] : cases) {
    only(fault);
    const auto before = on_hand();
    const auto reply = set_stock(++quantity);
    EXPECT_EQ(reply.status, status) << name_of(fault);
    EXPECT_EQ(on_hand(), is_applied ? quantity : before) << name_of(fault);
    EXPECT_EQ(portal_.journal().back().fault, fault);
    EXPECT_EQ(portal_.journal().back().status, status);
  }
}

TEST_F(PortalWeather, AServerErrorIsNotApplied) {
  only(Fault::server_error);
  EXPECT_EQ(set_stock(5).status / 100, 5);
  EXPECT_EQ(on_hand(), 100);
}

TEST_F(PortalWeather, HalfAnAnswerComesCutOrBrokenOff) {
  only(Fault::half_answer);
  int cut = 0, broken_off = 0;
  for (int i = 0; i < 40; ++i) {
    const auto reply = set_stock(i);
    EXPECT_EQ(on_hand(), i);
    (reply.status == 200 ? cut : broken_off) += 1;
    EXPECT_THAT(reply.body, testing::Not(testing::EndsWith("}}")));
  }
  EXPECT_GT(cut, 0);
  EXPECT_GT(broken_off, 0);
}

TEST_F(PortalWeather, ALateRequestIsAppliedAfterTheClientGaveUp) {
  only(Fault::late);
  EXPECT_THAT(set_stock(5).error, HasSubstr("timed out"));
  EXPECT_EQ(on_hand(), 100);
  for (int i = 0; i < 100 && on_hand() != 5; ++i) std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(on_hand(), 5);
}

TEST_F(PortalWeather, ADownPortalRefusesConnectionsAndComesBack) {
  EXPECT_EQ(set_stock(5).status, 200);
  portal_.go_down(milliseconds(300));
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_THAT(set_stock(6).error, HasSubstr("refused"));
  std::this_thread::sleep_for(milliseconds(400));
  EXPECT_EQ(set_stock(7).status, 200);
  EXPECT_EQ(on_hand(), 7);
}

TEST_F(PortalWeather, ALogInEnds) {
  portal_.with_desk([](Desk& desk) { desk.let_tokens_last(std::chrono::seconds(60)); });
  EXPECT_THAT(set_stock(5).body, HasSubstr("FORBIDDEN"));
  const auto reply = ask(R"({"query":"mutation FerryLogin(","variables":{}})");
  const std::string token(reply.header("vendure-auth-token"));
  ASSERT_NE(token, "");
  const std::string probe = R"({"query":"query FerryProbe{","variables":{}})";
  EXPECT_THAT(ask(probe, token).body, HasSubstr("permissions"));
  only(Fault::token_expired);
  EXPECT_THAT(ask(probe, token).body, HasSubstr("FORBIDDEN"));
  clear();
  EXPECT_THAT(ask(probe, token).body, HasSubstr("FORBIDDEN"));
}

TEST_F(PortalWeather, PagesAreDoubledRepeatedAndDrift) {
  portal_.with_shop([](Shop& shop) {
    for (int i = 0; i < 6; ++i) shop.place_order("A", 1);
  });
  const auto shows = [&](int skip, const std::string& id) {
    return list_orders(skip).body.find(R"({"id":")" + id + R"(","code")") != std::string::npos;
  };
  EXPECT_TRUE(shows(2, "3"));
  only(Fault::duplicated_page);
  EXPECT_TRUE(shows(2, "1"));
  only(Fault::repeated_cursor);
  EXPECT_THAT(list_orders(2).body, HasSubstr(R"("totalItems":6,"items":[])"));
  only(Fault::page_drift);
  EXPECT_TRUE(shows(2, "2"));
  clear();
  EXPECT_TRUE(shows(4, "4"));  // what came in stays in
  EXPECT_TRUE(shows(0, "1"));
  EXPECT_TRUE(shows(4, "5"));
}

TEST_F(PortalWeather, TheJournalMeasuresTheRate) {
  Journal journal;
  const auto file = testing::TempDir() + "ferry_journal_test";
  journal.write_to(file);
  Entry entry{"FerryProbe"};
  for (const auto at : {0, 500, 900, 1000, 1400, 5000}) {  // 500, 900, 1000 and 1400 lie within one second
    entry.arrived_at = Instant(milliseconds(at));
    journal.add(entry);
  }
  EXPECT_EQ(journal.most_in_a_second(), 4);
  entry.fault = Fault::locked;
  for (int i = 0; i < 100; ++i) journal.add(entry);
  EXPECT_THAT(journal.totals(), HasSubstr(R"("requests":106,"faulted":100,"most_in_a_second":101)"));
  std::ifstream lines(file);
  std::string first;
  std::getline(lines, first);
  EXPECT_THAT(first, HasSubstr(R"("operation":"FerryProbe","items":0,"fate":"none","status":0)"));
}

TEST_F(PortalWeather, AScriptDrivesIt) {
  portal_.with_desk([](Desk& desk) {
    double down = 0;
    const ControlContext context{desk, Instant(std::chrono::hours(1)),
                                 [&](Duration length) { down = static_cast<double>(length.count()); }};
    EXPECT_THAT(control(context, "/orders", R"({"lines":[{"sku":"A","quantity":2},{"sku":"B","quantity":1}]})"),
                HasSubstr(R"("code":"CODE1")"));
    EXPECT_EQ(control(context, "/stock", R"({"skus":["A"]})"), R"({"A":{"on_hand":100,"saleable":98}})");
    EXPECT_EQ(control(context, "/records", R"({"skus":["A"],"customers":["7"]})"),
              R"({"products":{"A":{"name":"A","discount":"","fixed_price":""}},"customers":{"7":""}})");
    EXPECT_THAT(control(context, "/shop", "{}"), HasSubstr(R"("state":"PaymentSettled","number":"")"));
    control(context, "/fulfil", R"({"id":"1"})");
    EXPECT_EQ(desk.shop.on_hand("A"), 98);
    EXPECT_EQ(control(context, "/refund", R"({"id":"1","reason":"late","lines":[],"cents":3601})"), R"({"paid":false})");
    EXPECT_EQ(control(context, "/refund", R"({"id":"1","reason":"late","lines":[{"sku":"A","quantity":1}]})"), R"({"paid":true})");
    EXPECT_THAT(control(context, "/shop", "{}"),
                HasSubstr(R"("refunds":[{"id":"100001","state":"Settled","reason":"late","amount":1200}])"));
    control(context, "/down", R"({"seconds":1.5})");
    EXPECT_EQ(down, 1'500'000);
    control(context, "/weather", R"({"faults":{"423":1000000},"usual_latency_ms":5})");
    EXPECT_EQ(desk.weather.next(context.now, Asked::read).fault, Fault::locked);
    control(context, "/weather", "{}");
    EXPECT_EQ(desk.weather.next(context.now, Asked::read).fault, Fault::none);
    EXPECT_THROW(control(context, "/weather", R"({"faults":{"hail":1}})"), std::invalid_argument);
    EXPECT_THROW(control(context, "/nothing", "{}"), std::invalid_argument);
  });
}

}  // namespace
}  // namespace ferry::portal
