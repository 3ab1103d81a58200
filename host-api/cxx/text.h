// The ABI's texts, sinks and statuses in C++, checked: what the other side hands over is not believed.
#pragma once

#include <ferry/types.h>

#include <string>
#include <string_view>

namespace ferry::abi {

// Borrows; valid as long as `text` is.
ferry_text_t as_text(std::string_view text) noexcept;

// What is wrong with a text of the other side: "is null but 5 bytes long", "is longer than 16 MiB", "is not UTF-8";
// empty when it is sound.
std::string_view flaw(ferry_text_t text) noexcept;

// The text itself; empty when flaw() says that it cannot be read at all (null with a size, too long).
std::string_view view(ferry_text_t text) noexcept;

bool is_utf8(std::string_view text) noexcept;

// `text` with each byte that is no UTF-8 replaced by '?', at most `most_bytes` (cut at a character).
std::string sanitized(std::string_view text, std::size_t most_bytes);

// Characters that break a line, work a terminal, hide text or turn its direction as blanks: one line, as harmless in a
// log as on a screen.
std::string one_line(std::string_view text);

// Writes into a sink of the other side. A null sink, a sink without function and one that refuses are all the same: the
// receiver does not want it. Returns whether all of it was taken. Never throws, whatever the sink's function does.
bool write_to(const ferry_sink_t* sink, std::string_view text) noexcept;

// FERRY_OK ... FERRY_E_INTERNAL.
bool is_known(ferry_status_t status) noexcept;
std::string_view name_of(ferry_status_t status) noexcept;  // "FERRY_E_BUSY"; "unknown status" for any other value

// A sink of our own that keeps at most FERRY_TEXT_MAX_BYTES and refuses the rest. Stays where it is: the other side
// holds its address during a call.
class StringSink {
 public:
  StringSink() noexcept;
  StringSink(const StringSink&) = delete;
  StringSink& operator=(const StringSink&) = delete;

  const ferry_sink_t* sink() const noexcept { return &sink_; }
  const std::string& text() const noexcept { return text_; }
  std::string take() noexcept { return std::move(text_); }
  // What is wrong with what was written: as flaw(), or "was written with a null pointer"; empty when sound.
  std::string_view flaw() const noexcept;

 private:
  static bool write(const ferry_sink_t* sink, const char* data, std::size_t size);

  ferry_sink_t sink_;
  std::string text_;
  bool is_full_ = false;
  bool had_null_ = false;
};

}  // namespace ferry::abi
