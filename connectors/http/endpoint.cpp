#include "connectors/http/endpoint.h"

#include <algorithm>
#include <charconv>

namespace ferry::http {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
}

// Takes "http://" or "https://" off the front.
bool take_scheme(std::string_view& url, Endpoint& endpoint) {
  constexpr std::string_view kPlain = "http://", kTls = "https://";
  endpoint.tls = url.starts_with(kTls);
  if (!endpoint.tls && !url.starts_with(kPlain)) return false;
  url.remove_prefix(endpoint.tls ? kTls.size() : kPlain.size());
  return true;
}

bool parse_port(std::string_view text, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port != 0;
}

// Letters, digits, '-', '_' and '.' of a name or address; an address with colons stands in brackets and only there.
bool is_host(std::string_view host, bool in_brackets) {
  if (in_brackets) {
    return host.find(':') != std::string_view::npos &&
           std::all_of(host.begin(), host.end(), [](char c) { return std::string_view("0123456789abcdefABCDEF:.").find(c) != std::string_view::npos; });
  }
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

bool parse_authority(std::string_view authority, Endpoint& endpoint) {
  endpoint.port = endpoint.tls ? kHttpsPort : kHttpPort;
  std::string_view rest;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return false;
    endpoint.host = authority.substr(1, close - 1);
    rest = authority.substr(close + 1);
  } else {
    const auto colon = std::min(authority.find(':'), authority.size());
    endpoint.host = authority.substr(0, colon);
    rest = authority.substr(colon);
  }
  if (!is_host(endpoint.host, authority.starts_with('['))) return false;
  return rest.empty() || (rest.front() == ':' && parse_port(rest.substr(1), endpoint.port));
}

}  // namespace

std::string Endpoint::authority_with_port() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string Endpoint::authority() const {
  auto text = authority_with_port();
  if (port == (tls ? kHttpsPort : kHttpPort)) text.resize(text.rfind(':'));
  return text;
}

std::optional<Endpoint> parse_endpoint(std::string_view url) {
  Endpoint endpoint;
  if (!is_plain(url) || !take_scheme(url, endpoint)) return std::nullopt;
  if (url.find_first_of("@?#") != std::string_view::npos) return std::nullopt;
  const auto slash = std::min(url.find('/'), url.size());
  if (!parse_authority(url.substr(0, slash), endpoint)) return std::nullopt;
  endpoint.path_prefix = url.substr(slash);
  while (endpoint.path_prefix.ends_with('/')) endpoint.path_prefix.pop_back();
  return endpoint;
}

}  // namespace ferry::http
