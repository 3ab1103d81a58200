// The vendure connector through the real client against the stand-in portal: what a benchmark relies on.
#include "tests/portal/portal.h"

#include <gmock/gmock.h>

#include <future>
#include <map>

#include "connectors/http/client.h"
#include "plugin/connector/connector.h"

namespace ferry::portal {
namespace {

using namespace connector;

class StandInPortal : public testing::Test {
 protected:
  StandInPortal() {
    portal_.with_shop([](Shop& shop) {
      shop.add_variant("A", 100);
      shop.add_variant("B", 5);
    });
  }
  HttpReply ask(HttpRequest request) {
    if (connector_->session_refused({})) ADD_FAILURE();
    connector_->authorize(request, {"token"});
    std::promise<HttpReply> promise;
    client_.send(std::move(request), [&](HttpReply reply) { promise.set_value(std::move(reply)); });
    return promise.get_future().get();
  }
  std::vector<Verdict> push(Feed feed, const std::vector<OutboundItem>& items) {
    const auto exchange = connector_->push(feed, items);
    auto step = exchange->start();
    while (!std::holds_alternative<Finish>(step))
      step = std::holds_alternative<Pause>(step) ? exchange->on_resume()
                                                 : exchange->on_reply(ask(std::get<Send>(step).request));
    std::vector<Verdict> verdicts(items.size());
    for (const auto& item : std::get<Finish>(step).items) verdicts[item.index] = item.verdict;
    return verdicts;
  }
  Page pull() {
    const auto pull = connector_->pull_orders({Instant{}, *from_iso8601("2999-01-01T00:00:00Z")}, "");
    return std::get<Page>(pull->on_reply(ask(std::get<Send>(pull->start()).request)));
  }
  std::int64_t saleable(const std::string& sku) {
    std::int64_t count = 0;
    portal_.with_shop([&](Shop& shop) { count = shop.saleable(sku); });
    return count;
  }

  Portal portal_;
  http::Client client_{[this] {
    http::Settings settings;
    settings.base_url = portal_.url();
    return settings;
  }()};
  const std::unique_ptr<Connector> connector_ =
      find_connector("vendure")->create(config::Values({{"username", "u"},
                                                        {"password", "p"},
                                                        {"channel_token", ""},
                                                        {"order_number_field", "erpOrderNumber"},
                                                        {"customer_code_field", ""},
                                                        {"stock_location", ""},
                                                        {"page_size", "50"},
                                                        {"order_states", ""},
                                                        {"request_timeout", "30"}}));
};

TEST_F(StandInPortal, LogsInAndPassesTheProbe) {
  const auto login = connector_->login();
  const auto step = login->on_reply(ask(std::get<Send>(login->start()).request));
  ASSERT_TRUE(std::holds_alternative<Session>(step));
  const auto probe = connector_->probe();
  auto probing = probe->start();
  while (!std::holds_alternative<Finish>(probing)) probing = probe->on_reply(ask(std::get<Send>(probing).request));
  EXPECT_EQ(std::get<Finish>(probing).items.front().verdict, Verdict::delivered);
}

TEST_F(StandInPortal, TakesStockAndRemembersEveryRequest) {
  const auto verdicts = push(Feed::stock, {{"A", R"({"sku":"A","location":null,"quantity":"42"})", ""},
                                           {"X", R"({"sku":"X","location":null,"quantity":"1"})", ""}});
  EXPECT_THAT(verdicts, testing::ElementsAre(Verdict::delivered, Verdict::absent));
  EXPECT_EQ(saleable("A"), 42);
  const auto journal = portal_.journal();
  ASSERT_EQ(journal.size(), 2U);
  EXPECT_EQ(journal[0].operation, "FerryVariants");
  EXPECT_EQ(journal[1].operation, "FerrySetStock");
  EXPECT_EQ(journal[1].items, 1U);
}

TEST_F(StandInPortal, SellsAndShipsByItself) {
  std::string id;
  portal_.with_shop([&](Shop& shop) { id = shop.place_order("A", 2); });
  EXPECT_EQ(saleable("A"), 98);
  auto page = pull();
  ASSERT_EQ(page.orders.size(), 1U);
  EXPECT_TRUE(page.orders[0].acknowledged);
  EXPECT_THAT(page.orders[0].document, testing::HasSubstr(R"("open_quantity":"2")"));
  portal_.with_shop([&](Shop& shop) { shop.fulfil(id); });
  EXPECT_EQ(saleable("A"), 98);
  page = pull();
  EXPECT_FALSE(page.orders[0].open);
  const OutboundItem raise{"A", R"({"sku":"A","location":null,"quantity":"100"})",
                           R"({"sku":"A","location":null,"quantity":"100"})"};
  EXPECT_THAT(push(Feed::stock, {raise}), testing::ElementsAre(Verdict::drifted));
}

TEST_F(StandInPortal, KeepsOrderNumbersUnique) {
  portal_.with_shop([](Shop& shop) {
    shop.place_order("A", 1);
    shop.place_order("B", 1);
  });
  EXPECT_THAT(push(Feed::order_status, {{"CODE1", R"({"order":"1","number":"SO-1"})", ""}}),
              testing::ElementsAre(Verdict::delivered));
  EXPECT_THAT(push(Feed::order_status, {{"CODE2", R"({"order":"2","number":"SO-1"})", ""}}),
              testing::ElementsAre(Verdict::rejected));
}

TEST_F(StandInPortal, AnswersAfterItsLatency) {
  portal_.set_latency(std::chrono::milliseconds(30));
  const auto before = std::chrono::steady_clock::now();
  (void)pull();
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(30));
}

}  // namespace
}  // namespace ferry::portal
