#include "plugin/domain/text.h"

#include <algorithm>
#include <cstdint>

namespace ferry {
namespace {

constexpr std::string_view kCut = "\xe2\x80\xa6";  // an ellipsis

struct Character {
  std::size_t size = 1;  // bytes, 1..4
  char32_t code = 0;
  bool well_formed = false;
};

std::size_t size_by_lead(unsigned char lead) noexcept {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

// The first character of a text that is not empty. Overlong forms, surrogates and cut sequences are malformed.
Character first_character(std::string_view text) noexcept {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = size_by_lead(lead);
  if (size == 1) return {1, lead, true};
  if (size == 0 || text.size() < size) return {};
  char32_t code = lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0U) != 0x80U) return {};
    code = (code << 6U) | (next & 0x3fU);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {size, code, true};
}

// Characters that could break a line, hide text or turn its direction.
bool is_deceptive(char32_t code) noexcept {
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x2028 || code == 0x2029 ||
         (code >= 0x200e && code <= 0x200f) || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

enum class Lines : std::uint8_t { one = 1, several };

void append_safe(std::string& to, const Character& character, std::string_view bytes, Lines lines) {
  const char32_t code = character.code;
  const bool is_layout = code == '\n' || code == '\t' || code == '\r';
  if (!character.well_formed) {
    to += '?';
  } else if (lines == Lines::several && is_layout) {
    to += static_cast<char>(code);
  } else if (is_deceptive(code)) {
    to += ' ';
  } else if (lines == Lines::one && code == '"') {
    to += '\'';
  } else {
    to += bytes;
  }
}

std::string safe(std::string_view text, std::size_t max_bytes, Lines lines) {
  std::string result;
  result.reserve(std::min(text.size(), max_bytes) + kCut.size());
  while (!text.empty()) {
    const Character character = first_character(text);
    if (result.size() + character.size > max_bytes) return result.append(kCut);
    append_safe(result, character, text.substr(0, character.size), lines);
    text.remove_prefix(character.size);
  }
  return result;
}

}  // namespace

std::string quote_and_bound(std::string_view text, std::size_t max_bytes) {
  return "\"" + safe(text, max_bytes, Lines::one) + "\"";
}

std::string plain_line(std::string_view text, std::size_t max_characters) {
  std::string result;
  for (std::size_t i = 0; i < max_characters && !text.empty(); ++i) {
    const Character character = first_character(text);
    const bool is_good = character.well_formed && !is_deceptive(character.code);
    result += is_good ? text.substr(0, character.size) : character.well_formed ? " " : "?";
    text.remove_prefix(character.size);
  }
  return result;
}

std::string bound(std::string_view text, std::size_t max_bytes) { return safe(text, max_bytes, Lines::several); }

bool is_country_code(std::string_view text) noexcept {
  return text.size() == 2 && text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
}

}  // namespace ferry
