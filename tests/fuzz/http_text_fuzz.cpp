// Any bytes as what HTTP says in text: an address, a date, a wait, a header; and as text for a person.
#include "connectors/http/endpoint.h"
#include "plugin/connector/http_date.h"
#include "plugin/domain/text.h"
#include "plugin/engine/trail.h"
#include "tests/fuzz/target.h"

FERRY_FUZZ_TARGET(http_text, "") {
  using namespace ferry;
  using fuzz::demand;
  constexpr std::size_t kBound = 50, kEllipsis = 3, kQuotes = 2;

  if (const auto endpoint = http::parse_endpoint(input)) {
    demand(endpoint->port != 0 && !endpoint->host.empty(), "an endpoint without host or port");
    demand(fuzz::is_clean(endpoint->authority(), true), "an authority that is not one clean line");
    const auto again = http::parse_endpoint((endpoint->tls ? "https://" : "http://") + endpoint->authority() +
                                            endpoint->path_prefix);
    demand(again && again->host == endpoint->host && again->port == endpoint->port &&
               again->path_prefix == endpoint->path_prefix,
           "an endpoint that does not read back the same: " + endpoint->authority());
  }

  fuzz::Input parts(input);
  connector::HttpReply reply;
  reply.status = 429;
  reply.headers = {{"retry-after", std::string(parts.until("\n"))}, {"date", std::string(parts.until("\n"))}};
  reply.body = parts.rest();
  if (const auto wait = connector::retry_after(reply)) {
    demand(*wait >= Duration::zero() && *wait <= std::chrono::days(366L * 10000), "a wait out of range");
    (void)(Instant{} + std::chrono::days(365 * 60) + *wait);
  }
  (void)connector::parse_http_date(input);

  const auto quoted = quote_and_bound(input, kBound);
  demand(quoted.size() <= kBound + kEllipsis + kQuotes, "a quote of " + std::to_string(quoted.size()) + " bytes");
  demand(fuzz::is_clean(quoted, true), "a quote that is not one clean line");
  demand(quoted.substr(1, quoted.size() - 2).find('"') == std::string::npos, "a quote that ends early");
  const auto bounded = bound(input, kBound);
  demand(bounded.size() <= kBound + kEllipsis && fuzz::is_clean(bounded, false), "a text that is not clean");
  demand(bounded.find('\0') == std::string::npos, "a NUL in a text");

  const std::string secret = "s3cr3t";
  if (input.find(secret) != std::string_view::npos) return;  // a log-in's target is ours and holds none
  connector::HttpRequest request;
  request.method = "GET";
  request.target = "/" + std::string(input);
  request.headers = {{"Authorization", "Bearer " + secret}, {"x", std::string(input)}};
  request.body = std::string(input) + secret + std::string(input);
  for (const auto& trail : {engine::trail_of(request, secret), engine::trail_of(reply, secret), engine::login_trail_of(request),
                            engine::login_trail_of(reply)}) {
    demand(trail.size() <= engine::kLongestTrail + kEllipsis, "a trail of " + std::to_string(trail.size()) + " bytes");
    demand(fuzz::is_clean(trail, false), "a trail that is not clean");
    demand(trail.find(secret) == std::string::npos, "a trail that tells the secret");
  }
}
