// A connector and the simulated portal that it speaks to, in the clear: what is pushed, what is asked for, what shows.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugin/connector/connector.h"
#include "plugin/engine/channel_settings.h"
#include "tests/portal/simulated_portal.h"

namespace ferry::connector::testing {

class Conversation {
 public:
  Conversation(const ConnectorInfo& info, std::uint64_t seed) {
    for (const auto& each : portal::simulated_portals()) {
      if (each.connector == info.id) portal_ = each.make();
    }
    if (!portal_) throw std::runtime_error("there is no simulated portal of " + std::string(info.id));
    portal::Dice dice(seed);
    const auto own = portal_->settings(dice);
    const auto fields = engine::channel_fields(info);
    const auto given = R"({"base_url":"https://portal.example.com",)" + own.substr(own.find('{') + 1);
    EXPECT_TRUE(config::problems(fields, given).empty());
    std::vector<config::Problem> unresolved;
    connector_ = info.create(config::parse(
        fields, given, [](std::string_view) { return std::optional(std::string("secret")); }, unresolved));
    log_in();
  }

  portal::SimulatedPortal& portal() { return *portal_; }
  const Connector& connector() const { return *connector_; }

  // One batch, as it is; the verdicts by index.
  std::vector<ItemVerdict> push(Feed feed, const std::vector<OutboundItem>& items) {
    const auto exchange = connector_->push(feed, items);
    auto step = exchange->start();
    while (!std::holds_alternative<Finish>(step))
      step = std::holds_alternative<Pause>(step) ? exchange->on_resume()
                                                 : exchange->on_reply(ask(std::get<Send>(step).request));
    std::vector<ItemVerdict> verdicts(items.size());
    for (const auto& item : std::get<Finish>(step).items) verdicts.at(item.index) = item;
    return verdicts;
  }
  // As the engine does it: a batch that is refused as a whole is halved until the bad record stands alone.
  std::vector<ItemVerdict> push_and_halve(Feed feed, const std::vector<OutboundItem>& items) {
    auto verdicts = push(feed, items);
    std::vector<std::size_t> split;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (verdicts[i].verdict == Verdict::split) split.push_back(i);
    }
    const auto half = (split.size() + 1) / 2;
    for (const auto& [from, to] : {std::pair(std::size_t{0}, half), {half, split.size()}}) {
      std::vector<OutboundItem> part;
      for (auto i = from; i < to; ++i) part.push_back(items[split[i]]);
      if (part.empty()) continue;
      const auto settled = push_and_halve(feed, part);
      for (auto i = from; i < to; ++i) verdicts[split[i]] = settled[i - from];
    }
    return verdicts;
  }

  // The requests that change something, since the last call.
  std::vector<HttpRequest> take_writes() { return std::exchange(writes_, {}); }

 private:
  void log_in() {
    const auto login = connector_->login();
    if (!login) return;
    auto step = login->start();
    while (auto* send = std::get_if<Send>(&step)) step = login->on_reply(portal_->answer(send->request, {}, now_));
    session_ = std::get<Session>(step);
  }
  HttpReply ask(HttpRequest request) {
    connector_->authorize(request, session_);
    if (portal_->kind_of(request) == portal::Asked::write) writes_.push_back(request);
    return portal_->answer(request, {}, now_);
  }

  const Instant now_{std::chrono::seconds(1'700'000'000)};
  std::unique_ptr<portal::SimulatedPortal> portal_;
  std::unique_ptr<Connector> connector_;
  Session session_;
  std::vector<HttpRequest> writes_;
};

}  // namespace ferry::connector::testing
