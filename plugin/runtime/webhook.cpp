#include "plugin/runtime/webhook.h"

#include <chrono>
#include <future>

namespace ferry::runtime {
namespace {

constexpr std::chrono::seconds kPatience{10};

}  // namespace

WebhookUrl split_webhook_url(const std::string& url) {
  const auto scheme = url.find("://");
  const auto begin = scheme == std::string::npos ? 0 : scheme + 3;
  const auto end = url.find_first_of("/?", begin);
  if (end == std::string::npos) return {url, "/"};
  const std::string rest = url.substr(end, url.find('#', end) - end);
  return {url.substr(0, end), rest.front() == '?' ? "/" + rest : rest};
}

std::string Webhook::post(const engine::ChannelSettings& settings, const sql::AlertLetter& letter) {
  const WebhookUrl url = split_webhook_url(settings.alert_webhook);
  http::Settings how;
  how.base_url = url.base;
  how.ca_file = settings.ca_file;
  how.proxy = settings.proxy;
  how.connect_timeout = how.write_timeout = how.read_timeout = kPatience;
  http::Client client(how);
  {
    std::lock_guard lock(mutex_);
    if (is_broken_off_) return "the engine is stopping";
    client_ = &client;
  }
  connector::HttpRequest request;
  request.method = "POST";
  request.target = url.target;
  request.body = letter.json;
  request.timeout = kPatience;
  request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("Idempotency-Key", "ferry-alert-" + std::to_string(letter.id) + "-" +
                                                      std::to_string(letter.news_at.time_since_epoch().count()));
  if (!settings.alert_webhook_token.empty()) {
    request.headers.emplace_back("Authorization", "Bearer " + settings.alert_webhook_token);
  }
  std::promise<connector::HttpReply> arrived;
  client.send(std::move(request), [&arrived](connector::HttpReply reply) { arrived.set_value(std::move(reply)); });
  const connector::HttpReply reply = arrived.get_future().get();
  {
    std::lock_guard lock(mutex_);
    client_ = nullptr;
  }
  if (reply.status == 0) return reply.error;
  return reply.status >= 200 && reply.status < 300 ? "" : "it answered with status " + std::to_string(reply.status);
}

void Webhook::break_off() {
  std::lock_guard lock(mutex_);
  is_broken_off_ = true;
  if (client_ != nullptr) client_->cancel_all();
}

}  // namespace ferry::runtime
