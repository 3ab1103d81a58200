// Any bytes as what comes over the connection in answer to a request, in parts as a network may cut them. The first byte is
// the size of the parts, its lowest bit that of a HEAD request.
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "connectors/http/reply.h"
#include "plugin/connector/http_date.h"
#include "tests/fuzz/target.h"

FERRY_FUZZ_TARGET(http_reply, "") {
  using namespace ferry;
  using fuzz::demand;
  http::Settings settings;
  settings.max_header_bytes = 2000;
  settings.max_body_bytes = 3000;
  fuzz::Input rest(input);
  const auto first = rest.byte();
  http::ReplyParser parser;
  http::set_bounds(parser, settings, first % 2 == 1);
  connector::HttpReply reply;
  std::string waiting;
  std::size_t header_bytes = 0;
  boost::system::error_code error;
  while (!error && !rest.is_empty() && !parser.is_done()) {
    for (std::size_t i = 0; i <= first * 16 && !rest.is_empty(); ++i) waiting += static_cast<char>(rest.byte());
    const auto used = parser.put(boost::asio::buffer(std::as_const(waiting)), error);
    waiting.erase(0, used);
    if (error == boost::beast::http::error::need_more) error = {};
    if (!parser.eager()) header_bytes += used;
    if (!error) error = http::header_error(header_bytes, settings);
    if (error) break;
    if (parser.is_header_done() && !parser.eager()) {
      http::take_header(parser, reply);
      parser.eager(true);
    }
    demand(waiting.size() <= 16 * 256 + settings.max_header_bytes + settings.max_body_bytes, "what waits is not bounded");
  }
  if (!error && !parser.is_done() && parser.got_some()) parser.put_eof(error);
  if (error) {
    const auto said = http::describe(error, settings);
    demand(!said.empty() && said.size() < 200 && fuzz::is_clean(said, true), "an error that is not one clean line: " + said);
    return;
  }
  if (!parser.is_done()) return;
  (void)http::keep_alive_timeout(parser.get()["Keep-Alive"]);
  reply.body = std::move(parser.get().body());
  demand(reply.status >= 0 && reply.status <= 999, "a status of " + std::to_string(reply.status));
  demand(reply.body.size() <= settings.max_body_bytes, "a body beyond its bound");
  std::size_t bytes = 0;
  for (const auto& [name, value] : reply.headers) {
    bytes += name.size() + value.size();
    demand(std::none_of(name.begin(), name.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '\n'; }), "a header's name");
    demand(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos, "a line break in a header");
  }
  demand(bytes <= settings.max_header_bytes, "headers beyond their bound");
  (void)connector::retry_after(reply);
  (void)connector::parse_http_date(reply.header("date"));
}
