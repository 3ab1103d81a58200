// Drives one Exchange, Pull or Survey of a connector from its first request to its end: rate, log-in, credentials, one
// new log-in when the session is refused, pauses. Sans-I/O: it says what to send or until when to wait.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "plugin/connector/connector.h"
#include "plugin/engine/credential.h"

namespace ferry::engine {

// One thread at a time. Dropping it half-way gives back its place in the queue and a begun log-in.
class Conversation {
 public:
  struct Ask {  // send this, then on_reply()
    connector::HttpRequest request;
  };
  struct Wait {  // resume() then, or earlier
    Instant until{};
  };
  // a failed Pull or Survey is a Finish of one item
  using Outcome = std::variant<connector::Finish, connector::Page, connector::SurveyPage>;
  using Turn = std::variant<Ask, Wait, Outcome>;

  struct Trail {
    Instant started_at{};         // of the first request
    std::int32_t requests = 0;    // log-ins included
    std::int32_t status = 0;      // of the last reply; 0: none arrived
    std::string request, reply;   // the last ones, redacted and bounded
    bool is_unreachable = false;  // the last request certainly did not reach the portal, which did not answer
  };

  // `items`: how many items a failure of the whole exchange settles.
  Conversation(const connector::Connector& connector, Credential& credential, Priority priority,
               std::unique_ptr<connector::Exchange> exchange, std::size_t items);
  Conversation(const connector::Connector& connector, Credential& credential, Priority priority,
               std::unique_ptr<connector::Pull> pull);
  Conversation(const connector::Connector& connector, Credential& credential, Priority priority,
               std::unique_ptr<connector::Survey> survey);
  ~Conversation();
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  // Begins, or goes on after a Wait. Precondition: no request is under way and there was no Outcome yet.
  Turn resume(Instant now);
  // Precondition: the last turn was Ask.
  Turn on_reply(const connector::HttpReply& reply, Instant now);

  const Trail& trail() const noexcept { return trail_; }

 private:
  using Said = std::variant<connector::Send, connector::Pause, Outcome>;  // what all have in common

  Said begin_protocol();
  Said tell_protocol(const connector::HttpReply& reply);
  Turn handle(Said said, Instant now);
  Turn send(Instant now);
  std::optional<Turn> need_session(Instant now);
  Turn handle_login(connector::LoginStep step, Instant now);
  Turn on_login_reply(const connector::HttpReply& reply, Instant now);
  Turn on_session_refused(Instant now);
  bool is_worth_repeating(const connector::HttpReply& reply);
  Turn fail(const ItemVerdict& verdict);
  std::optional<Turn> need_turn(Instant now);
  void note_request(Instant now);

  const connector::Connector& connector_;
  Credential& credential_;
  const Credential::Ticket ticket_;
  std::unique_ptr<connector::Exchange> exchange_;  // this
  std::unique_ptr<connector::Pull> pull_;          // or this
  std::unique_ptr<connector::Survey> survey_;      // or this
  const std::size_t items_;

  bool has_begun_ = false;
  std::optional<connector::HttpRequest> pending_;  // to be sent, without credentials
  std::optional<Instant> paused_until_;
  std::unique_ptr<connector::Login> login_;  // we are logging in
  std::optional<connector::HttpRequest> login_request_;
  connector::Session session_;  // what the last request carried
  bool was_refused_ = false;    // the session of this request was refused once
  bool was_repeated_ = false;   // this request was sent again after HttpReply::may_be_repeated
  Trail trail_;
};

}  // namespace ferry::engine
