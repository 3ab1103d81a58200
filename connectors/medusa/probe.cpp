#include "connectors/medusa/probe.h"

#include <vector>

#include "connectors/medusa/answer.h"
#include "connectors/medusa/rest.h"
#include "connectors/medusa/stock_view.h"
#include "plugin/connector/order_texts.h"

namespace ferry::medusa {
namespace {

using namespace connector;

class Probe final : public Exchange {
 public:
  explicit Probe(const Settings& settings) : settings_(settings) {}

  Step start() override { return Send{get(settings_, std::string(kLocationsTarget))}; }
  Step on_resume() override { return finish(Verdict::retry, "the probe was interrupted"); }  // never pauses
  Step on_reply(const HttpReply& reply) override {
    const auto answer =
        has_locations_ ? read_page(reply, "orders", 1, 0) : read_list(reply, "stock_locations");
    if (answer.trouble) return Finish{{answer.trouble->for_item(0, true)}};
    if (has_locations_) return finish(problems_.empty() ? Verdict::delivered : Verdict::rejected, problems_);
    has_locations_ = true;
    if (const auto fault = invoice_url_fault(settings_.order_invoice_url); !fault.empty())
      problems_ = "the setting order_invoice_url " + fault;
    check_locations(answer.body);
    return Send{get(settings_, std::string(kNumbersTarget) + "&limit=1")};
  }

 private:
  void check_locations(const json::value& body) {
    StockView view;
    view.add_locations(body);
    const auto& names = settings_.locations;
    for (const auto& name : names.empty() ? std::vector<std::string>{settings_.stock_location} : names) {
      if (view.location_id(name).empty()) problems_ += (problems_.empty() ? "" : "; ") + view.missing_location(name);
    }
  }

  static Step finish(Verdict verdict, std::string reason) {
    ItemVerdict item;
    item.verdict = verdict;
    item.reason = std::move(reason);
    return Finish{{std::move(item)}};
  }

  const Settings& settings_;
  bool has_locations_ = false;
  std::string problems_;
};

}  // namespace

std::unique_ptr<Exchange> make_probe(const Settings& settings) { return std::make_unique<Probe>(settings); }

}  // namespace ferry::medusa
