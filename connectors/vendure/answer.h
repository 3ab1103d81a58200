// What a reply of Vendure's admin API means. One place for the whole taxonomy, because Vendure says most things with
// HTTP 200: refused sessions, missing permissions, deadlocks, constraint violations.
#pragma once

#include <optional>
#include <string>

#include "connectors/vendure/json.h"
#include "plugin/connector/connector.h"

namespace ferry::vendure {

enum class Kind : std::uint8_t {
  query = 1,  // a lost answer means nothing
  mutation,   // a lost answer leaves the outcome unknown
};

struct Trouble {
  // rejected is never used here: a refusal of the content is `split`, which is a rejection for whoever sent one record.
  Verdict verdict = Verdict::retry;
  std::string reason;
  std::optional<Duration> wait;
  SnoozeScope scope = SnoozeScope::credential;
  bool is_not_found = false;  // ENTITY_NOT_FOUND
  bool is_duplicate = false;  // a unique value is used by another record

  // It concerns whatever would be sent next as well.
  bool ends_exchange() const noexcept {
    return verdict == Verdict::snooze || verdict == Verdict::unauthorized || is_transport;
  }
  bool is_transport = false;  // no GraphQL answer at all

  ItemVerdict for_item(std::size_t index, bool is_alone) const;
};

struct Answer {
  std::optional<Trouble> trouble;
  json::value data;  // the GraphQL data when there is no trouble
};

// Never throws for any reply. `list` names a field of the data that must hold `items`: an answer without them says
// nothing about which records exist.
Answer read_answer(const connector::HttpReply& reply, Kind kind, std::string_view list = "");

// HTTP 200, FORBIDDEN, and the header vendure-auth-token present but empty: the token is dead. The same without that
// header is a missing permission, which no log-in mends.
bool is_session_refused(const connector::HttpReply& reply);

}  // namespace ferry::vendure
