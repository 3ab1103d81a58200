// The real ferry.so, loaded by Boost.DLL.
#include "host-api/cxx/module.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "host-api/cxx/host_adapter.h"

namespace ferry::abi {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

struct RecordingHost : Host {
  void log(ferry_log_severity_t, std::string_view line) override { lines.emplace_back(line); }
  std::optional<std::string> secret(std::string_view) override { return std::nullopt; }
  std::vector<std::string> lines;
};

TEST(Module, IsLoadedUsedAndUnloadedAgainAndAgain) {
  for (int round = 0; round < 3; ++round) {
    RecordingHost host;
    const HostAdapter adapter(host, "test", "1");
    const Module module = load_module(FERRY_MODULE).value();
    const auto report = [&host](ferry_log_severity_t, std::string_view line) { host.lines.emplace_back(line); };
    const auto plugin = PluginHandle::open(module.entry, adapter.c_host(), report).value();
    EXPECT_EQ(plugin->version(), FERRY_VERSION);
    EXPECT_EQ(plugin->activate(Activation::operations, R"({"database":"none"})").text, "");
    const Performed settings = plugin->perform("settings", "{}");
    EXPECT_EQ(settings.status, FERRY_OK) << settings.text;
    EXPECT_THAT(settings.text, HasSubstr("database_password"));
    EXPECT_THAT(host.lines, IsEmpty());
  }
}

TEST(Module, AnEngineWithoutADatabaseStartsSaysSoAndStops) {
  // the driver manager keeps what it read of odbcinst.ini for ever: unloaded with the module, that would look like a
  // leak
  ASSERT_NE(dlopen("libodbc.so.2", RTLD_NOW | RTLD_NODELETE), nullptr);
  RecordingHost host;
  const HostAdapter adapter(host, "test", "1");
  const Module module = load_module(FERRY_MODULE).value();
  const auto plugin = PluginHandle::open(module.entry, adapter.c_host(), [](auto, auto) {}).value();
  const auto* nobody_listens = R"({"database":"Driver=PostgreSQL ANSI;Servername=127.0.0.1;Port=1;Database=x;UID=x"})";
  ASSERT_EQ(plugin->activate(Activation::engine, nobody_listens).status, FERRY_OK);
  plugin->changed();
  EXPECT_EQ(plugin->pump(), 0U);
  const Performed status = plugin->perform("status", "{}");
  EXPECT_EQ(status.status, FERRY_E_RETRY) << status.text;
  EXPECT_THAT(status.text, HasSubstr("connect"));
  plugin->deactivate(0);
}

TEST(Module, TwoInstancesLiveSideBySide) {
  RecordingHost host;
  const HostAdapter adapter(host, "test", "1");
  const Module module = load_module(FERRY_MODULE).value();
  const auto one = PluginHandle::open(module.entry, adapter.c_host(), [](auto, auto) {}).value();
  const auto other = PluginHandle::open(module.entry, adapter.c_host(), [](auto, auto) {}).value();
  EXPECT_EQ(one->activate(Activation::operations, R"({"database":"none"})").status, FERRY_OK);
  EXPECT_EQ(other->activate(Activation::operations, R"({})").status, FERRY_E_INVALID);
  EXPECT_EQ(one->perform("settings", "{}").status, FERRY_OK);
}

TEST(Module, WhatCannotBeLoadedIsNamed) {
  EXPECT_THAT(load_module("/no/such/ferry.so").error().reason, HasSubstr("there is no module '/no/such/ferry.so'"));
  const std::string file = testing::TempDir() + "/no_module.so";
  std::ofstream(file) << "text";
  EXPECT_THAT(load_module(file).error().reason, HasSubstr("cannot be loaded"));
}

}  // namespace
}  // namespace ferry::abi
