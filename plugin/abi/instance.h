// One plugin instance behind the C functions: the states of ferry/plugin.h, checked, over an Engine.
#pragma once

#include <ferry/plugin.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "host-api/cxx/host_proxy.h"
#include "host-api/cxx/host_thread.h"
#include "plugin/abi/engine.h"

namespace ferry::abi {

// Every call in the wrong state, from two host threads at once, or in a forked child is reported as "host misbehaving"
// and answered; never carried out, never crashed on. Exceptions of the engine come out: the C functions catch them.
class Instance {
 public:
  Instance(const ferry_host_t* host, MakeEngine make_engine);

  bool init();
  ferry_status_t activate(std::uint32_t mode, ferry_text_t config_json, std::vector<std::string>& diagnostics);
  void deactivate(std::uint32_t drain_ms);
  std::uint32_t pump();

  struct Performed {
    ferry_status_t status = FERRY_OK;
    std::string text;  // result or reason
  };
  Performed perform(ferry_text_t operation, ferry_text_t arguments_json);
  void changed();

  // Whether the instance may be freed: false while one of its host calls is under way, or in a forked child, where the
  // threads it would join do not exist.
  bool may_be_destroyed();

  const HostProxy& host() const noexcept { return host_; }

 private:
  runtime::HostServices services(std::uint32_t mode) const;
  std::shared_ptr<Engine> engine(std::string_view caller);  // null: not active here; reported
  bool is_in_forked_child() const;
  ferry_status_t refuse(std::string_view how, std::vector<std::string>& diagnostics) const;
  void answer_from_host(Engine& engine, const runtime::ErpCall& call) const;
  engine::ErpReply evaluated_by_host(const runtime::ErpCall& call) const;

  HostProxy host_;
  const MakeEngine make_engine_;
  HostThread host_thread_;
  bool is_initialised_ = false;  // [host-thread]
  std::mutex mutex_;
  std::shared_ptr<Engine> engine_;  // guarded by mutex_; set = active
  std::uint32_t mode_ = 0;          // guarded by mutex_
  pid_t active_in_ = 0;             // guarded by mutex_; the process that activated
};

}  // namespace ferry::abi
