// A reply on its way from the parser to a connector; apart from the connection, so that it can be fed from memory.
#pragma once

#include <boost/asio/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/http/client.h"

namespace ferry::http {

using ReplyParser = boost::beast::http::response_parser<boost::beast::http::string_body>;

// What a portal may send, at most; `is_head`: the reply to a HEAD request has no body.
void set_bounds(ReplyParser& parser, const Settings& settings, bool is_head);

// Whether a header of which so many bytes were read is larger than may be. Beast bounds what it has not understood yet, not
// the whole: one that comes line by line would never end.
boost::system::error_code header_error(std::size_t header_bytes, const Settings& settings);

// Takes over the status and the headers, with their names in lower case; to be called when the header is complete and the body
// is not read yet: what comes behind the body (trailers) is not a header (RFC 9110 section 6.5.1), and is dropped with the parser.
void take_header(const ReplyParser& parser, connector::HttpReply& reply);

// The most that is kept of what the parser cannot use yet: a header, or a chunk's line, or the trailers, and what was read beyond.
std::size_t most_waiting(const Settings& settings);

// What went wrong, in an operator's words.
std::string describe(const boost::system::error_code& error, const Settings& settings);

// The seconds of "timeout=5, max=100"; none when the header does not say.
std::optional<std::chrono::seconds> keep_alive_timeout(std::string_view header);

}  // namespace ferry::http
