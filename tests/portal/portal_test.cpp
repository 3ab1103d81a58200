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
                                                        {"customer_code_field", "erpPartyCode"},
                                                        {"customer_reference_field", ""},
                                                        {"credit_hold_field", ""},
                                                        {"tax_identifier_field", ""},
                                                        {"stock_location", ""},
                                                        {"locations", ""},
                                                        {"cost_field", "costPrice"},
                                                        {"promotion_key_field", "erpKey"},
                                                        {"promotion_tiers_field", "erpTiers"},
                                                        {"price_list_channels", R"({"0":"list-0"})"},
                                                        {"price_currency", ""},
                                                        {"price_tax", "excluded"},
                                                        {"product_id_field", "erpId"},
                                                        {"product_fields", ""},
                                                        {"jobs", "product,customer,stock,list_price,cost,intake"},
                                                        {"page_size", "50"},
                                                        {"order_states", ""},
                                                        {"order_cancel", "false"},
                                                        {"order_state_field", "erpStatus"},
                                                        {"order_invoices_field", "erpInvoices"},
                                                        {"order_cancelled_field", "erpCancelled"},
                                                        {"order_invoice_url", ""},
                                                        {"order_customer_groups", ""},
                                                        {"order_channels", ""},
                                                        {"owner", ""},
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

TEST_F(StandInPortal, TakesPricesAndCosts) {
  EXPECT_THAT(push(Feed::list_price, {{"A", R"({"sku":"A","currency":"EUR","amount":"12.5","tax":"excluded"})", ""},
                                      {"X", R"({"sku":"X","currency":"EUR","amount":"1","tax":"excluded"})", ""}}),
              testing::ElementsAre(Verdict::delivered, Verdict::absent));
  EXPECT_THAT(push(Feed::cost, {{"A", R"({"sku":"A","currency":"EUR","amount":"8.05"})", ""}}),
              testing::ElementsAre(Verdict::delivered));
  portal_.with_shop([](Shop& shop) {
    EXPECT_EQ(shop.price("A"), "12.5");
    EXPECT_EQ(shop.cost("A"), "8.05");
    EXPECT_EQ(shop.cost("B"), "");
  });
  EXPECT_THAT(push(Feed::cost, {{"A", "", R"({"sku":"A","currency":"EUR","amount":"8.05"})"}}),
              testing::ElementsAre(Verdict::delivered));
  portal_.with_shop([](Shop& shop) { EXPECT_EQ(shop.cost("A"), ""); });
}

std::string product(const std::string& sku, const std::string& name) {
  return R"({"sku":")" + sku + R"(","product":"7","name":")" + name + R"(","description":"fine"})";
}

TEST_F(StandInPortal, TakesProductsAndShowsThemOnceTheyHaveAPrice) {
  const std::vector<OutboundItem> both = {{"P1", product("P1", "Saw"), ""}, {"P2", product("P2", "Saw, large"), ""}};
  EXPECT_THAT(push(Feed::product, both), testing::Each(Verdict::absent));
  EXPECT_THAT(push(Feed::list_price, {{"P1", R"({"sku":"P1","currency":"EUR","amount":"1","tax":"excluded"})", ""},
                                      {"P2", R"({"sku":"P2","currency":"EUR","amount":"2","tax":"excluded"})", ""}}),
              testing::Each(Verdict::delivered));
  EXPECT_THAT(push(Feed::product, both), testing::Each(Verdict::delivered));
  portal_.with_shop([](Shop& shop) {
    EXPECT_EQ(shop.name("P1"), "Saw");
    EXPECT_EQ(shop.name("P2"), "Saw, large");
  });
  portal_.clear_journal();
  EXPECT_THAT(push(Feed::product, both), testing::Each(Verdict::delivered));
  EXPECT_EQ(portal_.journal().size(), 1U) << "what is there already is only looked at";
  EXPECT_THAT(push(Feed::product, {{"P2", "", both[1].document}}), testing::ElementsAre(Verdict::delivered));
  portal_.with_shop([](Shop& shop) { EXPECT_EQ(shop.name("P2"), ""); });
}

// A write as a late or a lost request does it.
std::string write(Portal& portal, const std::string& operation, const std::string& variables) {
  std::string answer;
  portal.with_shop([&](Shop& shop) {
    std::size_t items = 0;
    answer = shop.answer(R"({"query":"mutation )" + operation + R"((","variables":)" + variables + "}", items);
  });
  return answer;
}

TEST_F(StandInPortal, TakesAPersonsProductInPlaceOfAnEmptyOneOfOurs) {
  write(portal_, "FerryCreateProduct", R"({"input":{"enabled":false,"customFields":{"erpId":"7"},)"
                                       R"("translations":[{"name":"Saw","description":"fine"}]}})");
  portal_.with_shop([](Shop& shop) { shop.add_variant("P9", 1); });
  EXPECT_THAT(push(Feed::product, {{"P9", product("P9", "Saw"), ""}}), testing::ElementsAre(Verdict::absent));
}

TEST_F(StandInPortal, WantsOneOptionOfEachGroupAsVendureDoes) {
  const std::vector<OutboundItem> both = {{"P1", product("P1", "Saw"), ""}, {"P2", product("P2", "Saw, large"), ""}};
  EXPECT_THAT(push(Feed::product, both), testing::Each(Verdict::absent));
  write(portal_, "FerryCreateOptionGroup", R"({"input":{"code":"erp-7","options":[{"code":"P1"}]}})");
  write(portal_, "FerryAddOptionGroup", R"({"product":"3","created":"2"})");
  EXPECT_THAT(write(portal_, "FerrySetVariants", R"({"input":[{"id":"3","optionIds":["1"]}]})"),
              testing::HasSubstr("must include one optionId from each of the groups: erp-7, erp-7"));
  EXPECT_THAT(push(Feed::product, {{"P3", product("P3", "Saw, small"), ""}}), testing::ElementsAre(Verdict::absent))
      << "the group that no variant uses is taken away first";
  EXPECT_THAT(write(portal_, "FerryRemoveOptionGroup", R"({"product":"3","group":"1"})"),
              testing::HasSubstr("ProductOptionInUseError"));
  EXPECT_THAT(write(portal_, "FerryRemoveOptionGroup", R"({"product":"3","group":"2"})"),
              testing::HasSubstr("ENTITY_NOT_FOUND"));
}

std::string customer(const std::string& code, const std::string& list) {
  return R"({"code":")" + code + R"(","name":"Party )" + code + R"(","email":")" + code +
         R"(@example.com","phone":"1","list":")" + list + R"(","addresses":[{"street":"a","country":"DE"}]})";
}

TEST_F(StandInPortal, TakesCustomersIntoTheGroupOfTheirList) {
  portal_.with_shop([](Shop& shop) { shop.register_customer("P2@example.com"); });
  const std::vector<OutboundItem> both = {{"P1", customer("P1", "5"), ""}, {"P2", customer("P2", "5"), ""}};
  EXPECT_THAT(push(Feed::customer, both), testing::Each(Verdict::delivered));
  portal_.with_shop([](Shop& shop) {
    for (const auto* code : {"P1", "P2"}) {
      EXPECT_EQ(shop.customer_name(code), std::string("Party ") + code);
      EXPECT_THAT(shop.customer_groups(code), testing::ElementsAre("erp:5"));
    }
  });
  portal_.clear_journal();
  EXPECT_THAT(push(Feed::customer, both), testing::Each(Verdict::delivered));
  EXPECT_EQ(portal_.journal().size(), 1U) << "what is there already is only looked at";
  EXPECT_THAT(push(Feed::customer, {{"P1", customer("P1", "6"), ""}, {"P2", "", customer("P2", "5")}}),
              testing::Each(Verdict::delivered));
  portal_.with_shop([](Shop& shop) {
    EXPECT_THAT(shop.customer_groups("P1"), testing::ElementsAre("erp:6"));
    EXPECT_THAT(shop.customer_groups("P2"), testing::IsEmpty());
  });
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

TEST_F(StandInPortal, ShowsEachShipmentOnceAndSellsNoMoreByIt) {
  std::string id;
  portal_.with_shop([&](Shop& shop) { id = shop.place_order({{"A", 5, 0}, {"B", 1, 0}}); });
  const auto document = [](const std::string& shipments) {
    return R"({"order":"1","number":"SO-1","shipments":[)" + shipments + "]}";
  };
  const std::string first = R"({"number":"S-1","carrier":"DHL","tracking":"T1","lines":[{"sku":"A","quantity":"2"}]})";
  const std::string second = first + R"(,{"number":"S-2","lines":[{"sku":"A","quantity":"3"},{"sku":"B","quantity":"1"}]})";
  for (int again = 0; again < 2; ++again) {
    EXPECT_THAT(push(Feed::order_status, {{"CODE1", document(first), ""}}), testing::ElementsAre(Verdict::delivered));
    EXPECT_EQ(saleable("A"), 95);
    portal_.with_shop([&](Shop& shop) {
      const auto& order = *shop.order(id);
      ASSERT_EQ(order.fulfilments.size(), 1U);
      EXPECT_EQ(order.fulfilments[0].method, "DHL [S-1]");
      EXPECT_EQ(order.fulfilments[0].tracking, "T1");
      EXPECT_EQ(order.state, "PartiallyShipped");
      EXPECT_EQ(shop.on_hand("A"), 98);
    });
  }
  EXPECT_THAT(push(Feed::order_status, {{"CODE1", document(second), ""}}), testing::ElementsAre(Verdict::delivered));
  portal_.with_shop([&](Shop& shop) {
    EXPECT_EQ(shop.order(id)->fulfilments.size(), 2U);
    EXPECT_EQ(shop.order(id)->state, "Shipped");
  });
  EXPECT_EQ(saleable("A"), 95);
  const auto third = second + R"(,{"number":"S-3","lines":[{"sku":"A","quantity":"1"}]})";
  EXPECT_THAT(push(Feed::order_status, {{"CODE1", document(third), ""}}), testing::ElementsAre(Verdict::rejected));
}

TEST_F(StandInPortal, PaysBackOnceAndNoMoreThanWasPaid) {
  std::string id;
  portal_.with_shop([&](Shop& shop) { id = shop.place_order({{"A", 5, 0}, {"B", 1, 0}}); });
  const auto document = [](const std::string& number, const std::string& total) {
    return R"({"order":"1","number":"SO-1","refunds":[{"number":")" + number + R"(","total":")" + total +
           R"(","currency":"EUR","reason":"Damaged","lines":[{"sku":"A","quantity":"2"}]}]})";
  };
  for (int again = 0; again < 2; ++again) {
    EXPECT_THAT(push(Feed::order_status, {{"CODE1", document("R-1", "24"), ""}}), testing::ElementsAre(Verdict::delivered));
    portal_.with_shop([&](Shop& shop) {
      const auto& refunds = shop.order(id)->refunds;
      ASSERT_EQ(refunds.size(), 1U);
      EXPECT_EQ(refunds[0].state + " " + refunds[0].reason + " " + refunds[0].transaction, "Settled Damaged [R-1] R-1");
      EXPECT_EQ(refunds[0].amount, 2400);
      EXPECT_THAT(refunds[0].lines, testing::ElementsAre(testing::Pair(0, 2)));
    });
  }
  EXPECT_THAT(pull().orders.at(0).document,
              testing::HasSubstr(R"("reason":"Damaged [R-1]","gross":"24","shipping":"0","lines":[{"line":"1-1","sku":"A","quantity":"2"}])"));
  portal_.with_shop([&](Shop& shop) {
    EXPECT_FALSE(shop.give_back(id, 4801, "goodwill", {}));
    EXPECT_TRUE(shop.give_back(id, 4800, "goodwill", {}));
  });
  EXPECT_THAT(push(Feed::order_status, {{"CODE1", document("R-2", "0.01"), ""}}), testing::ElementsAre(Verdict::rejected));
}

TEST_F(StandInPortal, ShowsWhatTheErpDidInWords) {
  std::string id;
  portal_.with_shop([&](Shop& shop) { id = shop.place_order("A", 2); });
  const OutboundItem item{"CODE1", R"({"order":"1","number":"SO-1","state":"done","invoices":[{"number":"I-1","date":"2026-11-30",)"
                                   R"("kind":"invoice"}],"cancelled":[{"sku":"A","quantity":"1"}]})", ""};
  EXPECT_THAT(push(Feed::order_status, {item}), testing::ElementsAre(Verdict::delivered));
  portal_.with_shop([&](Shop& shop) {
    using testing::Pair;
    EXPECT_THAT(shop.order(id)->texts, testing::ElementsAre(Pair("erpCancelled", "1 x A"), Pair("erpInvoices", "I-1 (2026-11-30)"),
                                                            Pair("erpStatus", "done")));
  });
  EXPECT_THAT(push(Feed::order_status, {{"CODE1", R"({"order":"1","number":"SO-1","state":"done"})", ""}}),
              testing::ElementsAre(Verdict::delivered));
  portal_.with_shop([&](Shop& shop) { EXPECT_THAT(shop.order(id)->texts, testing::ElementsAre(testing::Pair("erpStatus", "done"))); });
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

TEST_F(StandInPortal, ShowsWhatItHas) {
  portal_.with_shop([](Shop& shop) { shop.place_order("A", 1); });
  const auto page_of = [&](std::unique_ptr<Survey> survey) {
    return std::get<SurveyPage>(survey->on_reply(ask(std::get<Send>(survey->start()).request)));
  };
  const auto all = page_of(connector_->survey(Feed::stock, {}, ""));
  EXPECT_EQ(all.records.front().document, R"({"sku":"A","quantity":"100"})");
  EXPECT_EQ(page_of(connector_->survey(Feed::stock, {}, "1")).records.size() + 1, all.records.size());
  const std::vector<std::string> skus = {"A", "X"};
  EXPECT_EQ(page_of(connector_->survey_labels(Feed::stock, skus)).records.size(), 1U);
  const Window window{Instant{}, Instant{} + std::chrono::hours(24 * 365 * 100)};
  const auto orders = page_of(connector_->survey(Feed::order_status, window, ""));
  ASSERT_EQ(orders.records.size(), 1U);
  EXPECT_EQ(orders.records[0].document, R"({"order":"1","number":""})");
  const std::vector<std::string> codes = {"CODE1", "CODE9"};
  EXPECT_EQ(page_of(connector_->survey_labels(Feed::order_status, codes)).records.size(), 1U);
}

TEST_F(StandInPortal, AnswersAfterItsLatency) {
  portal_.set_latency(std::chrono::milliseconds(30));
  const auto before = std::chrono::steady_clock::now();
  (void)pull();
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(30));
}

}  // namespace
}  // namespace ferry::portal
