#include "host-api/cxx/plugin_handle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <stdexcept>
#include <vector>

#include "host-api/cxx/host_adapter.h"
#include "host-api/cxx/text.h"

namespace ferry::abi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct QuietHost : Host {
  void log(ferry_log_severity_t, std::string_view) override {}
  std::optional<std::string> secret(std::string_view) override { return std::nullopt; }
};

// A module in C whose every part can be broken. One at a time: `current` is what its functions find.
struct BrokenModule {
  static inline BrokenModule* current = nullptr;
  static BrokenModule& of(const ferry_plugin_t* p) { return *static_cast<BrokenModule*>(p->plugin_data); }

  BrokenModule() { current = this; }
  BrokenModule(const BrokenModule&) = delete;
  BrokenModule& operator=(const BrokenModule&) = delete;

  ferry_plugin_descriptor_t desc{ferry_abi_version(), "broken", "Broken", "9", "A fake."};
  ferry_plugin_operations_t operations{[](const ferry_plugin_t* p, ferry_text_t, ferry_text_t,
                                          const ferry_sink_t* to_result, const ferry_sink_t* to_reason) {
    write_to(to_result, of(p).result);
    write_to(to_reason, of(p).reason);
    return of(p).status;
  }};
  ferry_plugin_events_t events{[](const ferry_plugin_t* p) { ++of(p).changes; }};
  ferry_plugin_t plugin{&desc,
                        this,
                        [](const ferry_plugin_t* p) { return of(p).initialises; },
                        [](const ferry_plugin_t* p) { of(p).is_destroyed = true; },
                        [](const ferry_plugin_t* p, uint32_t, ferry_text_t, const ferry_sink_t* diagnostics) {
                          write_to(diagnostics, of(p).reason);
                          return of(p).status;
                        },
                        [](const ferry_plugin_t* p, uint32_t) { ++of(p).deactivations; },
                        [](const ferry_plugin_t* p) -> uint32_t {
                          if (of(p).inside_pump) of(p).inside_pump();
                          return 3;
                        },
                        [](const ferry_plugin_t* p, const char* id) -> const void* {
                          if (std::strcmp(id, FERRY_EXT_OPERATIONS) == 0)
                            return of(p).has_operations ? &of(p).operations : nullptr;
                          return std::strcmp(id, FERRY_EXT_EVENTS) == 0 ? &of(p).events : nullptr;
                        }};
  ferry_plugin_factory_t factory{&desc, [](const ferry_host_t*) -> const ferry_plugin_t* {
                                   if (current->create_throws) throw std::runtime_error("boom");
                                   return current->creates ? &current->plugin : nullptr;
                                 }};
  ferry_entry_t entry{ferry_abi_version(), [](const char* id) -> const void* {
                        return current->has_factory && std::strcmp(id, FERRY_PLUGIN_FACTORY) == 0 ? &current->factory
                                                                                                  : nullptr;
                      }};

  bool has_factory = true, creates = true, create_throws = false, initialises = true, has_operations = true;
  ferry_status_t status = FERRY_OK;
  std::string result = "{}", reason;
  std::function<void()> inside_pump;
  bool is_destroyed = false;
  int deactivations = 0, changes = 0;
};

struct PluginHandleTest : testing::Test {
  auto open() {
    return PluginHandle::open(&module.entry, adapter.c_host(),
                              [this](ferry_log_severity_t severity, std::string_view line) {
                                reports.push_back(std::to_string(severity) + " " + std::string(line));
                              });
  }
  std::string refusal() {
    auto opened = open();
    return opened ? "opened" : opened.error().reason;
  }
  std::unique_ptr<PluginHandle> active() {
    auto handle = open().value();
    EXPECT_EQ(handle->activate(Activation::engine, "{}").status, FERRY_OK);
    return handle;
  }

  QuietHost host;
  HostAdapter adapter{host, "test", "1"};
  BrokenModule module;
  std::vector<std::string> reports;
};

TEST_F(PluginHandleTest, ASoundModuleLivesFromOpenToDestroy) {
  {
    const auto handle = active();
    EXPECT_EQ(handle->version(), "9");
    EXPECT_EQ(handle->pump(), 3U);
    EXPECT_EQ(handle->perform("status", "{}").text, "{}");
    handle->changed();
    EXPECT_EQ(module.changes, 1);
  }
  EXPECT_EQ(module.deactivations, 1);
  EXPECT_TRUE(module.is_destroyed);
  EXPECT_THAT(reports, IsEmpty());
}

TEST_F(PluginHandleTest, AnotherMajorVersionIsRefusedNamingBoth) {
  module.entry.abi_version = {2, 5, 1};
  EXPECT_THAT(refusal(), HasSubstr("the module speaks ABI 2.5.1, this host 1.0.0"));
  module.entry.abi_version = {1, 99, 0};
  EXPECT_EQ(refusal(), "opened");
  module.desc.abi_version = {3, 0, 0};
  EXPECT_THAT(refusal(), HasSubstr("3.0.0"));
}

TEST_F(PluginHandleTest, WhateverIsMissingIsNamed) {
  EXPECT_THAT(PluginHandle::open(nullptr, adapter.c_host(), {}).error().reason, HasSubstr("lacks its entry"));
  const auto without = [this](auto BrokenModule::*owner, auto member) {
    auto& slot = (module.*owner).*member;
    const auto kept = slot;
    slot = nullptr;
    const std::string answer = refusal();
    slot = kept;
    return answer;
  };
  EXPECT_THAT(without(&BrokenModule::entry, &ferry_entry_t::get_factory), HasSubstr("lacks its get_factory()"));
  EXPECT_THAT(without(&BrokenModule::factory, &ferry_plugin_factory_t::create), HasSubstr("lacks its create()"));
  EXPECT_THAT(without(&BrokenModule::factory, &ferry_plugin_factory_t::desc), HasSubstr("lacks its descriptor"));
  EXPECT_THAT(without(&BrokenModule::desc, &ferry_plugin_descriptor_t::version), HasSubstr("descriptor's version"));
  EXPECT_THAT(without(&BrokenModule::plugin, &ferry_plugin_t::init), HasSubstr("lacks its init()"));
  EXPECT_THAT(without(&BrokenModule::plugin, &ferry_plugin_t::destroy), HasSubstr("lacks its destroy()"));
  EXPECT_THAT(without(&BrokenModule::plugin, &ferry_plugin_t::activate), HasSubstr("lacks its activate()"));
  EXPECT_THAT(without(&BrokenModule::plugin, &ferry_plugin_t::deactivate), HasSubstr("lacks its deactivate()"));
  EXPECT_THAT(without(&BrokenModule::plugin, &ferry_plugin_t::pump), HasSubstr("lacks its pump()"));
  EXPECT_THAT(without(&BrokenModule::plugin, &ferry_plugin_t::get_extension), HasSubstr("lacks its get_extension()"));
  EXPECT_THAT(without(&BrokenModule::plugin, &ferry_plugin_t::desc), HasSubstr("lacks its descriptor"));
  module.has_factory = false;
  EXPECT_THAT(refusal(), HasSubstr("lacks the factory ferry.plugin-factory/1"));
}

TEST_F(PluginHandleTest, AModuleThatRefusesOrThrowsIsAnErrorNotACrash) {
  module.creates = false;
  EXPECT_THAT(refusal(), HasSubstr("refused to make an instance"));
  module.create_throws = true;
  EXPECT_THAT(refusal(), HasSubstr("threw across the ABI: boom"));
  module.create_throws = false;
  module.creates = true;
  module.initialises = false;
  EXPECT_THAT(refusal(), HasSubstr("could not be initialised"));
  EXPECT_TRUE(module.is_destroyed);
}

TEST_F(PluginHandleTest, MissingExtensionsAreReportedAndDoneWithout) {
  module.has_operations = false;
  module.events.changed = nullptr;
  const auto handle = active();
  EXPECT_EQ(handle->perform("status", "{}").status, FERRY_E_UNSUPPORTED);
  handle->changed();
  EXPECT_THAT(reports, ElementsAre("6 plugin misbehaving: ferry.operations/1 is missing",
                                   "6 plugin misbehaving: ferry.events/1 is missing"));
}

TEST_F(PluginHandleTest, ProblemsOfTheSettingsComeBackAndNothingIsActive) {
  auto handle = open().value();
  module.status = FERRY_E_INVALID;
  module.reason = "missing setting 'database'\nunknown setting 'x'";
  const Performed refused = handle->activate(Activation::operations, "{}");
  EXPECT_EQ(refused.status, FERRY_E_INVALID);
  EXPECT_EQ(refused.text, module.reason);
  EXPECT_EQ(handle->perform("status", "{}").status, FERRY_E_INVALID);
  EXPECT_EQ(handle->pump(), 0U);
  handle->changed();
  EXPECT_EQ(module.changes, 0);
  EXPECT_EQ(reports.size(), 3U);
  EXPECT_THAT(reports, testing::Each(HasSubstr("5 host misbehaving")));
}

TEST_F(PluginHandleTest, ActivatingTwiceIsTheHostsMistake) {
  const auto handle = active();
  EXPECT_EQ(handle->activate(Activation::engine, "{}").status, FERRY_E_INVALID);
  EXPECT_THAT(reports, ElementsAre("5 host misbehaving: activate() while active; not carried out"));
}

TEST_F(PluginHandleTest, UnknownStatusesAndUnsoundResultsAreReported) {
  const auto handle = active();
  module.status = 42;
  EXPECT_EQ(handle->perform("status", "{}").status, FERRY_E_INTERNAL);
  module.status = FERRY_OK;
  module.result = "";
  EXPECT_EQ(handle->perform("status", "{}").status, FERRY_E_INTERNAL);
  module.result = "\xFF";
  EXPECT_EQ(handle->perform("status", "{}").status, FERRY_E_INTERNAL);
  module.status = FERRY_E_NOT_FOUND;
  EXPECT_EQ(handle->perform("status", "{}").text, "perform(status) answered FERRY_E_NOT_FOUND");
  EXPECT_THAT(reports,
              ElementsAre("6 plugin misbehaving: perform(status) answered 42",
                          "6 plugin misbehaving: the result of perform(status) is missing",
                          "6 plugin misbehaving: the result of perform(status) is not UTF-8",
                          "6 plugin misbehaving: perform(status) answered FERRY_E_NOT_FOUND without a reason"));
}

TEST_F(PluginHandleTest, AReasonIsOneSoundLine) {
  const auto handle = active();
  module.status = FERRY_E_RETRY;
  module.reason = "cannot\nconnect\xFF";
  EXPECT_EQ(handle->perform("status", "{}").text, "cannot connect?");
  EXPECT_THAT(reports, IsEmpty());
}

TEST_F(PluginHandleTest, TwoHostThreadsAtOnceAreRefused) {
  const auto handle = active();
  std::uint32_t inner = 9;
  module.inside_pump = [&] { inner = handle->pump(); };
  EXPECT_EQ(handle->pump(), 3U);
  EXPECT_EQ(inner, 0U);
  EXPECT_THAT(reports, ElementsAre(HasSubstr("5 host misbehaving: pump() while another [host-thread] call")));
}

TEST_F(PluginHandleTest, FunctionsThatThrowAreReported) {
  const auto handle = active();
  module.inside_pump = [] { throw std::runtime_error("x"); };
  EXPECT_EQ(handle->pump(), 0U);
  module.operations.perform = [](const ferry_plugin_t*, ferry_text_t, ferry_text_t, const ferry_sink_t*,
                                 const ferry_sink_t*) -> ferry_status_t { throw 1; };
  EXPECT_EQ(handle->perform("status", "{}").status, FERRY_E_INTERNAL);
  EXPECT_THAT(reports, ElementsAre("6 plugin misbehaving: pump() threw across the ABI",
                                   "6 plugin misbehaving: perform() threw across the ABI"));
}

}  // namespace
}  // namespace ferry::abi
