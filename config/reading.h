// How the text of a setting is read; shared by the checks and the typed access, so that both agree.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::config {

// A whole number of at most 64 bits, an optional '-', nothing around it.
std::optional<std::int64_t> read_integer(std::string_view text) noexcept;

// A JSON array of texts, or entries separated by commas (blanks around them are cut, empty ones dropped).
// Empty optional: begins with '[' but is not an array of texts.
std::optional<std::vector<std::string>> read_list(std::string_view text);

// A JSON object whose values are texts; empty text is an empty one.
bool is_map(std::string_view text);

// Digits, optionally '-' in front and '.' with digits behind; at most 64 characters.
bool is_decimal(std::string_view text) noexcept;

// Why the text is no usable http(s) URL, as the end of a sentence; empty when it is one.
std::string_view url_fault(std::string_view text) noexcept;

}  // namespace ferry::config
