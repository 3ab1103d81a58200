#include "plugin/abi/c_plugin.h"

#include <ferry/ext/events.h>
#include <ferry/ext/operations.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

#include "host-api/cxx/host_adapter.h"
#include "host-api/cxx/text.h"
#include "plugin/abi/fake_engine.h"

namespace ferry::abi {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct RecordingHost : Host {
  void log(ferry_log_severity_t severity, std::string_view line) override {
    lines.push_back(std::to_string(severity) + " " + std::string(line));
  }
  std::optional<std::string> secret(std::string_view name) override { return "value of " + std::string(name); }
  bool has_order_entry() const override { return takes_orders; }
  void request_pump() override { ++pumps; }
  EnteredOrder enter(std::int32_t channel, std::string_view reference, std::string_view order) override {
    entered.push_back(std::to_string(channel) + " " + std::string(reference) + " " + std::string(order));
    return entry;
  }
  EnteredOrder find(std::int32_t channel, std::string_view reference) override {
    entered.push_back("looked for " + std::to_string(channel) + " " + std::string(reference));
    return entry;
  }
  bool has_order_revision() const override { return revises; }
  EnteredOrder revise(std::int32_t channel, std::string_view reference, std::string_view order) override {
    entered.push_back("revised " + std::to_string(channel) + " " + std::string(reference) + " " + std::string(order));
    return entry;
  }
  bool has_prices() const override { return evaluates; }
  EvaluatedPrices evaluate(std::int32_t channel, std::string_view questions) override {
    entered.push_back("prices of " + std::to_string(channel) + " " + std::string(questions));
    return prices;
  }
  bool takes_orders = true, revises = true, evaluates = false;
  EvaluatedPrices prices{FERRY_OK, R"({"answers":[{"price":"2.5"}]})", ""};
  int pumps = 0;
  EnteredOrder entry{FERRY_OK, 7, "S7", ""};
  std::vector<std::string> lines, entered;
};

struct CPluginTest : testing::Test {
  CPluginTest() { plugin = create_plugin(adapter.c_host(), making_fakes(fake)); }
  ~CPluginTest() override {
    if (plugin != nullptr) plugin->destroy(plugin);
  }
  ferry_status_t activate(std::uint32_t mode = FERRY_ACTIVATE_ENGINE, ferry_text_t config = as_text("{}")) {
    StringSink sink;
    const ferry_status_t status = plugin->activate(plugin, mode, config, sink.sink());
    diagnostics = sink.text();
    return status;
  }
  void make_active(std::uint32_t mode = FERRY_ACTIVATE_ENGINE) {
    ASSERT_TRUE(plugin->init(plugin));
    ASSERT_EQ(activate(mode), FERRY_OK);
  }
  ferry_status_t perform(std::string_view operation, ferry_text_t arguments = as_text("{}")) {
    const auto* operations =
        static_cast<const ferry_plugin_operations_t*>(plugin->get_extension(plugin, FERRY_EXT_OPERATIONS));
    StringSink result, reason;
    const ferry_status_t status =
        operations->perform(plugin, as_text(operation), arguments, result.sink(), reason.sink());
    answer = status == FERRY_OK ? result.text() : reason.text();
    return status;
  }
  void changed() {
    static_cast<const ferry_plugin_events_t*>(plugin->get_extension(plugin, FERRY_EXT_EVENTS))->changed(plugin);
  }

  FakeEngineLog fake;
  RecordingHost host;
  HostAdapter adapter{host, "test", "1"};
  const ferry_plugin_t* plugin = nullptr;
  std::string diagnostics, answer;
};

TEST_F(CPluginTest, LivesFromCreateToDestroy) {
  make_active();
  EXPECT_EQ(fake.settings, "{}");
  changed();
  plugin->deactivate(plugin, 1500);
  plugin->deactivate(plugin, 1500);
  EXPECT_THAT(fake.calls, ElementsAre("start", "wake", "stop 1500", "destroyed"));
  EXPECT_EQ(activate(), FERRY_OK);
  plugin->destroy(plugin);
  plugin = nullptr;
  EXPECT_THAT(fake.calls, ElementsAre("start", "wake", "stop 1500", "destroyed", "start", "stop 0", "destroyed"));
  EXPECT_THAT(host.lines, IsEmpty());
}

TEST_F(CPluginTest, DescribesItself) {
  EXPECT_STREQ(plugin->desc->id, "ferry");
  EXPECT_STREQ(plugin->desc->version, FERRY_VERSION);
  EXPECT_EQ(plugin->get_extension(plugin, "no.such/1"), nullptr);
  EXPECT_EQ(plugin->get_extension(plugin, nullptr), nullptr);
}

TEST(CreatePlugin, AHostOfAnotherMajorIsRefusedNamingBothVersions) {
  ferry_host_t host{};
  host.abi_version = {2, 3, 4};
  testing::internal::CaptureStderr();
  EXPECT_EQ(create_plugin(&host, {}), nullptr);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("the host speaks ABI 2.3.4, this module 1.0.0"));
  testing::internal::CaptureStderr();
  EXPECT_EQ(create_plugin(nullptr, {}), nullptr);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("without a host"));
}

TEST(CreatePlugin, AHostWithoutGetExtensionCannotBeInitialised) {
  ferry_host_t host{};
  host.abi_version = {1, 7, 0};
  FakeEngineLog fake;
  const ferry_plugin_t* plugin = create_plugin(&host, making_fakes(fake));
  ASSERT_NE(plugin, nullptr);
  testing::internal::CaptureStderr();
  EXPECT_FALSE(plugin->init(plugin));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("host misbehaving: its get_extension is null"));
  plugin->destroy(plugin);
}

TEST_F(CPluginTest, ProblemsOfTheSettingsAreTheDiagnosticsOneLineEach) {
  ASSERT_TRUE(plugin->init(plugin));
  fake.problems = {{"a", "first"}, {"b", "second\nline"}};
  EXPECT_EQ(activate(), FERRY_E_INVALID);
  EXPECT_EQ(diagnostics, "first\nsecond line");
  EXPECT_THAT(fake.calls, ElementsAre("destroyed"));
  EXPECT_EQ(perform("status"), FERRY_E_INVALID);
}

TEST_F(CPluginTest, CallsInTheWrongStateAreReportedAndAnswered) {
  EXPECT_EQ(activate(), FERRY_E_INVALID);
  EXPECT_EQ(plugin->pump(plugin), 0U);
  changed();
  EXPECT_EQ(perform("status"), FERRY_E_INVALID);
  EXPECT_THAT(answer, HasSubstr("not active"));
  EXPECT_THAT(fake.calls, IsEmpty());
  ASSERT_TRUE(plugin->init(plugin));
  EXPECT_FALSE(plugin->init(plugin));
  EXPECT_EQ(activate(9), FERRY_E_INVALID);
  EXPECT_EQ(activate(FERRY_ACTIVATE_ENGINE, {nullptr, 4}), FERRY_E_INVALID);
  EXPECT_EQ(activate(FERRY_ACTIVATE_ENGINE, as_text("\xFF")), FERRY_E_INVALID);
  EXPECT_EQ(activate(), FERRY_OK);
  EXPECT_EQ(activate(), FERRY_E_INVALID);
  EXPECT_THAT(host.lines, ElementsAre("5 host misbehaving: init() was called twice",
                                      "5 host misbehaving: activate() with the unknown mode 9",
                                      "5 host misbehaving: the settings text of activate() is null but has a size",
                                      "5 host misbehaving: the settings text of activate() is not UTF-8",
                                      "5 host misbehaving: activate() while active"));
}

TEST_F(CPluginTest, InOperationsModeNothingStarts) {
  make_active(FERRY_ACTIVATE_OPERATIONS);
  EXPECT_EQ(perform("status"), FERRY_OK);
  EXPECT_THAT(fake.calls, IsEmpty());
  EXPECT_FALSE(fake.host.request_pump);
}

TEST_F(CPluginTest, TheHostsServicesReachTheEngine) {
  make_active();
  fake.host.log(FERRY_LOG_WARNING, "late");
  fake.host.request_pump();
  EXPECT_EQ(fake.host.secret("x"), "value of x");
  EXPECT_EQ(host.pumps, 1);
  EXPECT_THAT(host.lines, ElementsAre("2 late"));
}

TEST_F(CPluginTest, AHostWithoutOrderEntryIsNotAskedToPump) {
  host.takes_orders = false;
  make_active();
  EXPECT_FALSE(fake.host.request_pump);
}

TEST_F(CPluginTest, PumpMakesOneCallAndSaysHowManyWait) {
  make_active();
  EXPECT_EQ(plugin->pump(plugin), 0U);
  fake.waiting = {{1, 7, "R1", "{\"a\":1}"}, {2, 7, "R2", "{}"}, {3, 7, "R3", "{}"}};
  EXPECT_EQ(plugin->pump(plugin), 2U);
  EXPECT_THAT(host.entered, ElementsAre("7 R1 {\"a\":1}"));
  ASSERT_EQ(fake.answers.size(), 1U);
  EXPECT_EQ(fake.answers[0].answer, engine::ErpAnswer::linked);
  EXPECT_EQ(fake.answers[0].order.id, 7);
  EXPECT_EQ(fake.answers[0].order.number, "S7");
}

TEST_F(CPluginTest, EachAnswerOfTheHostHasItsMeaning) {
  make_active();
  const std::vector<std::pair<ferry_status_t, engine::ErpAnswer>> meanings = {
      {FERRY_E_NOT_FOUND, engine::ErpAnswer::absent},
      {FERRY_E_REJECTED, engine::ErpAnswer::rejected},
      {FERRY_E_BUSY, engine::ErpAnswer::busy},
      {FERRY_E_RETRY, engine::ErpAnswer::retry},
      {FERRY_E_UNSUPPORTED, engine::ErpAnswer::unsupported},
      {1234, engine::ErpAnswer::retry},
  };
  for (const auto& [status, meaning] : meanings) {
    fake.waiting = {{1, 7, "R1", "{}"}};
    host.entry = {status, 0, "", "why"};
    plugin->pump(plugin);
    EXPECT_EQ(fake.answers.back().answer, meaning) << status;
    EXPECT_EQ(fake.answers.back().reason, "why");
  }
  EXPECT_THAT(host.lines, ElementsAre(HasSubstr("enter() of order 'R1' answered unknown status (1234)")));
}

TEST_F(CPluginTest, WhatIsOnlyLookedForIsNotEntered) {
  make_active();
  host.entry = {FERRY_E_NOT_FOUND, 0, "", ""};
  fake.waiting = {{1, 7, "R1", "", runtime::ErpCall::Purpose::find}};
  plugin->pump(plugin);
  EXPECT_THAT(host.entered, ElementsAre("looked for 7 R1"));
  EXPECT_EQ(fake.answers.back().answer, engine::ErpAnswer::absent);
  EXPECT_THAT(host.lines, IsEmpty());
}

TEST_F(CPluginTest, WhatChangesOfAnOrderIsRevisedAndNotEntered) {
  make_active();
  fake.waiting = {{1, 7, "R1", "{}", runtime::ErpCall::Purpose::revise}};
  plugin->pump(plugin);
  EXPECT_THAT(host.entered, ElementsAre("revised 7 R1 {}"));
  EXPECT_EQ(fake.answers.back().answer, engine::ErpAnswer::linked);
  host.entry = {FERRY_E_NOT_FOUND, 0, "", ""};
  fake.waiting = {{2, 7, "R1", "{}", runtime::ErpCall::Purpose::revise}};
  plugin->pump(plugin);
  EXPECT_EQ(fake.answers.back().answer, engine::ErpAnswer::absent);
  EXPECT_THAT(host.lines, IsEmpty());
}

TEST_F(CPluginTest, AHostThatRevisesNothingLeavesChangesToAPerson) {
  host.revises = false;
  make_active();
  fake.waiting = {{1, 7, "R1", "{}", runtime::ErpCall::Purpose::revise}};
  plugin->pump(plugin);
  EXPECT_THAT(host.entered, IsEmpty());
  EXPECT_EQ(fake.answers.back().answer, engine::ErpAnswer::rejected);
  EXPECT_THAT(fake.answers.back().reason, HasSubstr("R1"));
}

TEST_F(CPluginTest, AHostWithoutPricesIsNotAskedForThem) {
  make_active();
  EXPECT_FALSE(fake.host.request_evaluation);
  fake.waiting = {{1, 7, "", "", runtime::ErpCall::Purpose::enter, {{1, "x", "{}"}}}};
  plugin->pump(plugin);
  EXPECT_EQ(fake.answers.back().answer, engine::ErpAnswer::unsupported);
  EXPECT_THAT(host.entered, IsEmpty());
  EXPECT_THAT(host.lines, IsEmpty());
}

TEST_F(CPluginTest, PricesGoThroughThePump) {
  host.evaluates = true;
  make_active();
  fake.host.request_evaluation();
  EXPECT_EQ(host.pumps, 1);
  fake.waiting = {{1, 7, "", "", runtime::ErpCall::Purpose::enter, {{3, "x", "{}"}}}};
  plugin->pump(plugin);
  EXPECT_THAT(host.entered, ElementsAre(R"(prices of 7 {"schema":"ferry.price/1","questions":[{}]})"));
  EXPECT_EQ(fake.answers.back().answer, engine::ErpAnswer::evaluated);
  EXPECT_EQ(fake.answers.back().evaluations.at(0).key, 3);
  EXPECT_EQ(fake.answers.back().evaluations.at(0).value, "2.5");
}

TEST_F(CPluginTest, PricesThatCannotBeReadOrAreRefusedAreNone) {
  host.evaluates = true;
  make_active();
  const auto asked = [this] {
    fake.waiting = {{1, 7, "", "", runtime::ErpCall::Purpose::enter, {{3, "x", "{}"}}}};
    plugin->pump(plugin);
    return fake.answers.back();
  };
  host.prices.answers = R"({"answers":[]})";
  EXPECT_EQ(asked().answer, engine::ErpAnswer::retry);
  EXPECT_THAT(host.lines, ElementsAre(HasSubstr("are 0 for 1 questions")));
  host.prices = {FERRY_E_BUSY, "", "locked"};
  EXPECT_EQ(asked().answer, engine::ErpAnswer::busy);
  EXPECT_EQ(fake.answers.back().reason, "locked");
}

TEST_F(CPluginTest, ASecondHostThreadIsTurnedAway) {
  make_active();
  std::uint32_t inner = 9;
  fake.on_next = [&] {
    fake.on_next = [] {};
    inner = plugin->pump(plugin);
  };
  plugin->pump(plugin);
  EXPECT_EQ(inner, 0U);
  EXPECT_THAT(host.lines, ElementsAre("5 host misbehaving: pump() while another [host-thread] call is under way"));
}

TEST_F(CPluginTest, AnInstanceInUseIsNotFreed) {
  make_active();
  fake.on_next = [&] { plugin->destroy(plugin); };
  plugin->pump(plugin);
  fake.on_next = [] {};
  EXPECT_EQ(perform("status"), FERRY_OK);
  EXPECT_THAT(host.lines, ElementsAre(HasSubstr("the instance is left as it is")));
}

TEST_F(CPluginTest, OperationsGetTheirArgumentsAndGiveResultOrReason) {
  make_active();
  fake.perform = [](std::string_view operation, std::string_view arguments) {
    return std::string(operation) + std::string(arguments);
  };
  EXPECT_EQ(perform("status", {nullptr, 0}), FERRY_OK);
  EXPECT_EQ(answer, "status{}");
  fake.perform = [](auto, auto) { return runtime::OperationFailed{FERRY_E_NOT_FOUND, "no channel 9\nhere"}; };
  EXPECT_EQ(perform("status"), FERRY_E_NOT_FOUND);
  EXPECT_EQ(answer, "no channel 9 here");
  fake.perform = [](auto, auto) { return runtime::OperationFailed{FERRY_OK, "confused"}; };
  EXPECT_EQ(perform("status"), FERRY_E_INTERNAL);
  EXPECT_THAT(host.lines, ElementsAre(HasSubstr("6 plugin misbehaving")));
}

TEST_F(CPluginTest, ArgumentsThatAreNoTextAreRefused) {
  make_active();
  EXPECT_EQ(perform("\xFF"), FERRY_E_INVALID);
  EXPECT_EQ(perform("status", {nullptr, 3}), FERRY_E_INVALID);
  EXPECT_EQ(perform("status", {"x", FERRY_TEXT_MAX_BYTES + 1}), FERRY_E_INVALID);
  EXPECT_THAT(host.lines, ElementsAre("5 host misbehaving: an argument of perform() is not UTF-8",
                                      "5 host misbehaving: an argument of perform() is null but has a size",
                                      "5 host misbehaving: an argument of perform() is longer than 16 MiB"));
}

TEST_F(CPluginTest, NoExceptionOfTheEngineCrosses) {
  ASSERT_TRUE(plugin->init(plugin));
  fake.on_start = [] { throw std::runtime_error("no threads"); };
  EXPECT_EQ(activate(), FERRY_E_INTERNAL);
  EXPECT_EQ(diagnostics, "the module failed; see the log");
  fake.on_start = [] {};
  EXPECT_EQ(activate(), FERRY_OK);
  fake.perform = [](auto, auto) -> boost::system::result<std::string, runtime::OperationFailed> {
    throw std::runtime_error("oops");
  };
  EXPECT_EQ(perform("status"), FERRY_E_INTERNAL);
  fake.on_next = [] { throw 1; };
  EXPECT_EQ(plugin->pump(plugin), 0U);
  EXPECT_THAT(host.lines, ElementsAre("3 activate() failed, a defect of the module: no threads",
                                      "3 perform() failed, a defect of the module: oops",
                                      "3 pump() failed, a defect of the module: unknown exception"));
}

TEST_F(CPluginTest, SinksThatRefuseOrAreMissingChangeNothing) {
  make_active();
  const auto* operations =
      static_cast<const ferry_plugin_operations_t*>(plugin->get_extension(plugin, FERRY_EXT_OPERATIONS));
  const ferry_sink_t refusing{nullptr, [](const ferry_sink_t*, const char*, size_t) { return false; }};
  EXPECT_EQ(operations->perform(plugin, as_text("status"), as_text("{}"), &refusing, &refusing), FERRY_OK);
  EXPECT_EQ(operations->perform(plugin, as_text("status"), as_text("{}"), nullptr, nullptr), FERRY_OK);
}

TEST_F(CPluginTest, AForkedChildLeavesItsParentsEngineAlone) {
  make_active();
  const pid_t child = ::fork();
  if (child == 0) {
    const bool refuses = perform("status") == FERRY_E_INVALID && plugin->pump(plugin) == 0;
    const std::size_t calls = fake.calls.size();
    plugin->destroy(plugin);
    plugin->deactivate(plugin, 0);
    ::_exit(refuses && fake.calls.size() == calls ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(perform("status"), FERRY_OK);
}

}  // namespace
}  // namespace ferry::abi
