#include "connectors/medusa/session.h"

#include <algorithm>

#include "connectors/medusa/answer.h"
#include "connectors/medusa/rest.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

using namespace connector;

LoginFailed failed(Verdict verdict, std::string reason) {
  ItemVerdict item;
  item.verdict = verdict;
  item.reason = std::move(reason);
  return {item};
}

// It goes into a header.
bool can_be_a_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

class PasswordLogin final : public Login {
 public:
  explicit PasswordLogin(const Settings& settings) : settings_(settings) {}

  LoginStep start() override {
    auto request = post(settings_, std::string(kLoginPath),
                        json::object{{"email", settings_.email}, {"password", settings_.password}});
    request.idempotent = true;  // a second token does no harm
    return Send{std::move(request)};
  }

  LoginStep on_reply(const HttpReply& reply) override {
    if (reply.status == 401) return describe_refusal(reply);
    const auto answer = read_answer(reply, Kind::read);
    if (answer.trouble) return LoginFailed{answer.trouble->for_item(0, true)};
    const auto token = text_at(answer.body, {"token"});
    if (!can_be_a_token(token))
      return failed(Verdict::retry, "the portal's answer to the log-in has no token; check the setting base_url");
    return Session{std::string(token)};
  }

 private:
  // Medusa says 401 for whatever goes wrong in a log-in, also when its database is away: only what is certainly about
  // the credentials may stop the channel.
  static LoginFailed describe_refusal(const HttpReply& reply) {
    boost::system::error_code error;
    const auto body = json::parse(reply.body, error);
    const auto message = error ? std::string_view() : text_at(body, {"message"});
    if (message == "Invalid email or password")
      return failed(Verdict::unauthorized,
                    "the portal does not accept e-mail address and password; check the settings username and password");
    return failed(Verdict::retry, "the portal failed at the log-in: " + quote_and_bound(message, 200));
  }

  const Settings& settings_;
};

}  // namespace

std::unique_ptr<Login> make_login(const Settings& settings) { return std::make_unique<PasswordLogin>(settings); }

void authorize(HttpRequest& request, const Session& session) {
  request.headers.emplace_back("authorization", "Bearer " + session.token);
}

}  // namespace ferry::medusa
