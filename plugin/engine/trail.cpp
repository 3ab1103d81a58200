#include "plugin/engine/trail.h"

#include <algorithm>
#include <array>

#include "plugin/domain/text.h"

namespace ferry::engine {
namespace {

constexpr std::string_view kHidden = "***";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_sensitive(std::string_view name) {
  constexpr std::array<std::string_view, 8> kWords = {"auth",   "cookie",   "token",   "key",
                                                      "secret", "password", "session", "signature"};
  std::string plain(name);
  std::transform(plain.begin(), plain.end(), plain.begin(), lower);
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return plain.find(word) != std::string::npos; });
}

// Values of query parameters that carry credentials.
std::string without_credentials(std::string_view target) {
  const auto query = target.find('?');
  std::string result(target.substr(0, query));
  if (query == std::string_view::npos) return result;
  std::string_view rest = target.substr(query);
  while (!rest.empty()) {
    const auto end = std::min(rest.find('&', 1), rest.size());
    const auto parameter = rest.substr(0, end);
    const auto equals = parameter.find('=');
    const bool hide = equals != std::string_view::npos && is_sensitive(parameter.substr(0, equals));
    result.append(hide ? parameter.substr(0, equals + 1) : parameter).append(hide ? kHidden : "");
    rest.remove_prefix(end);
  }
  return result;
}

void append_headers(std::string& text, const connector::Headers& headers) {
  for (const auto& [name, value] : headers) {
    text.append(name).append(": ").append(is_sensitive(name) ? kHidden : std::string_view(value)).append("\n");
    if (text.size() > kLongestTrail) return;
  }
}

std::string finished(std::string text, std::string_view secret) {
  if (!secret.empty()) {
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + kHidden.size())) {
      text.replace(at, secret.size(), kHidden);
    }
  }
  return bound(text, kLongestTrail);
}

// The secret must not survive by being cut at the bound, so its length is kept beyond it.
std::string_view kept(std::string_view body, std::string_view secret) {
  return body.substr(0, kLongestTrail + secret.size());
}

std::string first_line(const connector::HttpRequest& request) {
  return request.method + " " + without_credentials(request.target) + "\n";
}

std::string first_line(const connector::HttpReply& reply) {
  if (reply.status == 0) return "no reply: " + reply.error + "\n";
  return "status " + std::to_string(reply.status) + "\n";
}

}  // namespace

std::string trail_of(const connector::HttpRequest& request, std::string_view secret) {
  std::string text = first_line(request);
  append_headers(text, request.headers);
  return finished(text.append("\n").append(kept(request.body, secret)), secret);
}

std::string trail_of(const connector::HttpReply& reply, std::string_view secret) {
  std::string text = first_line(reply);
  append_headers(text, reply.headers);
  return finished(text.append("\n").append(kept(reply.body, secret)), secret);
}

std::string login_trail_of(const connector::HttpRequest& request) {
  return finished(first_line(request) + "(log-in, body not kept)", {});
}

std::string login_trail_of(const connector::HttpReply& reply) {
  return finished(first_line(reply) + "(log-in, body not kept)", {});
}

}  // namespace ferry::engine
