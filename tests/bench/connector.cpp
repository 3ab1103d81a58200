// The benchmark's connector: one request per batch, one answer for all of it. With the list of connectors, which every
// program that drives lanes composes for itself.
#include <array>

#include "plugin/connector/connector.h"

namespace ferry::bench {
namespace {

using namespace connector;

constexpr std::array kFeeds = {Feed::stock};

class Push final : public Exchange {
 public:
  explicit Push(std::span<const OutboundItem> items) : items_(items) {}

  Step start() override {
    HttpRequest request;
    request.method = "POST";
    request.target = "/stock";
    request.headers = {{"content-type", "application/json"}};
    request.idempotent = true;
    char separator = '[';
    for (const OutboundItem& item : items_) {
      request.body += separator;
      request.body += item.document.empty() ? "{\"sku\":\"" + item.label + "\",\"quantity\":\"0\"}" : item.document;
      separator = ',';
    }
    request.body += ']';
    return Send{std::move(request)};
  }

  Step on_reply(const HttpReply& reply) override {
    Finish finish;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      ItemVerdict verdict;
      verdict.index = i;
      verdict.verdict = reply.status == 200 ? Verdict::delivered : Verdict::retry;
      verdict.reason = reply.error;
      finish.items.push_back(std::move(verdict));
    }
    return finish;
  }

  Step on_resume() override { return start(); }

 private:
  const std::span<const OutboundItem> items_;
};

class BenchConnector final : public Connector {
 public:
  const Capabilities& capabilities() const noexcept override {
    static const Capabilities capabilities{kFeeds, 1000, 1 << 20, 8, StockMeaning::on_hand, {}};
    return capabilities;
  }
  std::unique_ptr<Exchange> push(Feed, std::span<const OutboundItem> items) const override {
    return std::make_unique<Push>(items);
  }
  // takes no orders
  std::unique_ptr<Pull> pull_orders(const Window&, std::string_view) const override { return nullptr; }
  std::unique_ptr<Pull> pull_orders_by_id(std::span<const std::string>) const override { return nullptr; }
  std::unique_ptr<Exchange> probe() const override { return nullptr; }
  std::unique_ptr<Login> login() const override { return nullptr; }
  void authorize(HttpRequest&, const Session&) const override {}
  bool session_refused(const HttpReply&) const override { return false; }
};

const ConnectorInfo kInfo{
    "bench", "The benchmark's own portal", {}, [](const config::Values&) -> std::unique_ptr<Connector> {
      return std::make_unique<BenchConnector>();
    }};

}  // namespace
}  // namespace ferry::bench

namespace ferry::connector {

std::span<const ConnectorInfo* const> connectors() noexcept {
  static const ConnectorInfo* const list[] = {&ferry::bench::kInfo};
  return list;
}

}  // namespace ferry::connector
