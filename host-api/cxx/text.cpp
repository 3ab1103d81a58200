#include "host-api/cxx/text.h"

#include <array>
#include <cstdint>

namespace ferry::abi {
namespace {

constexpr std::array<std::string_view, 9> kStatusNames = {
    "FERRY_OK",     "FERRY_E_INVALID", "FERRY_E_UNSUPPORTED", "FERRY_E_NOT_FOUND", "FERRY_E_REJECTED",
    "FERRY_E_BUSY", "FERRY_E_RETRY",   "FERRY_E_CANCELLED",   "FERRY_E_INTERNAL"};

std::uint8_t byte(char c) noexcept { return static_cast<std::uint8_t>(c); }

std::size_t announced_length(std::uint8_t first) noexcept {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 0;
}

// Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte.
bool second_byte_fits(std::uint8_t first, std::uint8_t second) noexcept {
  switch (first) {
    case 0xE0: return second >= 0xA0;
    case 0xED: return second <= 0x9F;
    case 0xF0: return second >= 0x90;
    case 0xF4: return second <= 0x8F;
    default: return true;
  }
}

// Bytes of the character that `text` begins with; 0 when it begins with none. Precondition: not empty.
std::size_t character_length(std::string_view text) noexcept {
  const std::size_t length = announced_length(byte(text[0]));
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(text[i]) & 0xC0) != 0x80) return 0;
  }
  return length == 1 || second_byte_fits(byte(text[0]), byte(text[1])) ? length : 0;
}

// Bytes of the control or direction-changing character that `text` begins with; 0: it begins with another one.
std::size_t deceptive_length(std::string_view text) noexcept {
  const auto at = [text](std::size_t i) noexcept { return i < text.size() ? byte(text[i]) : std::uint8_t{0}; };
  if (at(0) < 0x20 || at(0) == 0x7F) return 1;
  if (at(0) == 0xC2 && at(1) >= 0x80 && at(1) <= 0x9F) return 2;  // the controls of eight bits
  if (at(0) != 0xE2) return 0;
  const bool is_mark = at(1) == 0x80 && (at(2) == 0x8E || at(2) == 0x8F || (at(2) >= 0xA8 && at(2) <= 0xAE));
  const bool is_isolate = at(1) == 0x81 && at(2) >= 0xA6 && at(2) <= 0xA9;
  return is_mark || is_isolate ? 3 : 0;
}

}  // namespace

ferry_text_t as_text(std::string_view text) noexcept { return {text.data(), text.size()}; }

std::string_view flaw(ferry_text_t text) noexcept {
  if (text.data == nullptr && text.size != 0) return "is null but has a size";
  if (text.size > FERRY_TEXT_MAX_BYTES) return "is longer than 16 MiB";
  if (!is_utf8({text.data, text.size})) return "is not UTF-8";
  return {};
}

std::string_view view(ferry_text_t text) noexcept {
  if (text.data == nullptr || text.size > FERRY_TEXT_MAX_BYTES) return {};
  return {text.data, text.size};
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string sanitized(std::string_view text, std::size_t most_bytes) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const std::string_view character = length == 0 ? std::string_view("?") : text.substr(0, length);
    if (result.size() + character.size() > most_bytes) break;
    result += character;
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

std::string one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = deceptive_length(text);
    line += length == 0 ? text.front() : ' ';
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return line;
}

bool write_to(const ferry_sink_t* sink, std::string_view text) noexcept {
  if (sink == nullptr || sink->write == nullptr) return false;
  if (text.empty()) return true;
  try {
    return sink->write(sink, text.data(), text.size());
  } catch (...) {
    return false;
  }
}

bool is_known(ferry_status_t status) noexcept {
  return status >= 0 && static_cast<std::size_t>(status) < kStatusNames.size();
}

std::string_view name_of(ferry_status_t status) noexcept {
  return is_known(status) ? kStatusNames[static_cast<std::size_t>(status)] : "unknown status";
}

StringSink::StringSink() noexcept : sink_{this, &StringSink::write} {}

std::string_view StringSink::flaw() const noexcept {
  if (had_null_) return "was written with a null pointer";
  if (is_full_) return "is longer than 16 MiB";
  if (!is_utf8(text_)) return "is not UTF-8";
  return {};
}

bool StringSink::write(const ferry_sink_t* sink, const char* data, std::size_t size) {
  auto& self = *static_cast<StringSink*>(sink->ctx);
  if (size == 0) return !self.is_full_;
  if (data == nullptr) {
    self.had_null_ = true;
    return false;
  }
  if (self.is_full_ || size > FERRY_TEXT_MAX_BYTES - self.text_.size()) {
    self.is_full_ = true;
    return false;
  }
  try {
    self.text_.append(data, size);
    return true;
  } catch (...) {  // out of memory: the same as full
    self.is_full_ = true;
    return false;
  }
}

}  // namespace ferry::abi
