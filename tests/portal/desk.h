// What the portal says to one request under the weather of the moment: everything but its sockets. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/portal/journal.h"
#include "tests/portal/shop.h"
#include "tests/portal/weather.h"

namespace ferry::portal {

struct Call {
  std::string body, token;  // token: of the Authorization header
};

struct Answer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

class Desk {
 public:
  Shop shop;
  Journal journal;
  Weather weather{Climate::clear(), 1};

  // How long a log-in is worth something; zero: tokens are not looked at.
  void let_tokens_last(Duration lifetime) { token_lifetime_ = lifetime; }
  void expire_tokens() { tokens_.clear(); }

  struct Outcome {
    Fate fate;
    Answer answer;  // meaningless unless the fate is answered
  };
  // Decides what happens to the request and, unless it is to be applied late, does it. Writes the journal.
  Outcome receive(const Call& call, Instant now);
  // What `Fault::late` postponed.
  void apply(const Call& call);

 private:
  Answer say(const Call& call, const Fate& fate, Instant now, Entry& entry);
  Answer session_refused() const;
  bool accepts(const std::string& token, Instant now) const;
  std::string log_in(Instant now);

  Duration token_lifetime_{};
  std::map<std::string, Instant> tokens_;  // until when
  std::uint64_t last_token_ = 0;
};

}  // namespace ferry::portal
