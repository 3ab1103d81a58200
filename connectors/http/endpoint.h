// A base URL or proxy URL, taken apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ferry::http {

struct Endpoint {
  bool tls = false;
  std::string host;         // name or address, without brackets
  std::uint16_t port = 0;   // never 0 in a parsed endpoint
  std::string path_prefix;  // "" or "/shop", without a trailing '/'

  // "shop.example.com", "shop.example.com:8080", "[::1]:3000": as a Host header says it (default port left out).
  std::string authority() const;
  // Always with the port, as CONNECT wants it.
  std::string authority_with_port() const;
};

// Reads "http[s]://host[:port][/path]". Nothing else is accepted: no user info, query or fragment, because each of
// them would be dropped silently. Empty: not such a URL.
std::optional<Endpoint> parse_endpoint(std::string_view url);

}  // namespace ferry::http
