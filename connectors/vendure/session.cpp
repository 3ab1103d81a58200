#include "connectors/vendure/session.h"

#include <algorithm>

#include "connectors/vendure/operations.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

using namespace connector;

void add_channel(HttpRequest& request, const Settings& settings) {
  const bool has_channel = std::any_of(request.headers.begin(), request.headers.end(),
                                       [](const auto& header) { return header.first == kChannelHeader; });
  if (!has_channel && !settings.channel_token.empty()) request.headers.emplace_back(kChannelHeader, settings.channel_token);
}

LoginFailed refused(std::string reason) {
  ItemVerdict verdict;
  verdict.verdict = Verdict::unauthorized;
  verdict.reason = std::move(reason);
  return {verdict};
}

class PasswordLogin final : public Login {
 public:
  explicit PasswordLogin(const Settings& settings) : settings_(settings) {}

  LoginStep start() override {
    auto request = graphql(settings_, Kind::query, kLogin,  // repeatable: a second session does no harm
                           {{"username", settings_.username}, {"password", settings_.password}});
    add_channel(request, settings_);
    return Send{std::move(request)};
  }

  LoginStep on_reply(const HttpReply& reply) override {
    const auto answer = read_answer(reply, Kind::query);
    if (answer.trouble) return LoginFailed{answer.trouble->for_item(0, true)};
    if (text_at(answer.data, {"login", "__typename"}) != "CurrentUser") return describe_refusal(answer.data);
    const auto token = reply.header("vendure-auth-token");
    if (token.empty())
      return refused("the portal gave no bearer token; its authOptions.tokenMethod must include 'bearer'");
    return Session{std::string(token)};
  }

 private:
  static LoginFailed describe_refusal(const json::value& data) {
    if (text_at(data, {"login", "errorCode"}) == "INVALID_CREDENTIALS_ERROR")
      return refused("the portal does not accept user name and password; check the settings username and password");
    return refused("the portal refused the log-in: " + quote_and_bound(text_at(data, {"login", "message"}), 200));
  }

  const Settings& settings_;
};

}  // namespace

std::unique_ptr<Login> make_login(const Settings& settings) { return std::make_unique<PasswordLogin>(settings); }

void authorize(HttpRequest& request, const Session& session, const Settings& settings) {
  request.headers.emplace_back("authorization", "Bearer " + session.token);
  add_channel(request, settings);
}

}  // namespace ferry::vendure
