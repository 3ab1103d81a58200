#include "host-api/hosts/console/database_uri.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace ferry::console {
namespace {

constexpr std::string_view kInstead = ": set 'database' and 'notify' in [ferry] instead";

std::optional<int> hex(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

std::string decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto high = text[i] == '%' && i + 2 < text.size() ? hex(text[i + 1]) : std::nullopt;
    const auto low = high ? hex(text[i + 2]) : std::nullopt;
    if (low) {
      result += static_cast<char>(static_cast<std::uint8_t>(*high * 16 + *low));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

// Cuts `text` at the first `separator`; the rest is empty when there is none.
std::string_view cut(std::string_view& text, char separator) {
  const std::size_t at = std::min(text.find(separator), text.size());
  const std::string_view head = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return head;
}

// For a message: anything but a plain word may be a part of the password, one that has a '?' in it for example.
std::string as_word(std::string_view text) {
  const bool is_word = text.size() <= 30 && std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  return is_word ? "'" + std::string(text) + "'" : "a part (not shown)";
}

struct Parts {
  std::string user, password, host, port, sslmode;
};

Parts authority_parts(std::string_view authority) {
  Parts parts;
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    std::string_view password = authority.substr(0, at);
    parts.user = decoded(cut(password, ':'));
    parts.password = decoded(password);
    authority.remove_prefix(at + 1);
  }
  if (authority.starts_with('[')) {
    authority.remove_prefix(1);
    parts.host = cut(authority, ']');
    cut(authority, ':');
  } else {
    parts.host = decoded(cut(authority, ':'));
  }
  parts.port = authority;
  return parts;
}

Result<std::string> sslmode_of(std::string_view query) {
  std::string mode;
  while (!query.empty()) {
    std::string_view value = cut(query, '&');
    const std::string name = decoded(cut(value, '='));
    if (name != "sslmode")
      return problem(as_word(name) + " of [database] uri is not supported" + std::string(kInstead));
    mode = decoded(value);
  }
  return mode;
}

std::string quoted(std::string_view value) {
  std::string result = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

Result<DatabaseAddress> joined(const Parts& parts, std::string_view database) {
  struct Part {
    const char *odbc, *libpq;
    std::string_view value;
  };
  DatabaseAddress address{"Driver=PostgreSQL ANSI", {}, parts.password};
  for (const Part& part :
       {Part{"Servername", "host", parts.host}, Part{"Port", "port", parts.port}, Part{"Database", "dbname", database},
        Part{"UID", "user", parts.user}, Part{"SSLmode", "sslmode", parts.sslmode}}) {
    if (part.value.empty()) continue;
    if (part.value.find_first_of(";{}") != std::string_view::npos) {
      return problem("'" + std::string(part.value) + "' cannot stand in an ODBC connection string" +
                     std::string(kInstead));
    }
    address.odbc += ";" + std::string(part.odbc) + "=" + std::string(part.value);
    address.libpq += (address.libpq.empty() ? "" : " ") + std::string(part.libpq) + "=" + quoted(part.value);
  }
  return address;
}

}  // namespace

Result<DatabaseAddress> database_address(std::string_view uri, std::string_view database) {
  const std::size_t scheme_end = uri.find("://");
  const std::string scheme(uri.substr(0, scheme_end == std::string_view::npos ? uri.find(':') : scheme_end));
  if ((scheme != "postgresql" && scheme != "postgres") || scheme_end == std::string_view::npos) {
    return problem("[database] uri is of " + as_word(scheme) + "; Ferry needs postgresql://user:password@host:port/");
  }
  std::string_view query = uri.substr(scheme_end + 3);
  std::string_view location = cut(query, '?');
  Parts parts = authority_parts(cut(location, '/'));
  const bool is_port =
      parts.port.size() <= 5 && std::ranges::all_of(parts.port, [](char c) { return c >= '0' && c <= '9'; });
  if (!is_port) return problem("the port in [database] uri is not a number");
  auto mode = sslmode_of(query);
  if (!mode) return mode.error();
  parts.sslmode = std::move(*mode);
  return joined(parts, database);
}

}  // namespace ferry::console
