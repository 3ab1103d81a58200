#include "plugin/runtime/service.h"

#include <mutex>
#include <utility>

#include "ferry/types.h"
#include "plugin/runtime/operations.h"
#include "plugin/runtime/supervisor.h"
#include "plugin/runtime/watch.h"

namespace ferry::runtime {

class Service::Impl {
 public:
  Impl(ServiceSettings settings, HostServices host)
      : settings_(std::move(settings)), host_(std::move(host)), erp_(host_.request_pump, host_.request_evaluation) {}

  void start() {
    std::lock_guard lock(mutex_);
    if (!supervisor_) {
      supervisor_ = std::make_unique<Supervisor>(settings_, host_, stores_, erp_, credentials_, holder_);
      // a process that drives chosen lanes only, for a while, does not speak for the channel
      if (settings_.only.empty()) watch_ = std::make_unique<Watch>(host_, stores_, credentials_);
    }
  }

  void stop(Duration drain) {
    std::lock_guard lock(mutex_);
    erp_.close();
    if (supervisor_) supervisor_->stop(drain);
    supervisor_.reset();
    watch_.reset();
  }

  void wake() {
    std::lock_guard lock(mutex_);
    if (supervisor_) supervisor_->wake();
  }

  ErpQueue& erp() { return erp_; }

  std::string perform(std::string_view operation, std::string_view arguments) {
    const OperationContext context{stores_, credentials_, channels_host_, holder_, [this] { return engine_state(); }};
    return perform_operation(context, operation, arguments);
  }

 private:
  std::optional<Supervisor::State> engine_state() {
    std::lock_guard lock(mutex_);
    if (!supervisor_) return std::nullopt;
    return supervisor_->state();
  }

  std::unique_ptr<sql::OdbcStore> make_store() {
    sql::ConnectionSettings connection;
    connection.connect_string = settings_.database;
    if (!settings_.database_password.empty()) connection.password = host_.secret(settings_.database_password).value_or("");
    return std::make_unique<sql::OdbcStore>(std::move(connection));
  }

  const ServiceSettings settings_;
  const HostServices host_;
  const HostServices channels_host_{host_.log, secrets_of_channels(settings_, host_.secret),
                                    host_.request_pump, host_.alert, host_.request_evaluation};
  const std::string holder_ = make_holder();
  StorePool stores_{settings_.connections, [this] { return make_store(); }};
  ErpQueue erp_;
  Credentials credentials_;
  std::mutex mutex_;
  std::unique_ptr<Supervisor> supervisor_;
  std::unique_ptr<Watch> watch_;
};

Service::Service(std::string_view settings_json, HostServices host, std::vector<config::Problem>& problems) {
  ServiceSettings settings = read_service_settings(settings_json, problems);
  if (problems.empty()) impl_ = std::make_unique<Impl>(std::move(settings), std::move(host));
}

Service::~Service() {
  if (impl_) impl_->stop(Duration{});
}

void Service::start() { impl_->start(); }
void Service::stop(Duration drain) { impl_->stop(drain); }
void Service::wake() { impl_->wake(); }
std::optional<ErpCall> Service::next_erp_call() { return impl_->erp().next(); }
void Service::answer(std::uint64_t call, engine::ErpReply reply) { impl_->erp().answer(call, std::move(reply)); }
std::size_t Service::erp_calls_waiting() const { return impl_->erp().waiting(); }

boost::system::result<std::string, OperationFailed> Service::perform(std::string_view operation,
                                                                     std::string_view arguments_json) {
  try {
    return impl_->perform(operation, arguments_json);
  } catch (const OperationFailed& failed) {
    return failed;
  } catch (const std::exception& defect) {
    return OperationFailed{FERRY_E_INTERNAL, std::string("internal error: ") + defect.what()};
  }
}

}  // namespace ferry::runtime
