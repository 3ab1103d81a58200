// The benchmark's connector: one request per batch, one answer for all of it. With the list of connectors, which every
// program that drives lanes composes for itself.
#include <array>

#include "plugin/connector/connector.h"

namespace ferry::bench {
namespace {

using namespace connector;

constexpr std::array kFeeds = {Feed::stock, Feed::list_price};
constexpr std::array kFields = {
    config::Field{"in_flight", config::Type::integer, "8", false, 1, 64, "Requests at once that the portal likes."}};

class Push final : public Exchange {
 public:
  Push(Feed feed, std::span<const OutboundItem> items) : feed_(feed), items_(items) {}

  Step start() override {
    HttpRequest request;
    request.method = "POST";
    request.target = "/" + std::string(name_of(feed_));
    request.headers = {{"content-type", "application/json"}};
    request.idempotent = true;
    char separator = '[';
    for (const OutboundItem& item : items_) {
      request.body += separator;
      const char* figure = feed_ == Feed::stock ? "quantity" : "amount";
      request.body +=
          item.document.empty() ? "{\"sku\":\"" + item.label + "\",\"" + figure + "\":\"0\"}" : item.document;
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
  const Feed feed_;
  const std::span<const OutboundItem> items_;
};

class BenchConnector final : public Connector {
 public:
  explicit BenchConnector(std::size_t in_flight)
      : capabilities_{kFeeds, 1000, 1 << 20, in_flight, StockMeaning::on_hand, {}} {}

  const Capabilities& capabilities() const noexcept override { return capabilities_; }
  std::unique_ptr<Exchange> push(Feed feed, std::span<const OutboundItem> items) const override {
    return std::make_unique<Push>(feed, items);
  }
  // takes no orders
  std::unique_ptr<Pull> pull_orders(const Window&, std::string_view) const override { return nullptr; }
  std::unique_ptr<Pull> pull_orders_by_id(std::span<const std::string>) const override { return nullptr; }
  std::unique_ptr<Exchange> probe() const override { return nullptr; }
  std::unique_ptr<Login> login() const override { return nullptr; }
  void authorize(HttpRequest&, const Session&) const override {}
  bool session_refused(const HttpReply&) const override { return false; }

 private:
  const Capabilities capabilities_;
};

const ConnectorInfo kInfo{
    "bench", "The benchmark's own portal", kFields, [](const config::Values& values) -> std::unique_ptr<Connector> {
      return std::make_unique<BenchConnector>(static_cast<std::size_t>(values.integer("in_flight")));
    }};

}  // namespace
}  // namespace ferry::bench

namespace ferry::connector {

std::span<const ConnectorInfo* const> connectors() noexcept {
  static const ConnectorInfo* const list[] = {&ferry::bench::kInfo};
  return list;
}

}  // namespace ferry::connector
