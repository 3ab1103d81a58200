#include "plugin/runtime/probe.h"

#include <chrono>
#include <future>
#include <thread>

#include "connectors/http/client.h"
#include "plugin/engine/conversation.h"
#include "plugin/runtime/channel_driver.h"
#include "plugin/runtime/clock.h"

namespace ferry::runtime {
namespace {

using engine::Conversation;

constexpr std::chrono::seconds kLongestWait{10};  // for the rate limit or a log-in under way; then the person is told

connector::HttpReply send(http::Client& client, connector::HttpRequest request) {
  std::promise<connector::HttpReply> arrived;
  client.send(std::move(request), [&arrived](connector::HttpReply reply) { arrived.set_value(std::move(reply)); });
  return arrived.get_future().get();
}

}  // namespace

ProbeResult probe(const engine::Channel& channel) {
  http::Client client(client_settings(channel.settings));
  Conversation conversation(*channel.connector, *channel.credential, engine::Priority::rest, channel.connector->probe(), 1);
  const Instant give_up = now() + kLongestWait;
  Conversation::Turn turn = conversation.resume(now());
  while (true) {
    if (auto* ask = std::get_if<Conversation::Ask>(&turn)) {
      turn = conversation.on_reply(send(client, std::move(ask->request)), now());
    } else if (const auto* wait = std::get_if<Conversation::Wait>(&turn)) {
      if (wait->until > give_up) return {false, "the portal asked to be left alone for now; try again later"};
      std::this_thread::sleep_until(wait->until);
      turn = conversation.resume(now());
    } else {
      break;
    }
  }
  const auto* finish = std::get_if<connector::Finish>(&std::get<Conversation::Outcome>(turn));
  if (finish == nullptr || finish->items.empty()) return {false, "the connector gave no verdict on its probe"};
  const ItemVerdict& verdict = finish->items.front();
  if (verdict.verdict == Verdict::delivered) return {true, verdict.reason.empty() ? "the portal answers" : verdict.reason};
  return {false, verdict.reason};
}

}  // namespace ferry::runtime
