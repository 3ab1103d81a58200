// Reading a portal's JSON without ever throwing: whatever is missing or of another type is absent.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace ferry::connector {

namespace json = boost::json;

// The value under that path of object members; null: some step of it is missing.
const json::value* find(const json::value& from, std::initializer_list<std::string_view> path) noexcept;

// "" where there is no text.
std::string_view text_at(const json::value& from, std::initializer_list<std::string_view> path) noexcept;
// An id as text, whether the portal writes "1" or 1; "" where there is none, and for a text that cannot be one (longer
// than 100 bytes, blanks, control characters, not ASCII): ids stand in messages and go back into requests.
std::string id_at(const json::value& from, std::initializer_list<std::string_view> path);
std::optional<std::int64_t> integer_at(const json::value& from, std::initializer_list<std::string_view> path) noexcept;
// Empty where there is no array.
const json::array& array_at(const json::value& from, std::initializer_list<std::string_view> path) noexcept;

}  // namespace ferry::connector
