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

}  // namespace ferry
