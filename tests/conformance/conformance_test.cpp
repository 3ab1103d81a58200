// A connector is stepped with every answer a portal, a proxy or a broken line can give: it must settle every record
// exactly once, never throw, and never claim a success that nobody confirmed.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <set>

#include "plugin/connector/connector.h"
#include "plugin/engine/channel_settings.h"

namespace ferry::connector {
namespace {

namespace json = boost::json;

constexpr std::array kStatuses = {0, 200, 401, 403, 404, 408, 413, 422, 423, 429, 500, 503};
constexpr std::size_t kLongestReason = 2048;
constexpr std::string_view kSecret = "s3cr3t-of-the-channel";

const std::vector<std::string>& bodies() {
  static const std::vector<std::string> all = {"",
                                               "<html><body>Bad gateway</body></html>",
                                               "null",
                                               "[]",
                                               "{}",
                                               R"({"data":)",
                                               R"({"data":null})",
                                               R"({"data":{}})",
                                               R"({"errors":[{"message":null}]})",
                                               R"({"errors":[{}],"data":{}})",
                                               std::string("\xff\xfe\x00{}", 5),
                                               std::string(100'000, '['),
                                               "{\"data\":\"" + std::string(std::size_t{1} << 20, 'x') + "\"}"};
  return all;
}

json::value sample(const config::Field& field) {
  switch (field.type) {
    case config::Type::url: return "https://portal.example.com";
    case config::Type::integer:
    case config::Type::seconds: return std::max<std::int64_t>(1, field.minimum);
    case config::Type::boolean: return true;
    case config::Type::decimal: return "1";
    case config::Type::list: return json::array{"x"};
    case config::Type::map: return json::object{{"x", "y"}};
    case config::Type::text:
    case config::Type::secret: break;
  }
  return "x";
}

std::unique_ptr<Connector> make(const ConnectorInfo& info) {
  const auto fields = engine::channel_fields(info);
  json::object given;
  for (const auto& field : fields) {
    if (field.required) given[field.name] = sample(field);
  }
  const auto text = json::serialize(given);
  EXPECT_TRUE(config::problems(fields, text).empty());
  std::vector<config::Problem> unresolved;
  return info.create(config::parse(
      fields, text, [](std::string_view) { return std::optional(std::string(kSecret)); }, unresolved));
}

std::string document(Feed feed, std::size_t index) {
  const auto n = std::to_string(index);
  if (feed == Feed::stock) return R"({"sku":"SKU-)" + n + R"(","location":null,"quantity":"7"})";
  if (feed == Feed::order_status)
    return R"({"order":")" + n + R"(","reference":"R)" + n + R"(","number":"SO-)" + n +
           R"(","state":"confirmed","shipments":[{"number":"S-)" + n + R"(","carrier":"","tracking":"T","lines":[{"sku":"SKU-)" +
           n + R"(","quantity":"1"}]}]})";
  if (feed == Feed::customer)
    return R"({"code":"P)" + n + R"(","name":"Party )" + n + R"(","email":"p)" + n + R"(@example.com","addresses":[]})";
  if (feed == Feed::product)
    return R"({"sku":"SKU-)" + n + R"(","product":")" + n + R"(","name":"Item )" + n + R"(","description":""})";
  if (feed == Feed::discount || feed == Feed::fixed_net_price) {
    const std::string value = feed == Feed::discount ? R"("percent":"5")" : R"("amount":"12.34")";
    return R"({"sku":"SKU-)" + n + R"(","list":"1","list_name":"Dealers",)" +
           (feed == Feed::discount ? "" : R"("currency":"EUR",)") + R"("tiers":[{"quantity":"0",)" + value +
           R"(,"from":null,"until":null}]})";
  }
  return R"({"sku":"SKU-)" + n + R"(","currency":"EUR","amount":"12.34","tax":"excluded"})";
}
std::vector<OutboundItem> batch(Feed feed, std::size_t size) {
  std::vector<OutboundItem> items;
  for (std::size_t i = 0; i < size; ++i) items.push_back({"label " + std::to_string(i), document(feed, i), ""});
  return items;
}

void expect_sound(const HttpRequest& request) {
  EXPECT_TRUE(request.target.starts_with('/')) << request.target;
  EXPECT_FALSE(request.method.empty());
  EXPECT_GT(request.timeout, Duration::zero());
  for (const auto& [name, value] : request.headers) {
    EXPECT_NE(name, "Host");
    EXPECT_EQ(value.find(kSecret), std::string::npos) << "the secret belongs into the log-in only";
  }
}

void expect_sound(const ItemVerdict& item) {
  EXPECT_LE(item.reason.size(), kLongestReason);
  EXPECT_EQ(item.reason.find(kSecret), std::string::npos);
  if (item.verdict != Verdict::delivered) {
    EXPECT_FALSE(item.reason.empty()) << name_of(item.verdict);
  }
  if (item.wait) {
    EXPECT_EQ(item.verdict, Verdict::snooze);
  }
}

// Steps until the end; a connector that asks for ever is stopped and fails.
std::vector<ItemVerdict> finish(Exchange& exchange, const HttpReply& reply, std::size_t items) {
  auto step = exchange.start();
  for (std::size_t i = 0; i < 100 + 10 * items; ++i) {
    if (auto* send = std::get_if<Send>(&step)) {
      expect_sound(send->request);
      step = exchange.on_reply(reply);
    } else if (std::holds_alternative<Pause>(step)) {
      step = exchange.on_resume();
    } else {
      return std::get<Finish>(step).items;
    }
  }
  ADD_FAILURE() << "no end after " << 100 + 10 * items << " steps";
  return {};
}

void expect_each_once(const std::vector<ItemVerdict>& items, std::size_t size, bool may_deliver) {
  std::multiset<std::size_t> indices;
  for (const auto& item : items) {
    indices.insert(item.index);
    expect_sound(item);
    if (!may_deliver) {
      EXPECT_NE(item.verdict, Verdict::delivered);
    }
  }
  EXPECT_EQ(indices.size(), size);
  for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(indices.count(i), 1U) << "index " << i;
}

std::vector<HttpReply> replies() {
  std::vector<HttpReply> all;
  for (const int status : kStatuses) {
    for (const auto& body : bodies()) {
      HttpReply reply;
      reply.status = status;
      reply.request_was_sent = true;
      if (status == 0) {
        reply.error = "read: timed out";
      } else {
        reply.body = body;
        reply.headers = {{"retry-after", "soon"}, {"date", "never"}};
      }
      all.push_back(std::move(reply));
      if (status == 0) break;
    }
  }
  auto unsent = all.front();
  unsent.request_was_sent = false;
  all.push_back(unsent);
  return all;
}

std::string describe(const HttpReply& reply) {
  return "status " + std::to_string(reply.status) + ", body " + reply.body.substr(0, 60);
}

class Conformance : public testing::TestWithParam<const ConnectorInfo*> {
 protected:
  const std::unique_ptr<Connector> connector_ = make(*GetParam());
};

TEST_P(Conformance, SettingsAreDescribedAndNamedInLowerSnake) {
  const auto is_lower_snake = [](std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
  };
  std::set<std::string_view> common;
  for (const auto& field : engine::common_fields()) common.insert(field.name);
  for (const auto& field : GetParam()->fields) {
    EXPECT_TRUE(is_lower_snake(field.name)) << field.name;
    EXPECT_TRUE(field.description.ends_with('.')) << field.name << ": a sentence describes it";
    EXPECT_FALSE(common.contains(field.name)) << field.name << " is a common setting";
    if (field.required) {
      EXPECT_TRUE(field.fallback.empty()) << field.name;
    }
  }
}

TEST_P(Conformance, CapabilitiesAreUsable) {
  const auto& capabilities = connector_->capabilities();
  EXPECT_FALSE(capabilities.feeds.empty());
  EXPECT_GE(capabilities.max_batch_items, 1U);
  EXPECT_GE(capabilities.max_batch_bytes, 1024U);
  EXPECT_GE(capabilities.max_in_flight, 1U);
  EXPECT_GE(capabilities.order_visibility_lag, Duration::zero());
}

TEST_P(Conformance, EveryIndexIsSettledExactlyOnceWhateverThePortalAnswers) {
  const auto cap = connector_->capabilities().max_batch_items;
  for (const auto feed : connector_->capabilities().feeds) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{3}, cap}) {
      const auto items = batch(feed, std::min(size, cap));
      for (const auto& reply : replies()) {
        SCOPED_TRACE(std::string(name_of(feed)) + ", " + std::to_string(items.size()) + " items, " + describe(reply));
        EXPECT_NO_THROW(expect_each_once(finish(*connector_->push(feed, items), reply, items.size()), items.size(),
                                         reply.status == 200));
      }
    }
  }
}

TEST_P(Conformance, WithdrawnAndBrokenDocumentsAreSettledToo) {
  for (const auto feed : connector_->capabilities().feeds) {
    const std::vector<OutboundItem> items = {
        {"A", "", ""}, {"B", "", document(feed, 1)}, {"C", "{", "{"}, {"", "null", "[]"}, {"", "", ""}};
    for (const auto& reply : replies()) {
      SCOPED_TRACE(std::string(name_of(feed)) + ", " + describe(reply));
      EXPECT_NO_THROW(
          expect_each_once(finish(*connector_->push(feed, items), reply, items.size()), items.size(), true));
    }
  }
}

TEST_P(Conformance, OneItemIsNeverSplit) {
  for (const auto feed : connector_->capabilities().feeds) {
    const auto items = batch(feed, 1);
    for (const auto& reply : replies()) {
      for (const auto& item : finish(*connector_->push(feed, items), reply, 1))
        EXPECT_NE(item.verdict, Verdict::split) << describe(reply);
    }
  }
}

TEST_P(Conformance, PullsEndWithAPageOrAReason) {
  const std::vector<std::string> ids = {"1", "2"};
  for (const auto& reply : replies()) {
    SCOPED_TRACE(describe(reply));
    for (int kind = 0; kind < 3; ++kind) {
      const auto pull = kind == 2 ? connector_->pull_orders_by_id(ids)
                                  : connector_->pull_orders({Instant{}, Instant{} + std::chrono::hours(1)},
                                                            kind == 0 ? "" : "not a cursor");
      PullStep step = pull->start();
      for (int i = 0; i < 100 && std::holds_alternative<Send>(step); ++i) {
        expect_sound(std::get<Send>(step).request);
        EXPECT_NO_THROW(step = pull->on_reply(reply));
      }
      ASSERT_FALSE(std::holds_alternative<Send>(step)) << "no end";
      if (const auto* failed = std::get_if<PullFailed>(&step)) expect_sound(failed->verdict);
      if (reply.status != 200) {
        EXPECT_TRUE(std::holds_alternative<PullFailed>(step));
      }
    }
  }
}

TEST_P(Conformance, SurveysAreOfItsFeedsAndEndWithAPageOrAReason) {
  const auto& capabilities = connector_->capabilities();
  const std::vector<std::string> labels = {"A", "B"};
  const Window window{Instant{}, Instant{} + std::chrono::hours(1)};
  for (const auto feed : capabilities.surveys) {
    EXPECT_EQ(std::count(capabilities.feeds.begin(), capabilities.feeds.end(), feed), 1) << name_of(feed);
    for (const auto& reply : replies()) {
      SCOPED_TRACE(std::string(name_of(feed)) + ", " + describe(reply));
      for (int kind = 0; kind < 3; ++kind) {
        const auto survey = kind == 2 ? connector_->survey_labels(feed, labels)
                                      : connector_->survey(feed, window, kind == 0 ? "" : "not a cursor");
        ASSERT_NE(survey, nullptr);
        SurveyStep step = survey->start();
        const bool asks = std::holds_alternative<Send>(step);  // not of what no setting names
        for (int i = 0; i < 100 && std::holds_alternative<Send>(step); ++i) {
          expect_sound(std::get<Send>(step).request);
          EXPECT_TRUE(std::get<Send>(step).request.idempotent) << "it only reads";
          EXPECT_NO_THROW(step = survey->on_reply(reply));
        }
        ASSERT_FALSE(std::holds_alternative<Send>(step)) << "no end";
        if (const auto* failed = std::get_if<PullFailed>(&step)) expect_sound(failed->verdict);
        if (asks && reply.status != 200) {
          EXPECT_TRUE(std::holds_alternative<PullFailed>(step));
        }
      }
    }
  }
}

TEST_P(Conformance, LogInEndsWithASessionOrAReason) {
  for (const auto& reply : replies()) {
    SCOPED_TRACE(describe(reply));
    const auto login = connector_->login();
    if (!login) return;
    LoginStep step = login->start();
    for (int i = 0; i < 100 && std::holds_alternative<Send>(step); ++i) EXPECT_NO_THROW(step = login->on_reply(reply));
    ASSERT_TRUE(std::holds_alternative<LoginFailed>(step));
    expect_sound(std::get<LoginFailed>(step).verdict);
    EXPECT_NE(std::get<LoginFailed>(step).verdict.verdict, Verdict::split);
  }
}

TEST_P(Conformance, ProbeSettlesItsOneItem) {
  for (const auto& reply : replies()) {
    SCOPED_TRACE(describe(reply));
    EXPECT_NO_THROW(expect_each_once(finish(*connector_->probe(), reply, 1), 1, false));
  }
}

TEST_P(Conformance, SessionIsJudgedForAnyReply) {
  for (const auto& reply : replies()) {
    EXPECT_NO_THROW((void)connector_->session_refused(reply));
    if (reply.status == 0 || reply.status == 429 || reply.status >= 500) {
      EXPECT_FALSE(connector_->session_refused(reply)) << describe(reply);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Every, Conformance, testing::ValuesIn(connectors().begin(), connectors().end()),
                         [](const auto& tested) { return std::string(tested.param->id); });

}  // namespace
}  // namespace ferry::connector
