#include "sql/notify/listener.h"

#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "sql/testing/private_cluster.h"
#include "tests/support/open_files.h"

namespace ferry::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::PrivateCluster;

constexpr auto kLong = std::chrono::seconds(60);

class Listening : public ::testing::Test {
 protected:
  Connection other_{PrivateCluster::instance().settings("postgres")};
  Listener listener_{PrivateCluster::instance().conninfo("postgres"), "", "ferry"};
};

TEST_F(Listening, TheFirstWaitConnectsAndSaysSoAtOnce) {
  const Woken woken = listener_.wait(kLong);
  EXPECT_TRUE(woken.connected);
  EXPECT_TRUE(woken.reconnected);
  EXPECT_GE(listener_.fd(), 0);
}

TEST_F(Listening, DistinctPayloadsArriveInOrder) {
  listener_.wait(kLong);
  other_.run("begin; notify ferry, 'stock'; notify ferry, 'intake'; notify other, 'x'; commit");
  other_.run("notify ferry, 'stock'");
  Woken woken = listener_.wait(kLong);
  EXPECT_FALSE(woken.reconnected);
  auto payloads = woken.payloads;
  if (payloads.size() == 2) {  // the second transaction's came too
    EXPECT_THAT(payloads, ElementsAre("stock", "intake"));
  }
  EXPECT_THAT(woken.problem, IsEmpty());
}

TEST_F(Listening, MorePayloadsThanTheBoundWakeAllTheSame) {
  listener_.wait(kLong);
  other_.run("select pg_notify('ferry', 'p' || n || repeat('x', 4000)) from generate_series(1, 600) n");
  const auto payloads = listener_.wait(kLong).payloads;
  EXPECT_FALSE(payloads.empty());
  EXPECT_LE(payloads.size(), Listener::kMaxPayloads);
}

TEST_F(Listening, CancelEndsTheWaitFromAnyThreadAlsoBeforehand) {
  listener_.wait(kLong);
  listener_.cancel();
  EXPECT_TRUE(listener_.wait(kLong).cancelled);
  std::thread canceller([&] { listener_.cancel(); });
  EXPECT_TRUE(listener_.wait(kLong).cancelled);
  canceller.join();
}

TEST_F(Listening, AfterALostConnectionTheNextWaitsConnectAgainAndSaySo) {
  listener_.wait(kLong);
  other_.run("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ferry-listener'");
  const auto before = std::chrono::steady_clock::now();
  Woken lost = listener_.wait(kLong);
  if (lost.connected) lost = listener_.wait(kLong);  // the server's last words and its end may arrive one by one
  EXPECT_LT(std::chrono::steady_clock::now() - before, kLong) << "deaf, it would wait for nothing";
  EXPECT_FALSE(lost.connected);
  EXPECT_THAT(lost.problem, HasSubstr("notifications lost"));
  const Woken back = listener_.wait(kLong);
  EXPECT_TRUE(back.reconnected);
  other_.run("notify ferry, 'again'");
  EXPECT_THAT(listener_.wait(kLong).payloads, ElementsAre("again"));
}

// Its own connection, the one that notifies and the file that cancels all have numbers beyond those that select() knows.
TEST(ListeningAmongMany, F18_HearsInAProcessWithMoreThan1024OpenFiles) {
  const ferry::test::ManyOpenFiles many;
  Connection other(PrivateCluster::instance().settings("postgres"));
  Listener listener(PrivateCluster::instance().conninfo("postgres"), "", "ferry");
  ASSERT_TRUE(listener.wait(kLong).connected);
  EXPECT_GT(listener.fd(), FD_SETSIZE);
  other.run("notify ferry, 'stock'");
  EXPECT_THAT(listener.wait(kLong).payloads, ElementsAre("stock"));
  listener.cancel();
  EXPECT_TRUE(listener.wait(kLong).cancelled);
}

TEST(ListeningToNobody, SaysWhyAndWaitsAllTheSame) {
  Listener listener("host=127.0.0.1 port=1 user=x dbname=x", "s3cret'\\", "ferry");
  const Woken woken = listener.wait(std::chrono::milliseconds(1));
  EXPECT_FALSE(woken.connected);
  EXPECT_THAT(woken.problem, HasSubstr("cannot listen"));
  EXPECT_THAT(woken.problem, ::testing::Not(HasSubstr("s3cret")));
  EXPECT_EQ(listener.fd(), -1);
}

}  // namespace
}  // namespace ferry::sql
