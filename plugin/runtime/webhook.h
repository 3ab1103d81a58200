// Posts the news of alerts to a channel's webhook.
#pragma once

#include <mutex>
#include <string>

#include "connectors/http/client.h"
#include "plugin/engine/channel_settings.h"
#include "sql/state/store.h"

namespace ferry::runtime {

// "https://hooks.example/a/b?c" → "https://hooks.example" and "/a/b?c"
struct WebhookUrl {
  std::string base, target;
};
WebhookUrl split_webhook_url(const std::string& url);

class Webhook {
 public:
  // Blocks until it was answered, at most some seconds. Empty: taken (any 2xx); else what went wrong. The same TLS
  // rules, certificates and proxy as for the channel's portal. The Idempotency-Key stays the same for the same news.
  std::string post(const engine::ChannelSettings& settings, const sql::AlertLetter& letter);

  // Ends a post under way, and every later one at once. Any thread.
  void break_off();

 private:
  std::mutex mutex_;
  http::Client* client_ = nullptr;  // in use
  bool is_broken_off_ = false;
};

}  // namespace ferry::runtime
