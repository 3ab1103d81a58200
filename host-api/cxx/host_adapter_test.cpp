#include "host-api/cxx/host_adapter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "host-api/cxx/text.h"

namespace ferry::abi {
namespace {

using testing::ElementsAre;

struct RecordingHost : Host {
  void log(ferry_log_severity_t severity, std::string_view line) override {
    lines.push_back(std::to_string(severity) + " " + std::string(line));
  }
  std::optional<std::string> secret(std::string_view name) override {
    if (throws) throw std::runtime_error("x");
    return name == "known" ? std::optional<std::string>("value") : std::nullopt;
  }
  bool has_order_entry() const override { return takes_orders; }
  EnteredOrder enter(std::int32_t channel, std::string_view reference, std::string_view) override {
    if (throws) throw std::runtime_error("x");
    return {FERRY_OK, channel, std::string(reference), {}};
  }
  bool takes_orders = true, throws = false;
  std::vector<std::string> lines;
};

struct HostAdapterTest : testing::Test {
  template <class Extension>
  const Extension* extension(const char* id) {
    return static_cast<const Extension*>(adapter.c_host()->get_extension(adapter.c_host(), id));
  }
  RecordingHost host;
  HostAdapter adapter{host, "test", "1"};
};

TEST_F(HostAdapterTest, OffersOrderEntryOnlyWhereThereIsOne) {
  EXPECT_NE(extension<void>(FERRY_EXT_ORDER_ENTRY), nullptr);
  host.takes_orders = false;
  EXPECT_EQ(extension<void>(FERRY_EXT_ORDER_ENTRY), nullptr);
  EXPECT_EQ(extension<void>("no.such/1"), nullptr);
}

TEST_F(HostAdapterTest, SecretsAreWrittenToTheSink) {
  const auto secrets = extension<ferry_host_secrets_t>(FERRY_EXT_SECRETS);
  StringSink value;
  EXPECT_EQ(secrets->resolve(adapter.c_host(), as_text("known"), value.sink()), FERRY_OK);
  EXPECT_EQ(value.text(), "value");
  EXPECT_EQ(secrets->resolve(adapter.c_host(), as_text("other"), value.sink()), FERRY_E_NOT_FOUND);
}

TEST_F(HostAdapterTest, OrdersAreAnswered) {
  const auto entry = extension<ferry_host_order_entry_t>(FERRY_EXT_ORDER_ENTRY);
  StringSink number, reason;
  std::int64_t id = 0;
  EXPECT_EQ(entry->enter(adapter.c_host(), 7, as_text("R1"), as_text("{}"), &id, number.sink(), reason.sink()),
            FERRY_OK);
  EXPECT_EQ(id, 7);
  EXPECT_EQ(number.text(), "R1");
  EXPECT_EQ(entry->find(adapter.c_host(), 7, as_text("R1"), &id, number.sink(), reason.sink()), FERRY_E_UNSUPPORTED);
}

TEST_F(HostAdapterTest, AModuleThatPassesWhatIsNoTextIsReported) {
  const auto log = extension<ferry_host_log_t>(FERRY_EXT_LOG);
  log->log(adapter.c_host(), FERRY_LOG_INFO, {nullptr, 3});
  log->log(adapter.c_host(), FERRY_LOG_INFO, as_text("\xFF"));
  const auto entry = extension<ferry_host_order_entry_t>(FERRY_EXT_ORDER_ENTRY);
  EXPECT_EQ(entry->enter(adapter.c_host(), 7, as_text("R1"), as_text("\xFF"), nullptr, nullptr, nullptr),
            FERRY_E_RETRY);
  const auto secrets = extension<ferry_host_secrets_t>(FERRY_EXT_SECRETS);
  EXPECT_EQ(secrets->resolve(adapter.c_host(), as_text("known"), nullptr), FERRY_OK);
  EXPECT_THAT(host.lines, ElementsAre("6 plugin misbehaving: a log line is null but has a size",
                                      "6 plugin misbehaving: a log line is not UTF-8",
                                      "6 plugin misbehaving: an order is not UTF-8",
                                      "6 plugin misbehaving: its sink for a secret refused it"));
}

TEST_F(HostAdapterTest, NoExceptionOfTheHostCrosses) {
  host.throws = true;
  const auto secrets = extension<ferry_host_secrets_t>(FERRY_EXT_SECRETS);
  EXPECT_EQ(secrets->resolve(adapter.c_host(), as_text("known"), nullptr), FERRY_E_NOT_FOUND);
  const auto entry = extension<ferry_host_order_entry_t>(FERRY_EXT_ORDER_ENTRY);
  StringSink reason;
  EXPECT_EQ(entry->enter(adapter.c_host(), 7, as_text("R1"), as_text("{}"), nullptr, nullptr, reason.sink()),
            FERRY_E_RETRY);
  EXPECT_EQ(reason.text(), "the host's order entry failed");
}

}  // namespace
}  // namespace ferry::abi
