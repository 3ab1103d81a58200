#include "plugin/engine/conversation.h"

#include <utility>

#include "plugin/engine/trail.h"

namespace ferry::engine {

using connector::HttpReply;
using connector::HttpRequest;

namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace

Conversation::Conversation(const connector::Connector& connector, Credential& credential, Priority priority,
                           std::unique_ptr<connector::Exchange> exchange, std::size_t items)
    : connector_(connector),
      credential_(credential),
      ticket_(credential.enter(priority)),
      exchange_(std::move(exchange)),
      items_(items) {}

Conversation::Conversation(const connector::Connector& connector, Credential& credential, Priority priority,
                           std::unique_ptr<connector::Pull> pull)
    : connector_(connector),
      credential_(credential),
      ticket_(credential.enter(priority)),
      pull_(std::move(pull)),
      items_(1) {}

Conversation::Conversation(const connector::Connector& connector, Credential& credential, Priority priority,
                           std::unique_ptr<connector::Survey> survey)
    : connector_(connector),
      credential_(credential),
      ticket_(credential.enter(priority)),
      survey_(std::move(survey)),
      items_(1) {}

Conversation::~Conversation() {
  credential_.leave(ticket_);
  if (login_) credential_.login_dropped();
}

namespace {

template <class Said>
Said said_by(connector::Step step) {
  return std::visit([](auto&& part) { return Said(std::move(part)); }, std::move(step));
}

// Of a Pull or a Survey.
template <class Said, class Outcome, class Step>
Said said_by(Step step) {
  return std::visit(Overloaded{[](connector::Send&& send) { return Said(std::move(send)); },
                               [](connector::PullFailed&& failed) {
                                 failed.verdict.index = 0;
                                 return Said(Outcome(connector::Finish{{std::move(failed.verdict)}}));
                               },
                               [](auto&& page) { return Said(Outcome(std::forward<decltype(page)>(page))); }},
                    std::move(step));
}

}  // namespace

Conversation::Said Conversation::begin_protocol() {
  if (exchange_) return said_by<Said>(exchange_->start());
  return pull_ ? said_by<Said, Outcome>(pull_->start()) : said_by<Said, Outcome>(survey_->start());
}

Conversation::Said Conversation::tell_protocol(const HttpReply& reply) {
  if (exchange_) return said_by<Said>(exchange_->on_reply(reply));
  return pull_ ? said_by<Said, Outcome>(pull_->on_reply(reply)) : said_by<Said, Outcome>(survey_->on_reply(reply));
}

Conversation::Turn Conversation::resume(Instant now) {
  if (paused_until_) {
    if (now < *paused_until_) return Wait{*paused_until_};
    paused_until_.reset();
    return handle(said_by<Said>(exchange_->on_resume()), now);
  }
  if (has_begun_) return send(now);
  has_begun_ = true;
  return handle(begin_protocol(), now);
}

Conversation::Turn Conversation::handle(Said said, Instant now) {
  return std::visit(Overloaded{[&](connector::Send&& next) {
                                 pending_ = std::move(next.request);
                                 was_refused_ = was_repeated_ = false;
                                 return send(now);
                               },
                               [&](connector::Pause&& pause) {
                                 pending_.reset();
                                 paused_until_ = now + std::max(pause.wait, Duration(1000));
                                 return Turn(Wait{*paused_until_});
                               },
                               [&](Outcome&& outcome) {
                                 pending_.reset();
                                 return Turn(std::move(outcome));
                               }},
                    std::move(said));
}

void Conversation::note_request(Instant now) {
  if (trail_.requests++ == 0) trail_.started_at = now;
}

// Our turn in the queue of the credential, or none when it has come.
std::optional<Conversation::Turn> Conversation::need_turn(Instant now) {
  const Duration wait = credential_.ask(ticket_, now);
  if (wait > Duration(0)) return Wait{now + wait};
  note_request(now);
  return std::nullopt;
}

Conversation::Turn Conversation::send(Instant now) {
  if (!login_) {
    if (auto turn = need_session(now)) return std::move(*turn);
  }
  if (login_) {
    if (auto turn = need_turn(now)) return std::move(*turn);
    trail_.request = login_trail_of(*login_request_);
    return Ask{*login_request_};
  }
  if (auto turn = need_turn(now)) return std::move(*turn);
  HttpRequest request = *pending_;
  connector_.authorize(request, session_);
  trail_.request = trail_of(request, session_.token);
  return Ask{std::move(request)};
}

// Leaves a session, or a log-in whose request is to be sent; a turn when neither can be had now.
std::optional<Conversation::Turn> Conversation::need_session(Instant now) {
  auto login = connector_.login();
  if (!login) return std::nullopt;
  return std::visit(
      Overloaded{[&](connector::Session&& session) {
                   session_ = std::move(session);
                   return std::optional<Turn>();
                 },
                 [&](Credential::Wait&& wait) { return std::optional<Turn>(Wait{now + wait.wait}); },
                 [&](Credential::Refused&& refused) { return std::optional<Turn>(fail(refused.verdict)); },
                 [&](Credential::LogIn&&) {
                   login_ = std::move(login);
                   return std::optional<Turn>(handle_login(login_->start(), now));
                 }},
      credential_.session(now));
}

Conversation::Turn Conversation::handle_login(connector::LoginStep step, Instant now) {
  return std::visit(Overloaded{[&](connector::Send&& next) {
                                 login_request_ = std::move(next.request);
                                 was_repeated_ = false;
                                 return send(now);
                               },
                               [&](connector::Session&& session) {
                                 login_.reset();
                                 credential_.logged_in(std::move(session));
                                 return send(now);
                               },
                               [&](connector::LoginFailed&& failed) {
                                 login_.reset();
                                 credential_.login_failed(failed.verdict, now);
                                 return fail(failed.verdict);
                               }},
                    std::move(step));
}

Conversation::Turn Conversation::on_reply(const HttpReply& reply, Instant now) {
  trail_.status = reply.status;
  trail_.is_unreachable = reply.status == 0 && !reply.request_was_sent;
  if (is_worth_repeating(reply)) return send(now);
  if (login_) return on_login_reply(reply, now);
  trail_.reply = trail_of(reply, session_.token);
  if (reply.status != 0 && connector_.session_refused(reply)) return on_session_refused(now);
  return handle(tell_protocol(reply), now);
}

// Once: a connection that the portal had closed while it was idle says nothing of the portal.
bool Conversation::is_worth_repeating(const HttpReply& reply) {
  return reply.status == 0 && reply.may_be_repeated && !std::exchange(was_repeated_, true);
}

Conversation::Turn Conversation::on_login_reply(const HttpReply& reply, Instant now) {
  trail_.reply = login_trail_of(reply);
  return handle_login(login_->on_reply(reply), now);
}

Conversation::Turn Conversation::on_session_refused(Instant now) {
  credential_.refuse(session_);
  const bool can_log_in = connector_.login() != nullptr;
  if (!was_refused_ && can_log_in) {
    was_refused_ = true;
    return send(now);
  }
  ItemVerdict verdict;
  verdict.verdict = Verdict::unauthorized;
  verdict.reason = can_log_in
                       ? "the portal refuses our session right after a log-in; check the account's permissions there"
                       : "the portal refuses our credentials; check the secrets of this channel";
  return fail(verdict);
}

Conversation::Turn Conversation::fail(const ItemVerdict& verdict) {
  pending_.reset();
  connector::Finish finish;
  finish.items.assign(items_, verdict);
  for (std::size_t i = 0; i < items_; ++i) finish.items[i].index = i;
  return Outcome(std::move(finish));
}

}  // namespace ferry::engine
