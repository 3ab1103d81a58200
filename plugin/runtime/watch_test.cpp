#include "plugin/runtime/watch.h"

#include <mutex>
#include <thread>

#include "ferry/ext/log.h"
#include "sql/testing/store_fixture.h"

namespace ferry::connector {

// This build knows no connector: channels are watched by the defaults.
std::span<const ConnectorInfo* const> connectors() noexcept { return {}; }

}  // namespace ferry::connector

namespace ferry::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class WatchTest : public sql::testing::StoreTest {
 protected:
  // A channel that was looked at for hours, whose job had no success as long.
  WatchTest() {
    sql("INSERT INTO ferry.job (channel, job, last_success_at, last_error) VALUES (1, 'stock', now() - interval '3 h', "
        "'status 502'); INSERT INTO ferry.watch VALUES (1, now() - interval '40 s', now() - interval '3 h')");
    host.secret = [](std::string_view) { return std::nullopt; };
    host.log = [this](int severity, std::string_view line) {
      const std::lock_guard lock(mutex);
      lines.push_back(std::to_string(severity) + " " + std::string(line));
    };
    host.alert = [this](std::string_view json) {
      const std::lock_guard lock(mutex);
      news.emplace_back(json);
    };
  }
  void await_news(std::size_t count) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < until) {
      {
        const std::lock_guard lock(mutex);
        if (news.size() >= count) return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ADD_FAILURE() << "no news";
  }
  StorePool::Factory factory() {
    return [this] {
      return std::make_unique<sql::OdbcStore>(sql::testing::PrivateCluster::instance().settings(database_));
    };
  }

  std::mutex mutex;
  std::vector<std::string> lines, news;
  HostServices host;
  Credentials credentials;
};

TEST_F(WatchTest, TwoProcessesRaiseAndResolveAnAlertOnceInLogAndHost) {
  StorePool one(2, factory()), two(2, factory());
  {
    const Watch first(host, one, credentials, std::chrono::milliseconds(10));
    const Watch second(host, two, credentials, std::chrono::milliseconds(10));
    await_news(1);
    sql("UPDATE ferry.job SET last_success_at = now(); UPDATE ferry.watch SET looked_at = now() - interval '40 s'");
    await_news(2);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  ASSERT_THAT(news, SizeIs(2));
  EXPECT_THAT(news[0], HasSubstr(R"("state" : "raised")"));
  EXPECT_THAT(news[1], HasSubstr(R"("state" : "resolved")"));
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0], HasSubstr(std::to_string(FERRY_LOG_ERROR) + " alert (no_success) channel 1 (Shop 1) stock: "));
  EXPECT_THAT(lines[0], HasSubstr("last error: status 502"));
  EXPECT_THAT(lines[1], HasSubstr(std::to_string(FERRY_LOG_INFO) + " alert is over (no_success)"));
}

TEST_F(WatchTest, AProblemOfItsOwnIsLoggedOnce) {
  sql("DROP TABLE ferry.watch");
  StorePool stores(2, factory());
  {
    const Watch watch(host, stores, credentials, std::chrono::milliseconds(5));
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
  EXPECT_THAT(lines, ElementsAre(HasSubstr("watching for alerts: ")));
}

}  // namespace
}  // namespace ferry::runtime
