// Text from outside, made safe to stand in a message, a log line or a table.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ferry {

// Portal text for one line of a message: in double quotes (its own become single ones), at most `max_bytes` bytes of
// it, cut between characters and marked with an ellipsis. Control, direction-changing and malformed characters are
// replaced.
std::string quote_and_bound(std::string_view text, std::size_t max_bytes);

// The same for a text of several lines: not quoted, keeps line ends and tabs. What comes out is valid UTF-8 without
// NUL.
std::string bound(std::string_view text, std::size_t max_bytes);

// Portal text as a value that people and other systems read on: one line, at most `max_characters` of it, not quoted and
// not marked where it was cut. The same characters are replaced.
std::string plain_line(std::string_view text, std::size_t max_characters);

// Two capital letters: the form of a country's code in ISO 3166-1 alpha-2; whether there is such a country is not known.
bool is_country_code(std::string_view text) noexcept;

}  // namespace ferry
