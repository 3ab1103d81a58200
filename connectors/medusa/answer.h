// What a reply of Medusa's admin API means. One place for the whole taxonomy, because a status says too little: 400 is
// also a temporary lock, 401 also a database that is down, 404 also a wrong address.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "connectors/medusa/json.h"
#include "plugin/connector/connector.h"

namespace ferry::medusa {

enum class Kind : std::uint8_t {
  read = 1,  // a lost answer means nothing
  write,     // a lost answer leaves the outcome unknown
};

struct Trouble {
  // rejected is never used here: a refusal of the content is `split`, which is a rejection for whoever sent one record.
  Verdict verdict = Verdict::retry;
  std::string reason;
  std::optional<Duration> wait;
  SnoozeScope scope = SnoozeScope::credential;
  bool is_not_found = false;  // a record that was named does not exist
  bool is_existing = false;   // what was to be created is there already
  bool is_transport = false;  // no answer of Medusa's at all

  // It concerns whatever would be sent next as well.
  bool ends_exchange() const noexcept {
    const bool is_for_all = verdict == Verdict::snooze && scope == SnoozeScope::credential;
    return is_for_all || verdict == Verdict::unauthorized || is_transport;
  }
  ItemVerdict for_item(std::size_t index, bool is_alone) const;
};

struct Answer {
  std::optional<Trouble> trouble;
  json::value body;  // an object when there is no trouble
};

// None of these throws for any reply.
Answer read_answer(const connector::HttpReply& reply, Kind kind);
// A page of a list: `take` records from `skip` on, of the `count` that there are. One that has fewer than it should is
// in trouble, because what was not listed is not absent.
Answer read_page(const connector::HttpReply& reply, std::string_view list, std::int64_t take, std::int64_t skip);
// All of it.
Answer read_list(const connector::HttpReply& reply, std::string_view list);

// HTTP 401: a token (JWT) is judged without the database, so that it is expired or was signed with another secret.
bool is_session_refused(const connector::HttpReply& reply) noexcept;

}  // namespace ferry::medusa
