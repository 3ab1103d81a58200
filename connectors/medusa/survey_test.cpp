#include "connectors/medusa/survey.h"

#include <gmock/gmock.h>

#include "connectors/medusa/support/script.h"

namespace ferry::medusa {
namespace {

using namespace test;
using namespace connector;
using testing::HasSubstr;

json::object item(const std::string& id, const std::string& sku, const std::string& stocked) {
  json::array levels = {json::object{{"location_id", "sloc_1"}, {"raw_stocked_quantity", raw(stocked)}}};
  return {{"id", id}, {"sku", sku}, {"location_levels", std::move(levels)}};
}

struct Surveyed {
  std::vector<std::string> targets;
  SurveyStep end;
  const SurveyPage& page() const { return std::get<SurveyPage>(end); }
  const ItemVerdict& failure() const { return std::get<PullFailed>(end).verdict; }
};
Surveyed run(Survey& survey, const std::vector<HttpReply>& replies) {
  Surveyed surveyed;
  surveyed.end = survey.start();
  for (const auto& reply : replies) {
    if (!std::holds_alternative<Send>(surveyed.end)) break;
    surveyed.targets.push_back(std::get<Send>(surveyed.end).request.target);
    surveyed.end = survey.on_reply(reply);
  }
  return surveyed;
}

class MedusaSurvey : public testing::Test {
 protected:
  MedusaSurvey() { settings_.stock_location = "Main"; }
  Settings settings_ = settings();
};

TEST_F(MedusaSurvey, ShowsTheStockAsTheFeedWritesItPageByPage) {
  json::array rows;
  for (int i = 0; i < 500; ++i) rows.push_back(item("i" + std::to_string(i), "S" + std::to_string(i), "5.50"));
  auto first = make_stock_survey(settings_, "");
  const auto surveyed = run(*first, {locations(), listed("inventory_items", rows, 501)});
  EXPECT_THAT(surveyed.targets[1], testing::EndsWith("&limit=500&offset=0"));
  EXPECT_EQ(surveyed.page().records.size(), 500U);
  EXPECT_EQ(surveyed.page().records[7].document, R"({"sku":"S7","quantity":"5.5"})");
  EXPECT_EQ(surveyed.page().records[7].identity, "{}");
  EXPECT_EQ(surveyed.page().next_cursor, "500");
  auto last = make_stock_survey(settings_, "500");
  EXPECT_EQ(run(*last, {locations(), listed("inventory_items", {item("i500", "S500", "1")}, 501)}).page().next_cursor, "");
  auto cut = make_stock_survey(settings_, "500");
  EXPECT_EQ(run(*cut, {locations(), listed("inventory_items", {}, 501)}).failure().verdict, Verdict::retry);
}

TEST_F(MedusaSurvey, ShowsEachLocationOfTheChannelAndNothingAtOneThatIsNotThere) {
  settings_.locations = {"Main", "sloc_2"};
  auto survey = make_stock_survey(settings_, "");
  const auto surveyed = run(*survey, {locations(), listed("inventory_items", {item("i1", "A", "5")})});
  ASSERT_EQ(surveyed.page().records.size(), 2U);
  EXPECT_EQ(surveyed.page().records[0].document, R"({"sku":"A","location":"Main","quantity":"5"})");
  EXPECT_EQ(surveyed.page().records[1].document, R"({"sku":"A","location":"sloc_2","quantity":"0"})");
  EXPECT_EQ(surveyed.page().records[1].identity, R"({"location":"sloc_2"})");
  settings_.locations = {"Bremen"};
  auto wrong = make_stock_survey(settings_, "");
  EXPECT_THAT(run(*wrong, {locations()}).failure().reason, HasSubstr(R"(no stock location "Bremen")"));
}

TEST_F(MedusaSurvey, LooksForSkusAndBelievesNothingUnreadable) {
  const std::vector<std::string> skus = {"A", "B", std::string(1001, 'x')};
  auto survey = make_stock_survey(settings_, skus);
  const auto surveyed = run(*survey, {locations(), listed("inventory_items", {item("i1", "A", "5")})});
  EXPECT_THAT(surveyed.targets[1], testing::EndsWith("&limit=1000&sku%5B%5D=A&sku%5B%5D=B"));
  EXPECT_EQ(surveyed.page().records.size(), 1U);
  auto odd = item("i1", "A", "5");
  odd["location_levels"] = nullptr;
  auto other = make_stock_survey(settings_, skus);
  EXPECT_EQ(run(*other, {locations(), listed("inventory_items", {odd})}).failure().verdict, Verdict::retry);
}

TEST_F(MedusaSurvey, FindsOrdersByTheirNumbersInALogarithmOfRequests) {
  const auto row = [](int number) {
    return json::object{{"id", "order_" + std::to_string(number)}, {"display_id", number}, {"metadata", nullptr}};
  };
  const std::vector<std::string> labels = {"1", "1999", "1000", "2001", "x", ""};  // 1000 portal orders: the odd numbers
  auto survey = make_order_survey(settings_, labels);
  auto step = survey->start();
  int requests = 0;
  for (; std::holds_alternative<Send>(step) && requests < 100; ++requests) {
    const auto& target = std::get<Send>(step).request.target;
    const auto at = std::stoi(target.substr(target.rfind('=') + 1));
    step = survey->on_reply(listed("orders", {row(2 * at + 1)}, 1000));
  }
  EXPECT_LE(requests, 1 + 4 * 11);
  const auto& records = std::get<SurveyPage>(step).records;
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].document, R"({"order":"order_1","number":""})");
  EXPECT_EQ(records[1].label, "1999");
}

TEST_F(MedusaSurvey, AListOfOrdersThatBecomesShorterEndsTheSearch) {
  const std::vector<std::string> labels = {"5"};
  auto survey = make_order_survey(settings_, labels);
  const auto surveyed = run(*survey, std::vector<HttpReply>(20, listed("orders", {}, 0)));
  EXPECT_TRUE(surveyed.page().records.empty());
  auto failing = make_order_survey(settings_, labels);
  EXPECT_EQ(run(*failing, {status(500)}).failure().verdict, Verdict::retry);
}

TEST_F(MedusaSurvey, ListsTheOrdersOfAWindowWithTheNumberThatEachCarries) {
  const Window window{*from_iso8601("2026-11-01T00:00:00Z"), *from_iso8601("2026-11-21T00:00:00Z")};
  auto survey = make_order_survey(settings_, window, "");
  const json::object order{{"id", "order_4"}, {"display_id", 4}, {"metadata", json::object{{"erp_order_number", "SO4"}}}};
  const auto surveyed = run(*survey, {listed("orders", json::array(100, order), 101)});
  EXPECT_EQ(surveyed.page().records[0].document, R"({"order":"order_4","number":"SO4"})");
  EXPECT_EQ(surveyed.page().next_cursor, "100");
  auto nameless = order;
  nameless["display_id"] = nullptr;
  auto other = make_order_survey(settings_, window, "");
  EXPECT_EQ(run(*other, {listed("orders", {nameless})}).failure().verdict, Verdict::retry);
}

}  // namespace
}  // namespace ferry::medusa
