#include "connectors/http/reply.h"

#include <algorithm>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <cctype>
#include <charconv>

namespace ferry::http {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;

// Asio's own words for what an operator needs to know ("The socket was closed due to a timeout" hides which).
std::string describe(const boost::system::error_code& error, const Settings& settings) {
  if (error == beast::error::timeout) return "timed out";
  if (error == asio::error::operation_aborted) return "cancelled";
  if (error == bhttp::error::end_of_stream || error == asio::error::eof || error == asio::ssl::error::stream_truncated)
    return "connection closed by the portal before a reply";
  if (error == bhttp::error::partial_message) return "reply truncated: connection closed in the middle of it";
  if (error == bhttp::error::body_limit)
    return "reply body larger than " + std::to_string(settings.max_body_bytes) + " bytes";
  if (error == bhttp::error::header_limit)
    return "reply header larger than " + std::to_string(settings.max_header_bytes) + " bytes";
  if (error == bhttp::error::buffer_overflow)
    return "a part of the reply that is not its body larger than " + std::to_string(most_waiting(settings)) + " bytes";
  return error.message();
}

namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

}  // namespace

void set_bounds(ReplyParser& parser, const Settings& settings, bool is_head) {
  parser.header_limit(static_cast<std::uint32_t>(settings.max_header_bytes));
  parser.body_limit(settings.max_body_bytes);
  parser.skip(is_head);
}

boost::system::error_code header_error(std::size_t header_bytes, const Settings& settings) {
  if (header_bytes <= settings.max_header_bytes) return {};
  return bhttp::error::header_limit;
}

void take_header(const ReplyParser& parser, connector::HttpReply& reply) {
  const auto& header = parser.get().base();
  reply.status = static_cast<int>(header.result_int());
  for (const auto& field : header) reply.headers.emplace_back(lower(field.name_string()), field.value());
}

std::size_t most_waiting(const Settings& settings) {
  constexpr std::size_t kMostReadAtOnce = std::size_t{64} << 10;  // Beast's own
  return settings.max_header_bytes + kMostReadAtOnce;
}

std::optional<std::chrono::seconds> keep_alive_timeout(std::string_view header) {
  constexpr std::string_view kKey = "timeout=";
  const auto at = header.find(kKey);
  if (at == std::string_view::npos) return std::nullopt;
  const auto digits = header.substr(at + kKey.size());
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (error != std::errc{}) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace ferry::http
