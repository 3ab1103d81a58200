#include "plugin/abi/engine.h"

namespace ferry::abi {
namespace {

class ServiceEngine final : public Engine {
 public:
  ServiceEngine(std::string_view settings_json, runtime::HostServices host, std::vector<config::Problem>& problems)
      : service_(settings_json, std::move(host), problems) {}

  void start() override { service_.start(); }
  void stop(Duration drain) override { service_.stop(drain); }
  void wake() override { service_.wake(); }
  std::optional<runtime::ErpCall> next_erp_call() override { return service_.next_erp_call(); }
  void answer(std::uint64_t call, engine::ErpReply reply) override { service_.answer(call, std::move(reply)); }
  std::size_t erp_calls_waiting() const override { return service_.erp_calls_waiting(); }
  boost::system::result<std::string, runtime::OperationFailed> perform(std::string_view operation,
                                                                       std::string_view arguments_json) override {
    return service_.perform(operation, arguments_json);
  }

 private:
  runtime::Service service_;
};

}  // namespace

std::unique_ptr<Engine> make_service(std::string_view settings_json, runtime::HostServices host,
                                     std::vector<config::Problem>& problems) {
  return std::make_unique<ServiceEngine>(settings_json, std::move(host), problems);
}

}  // namespace ferry::abi
