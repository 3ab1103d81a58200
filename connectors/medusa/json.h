// Medusa's numbers; the rest of its JSON is read by plugin/connector/json.h. Nothing here throws.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

#include "plugin/connector/json.h"
#include "plugin/domain/decimal.h"

namespace ferry::medusa {

namespace json = boost::json;
using connector::array_at;
using connector::find;
using connector::id_at;
using connector::integer_at;
using connector::text_at;

// Medusa writes each number twice: as a double, and exactly as raw_<name>: {"value":"25.759811","precision":20}. This is
// the exact one; digits beyond those that a Decimal holds are cut.
std::optional<Decimal> raw_at(const json::value& from, std::initializer_list<std::string_view> path) noexcept;
// The double, where there is no exact one: the shortest text that reads back as the same number is what was written.
std::optional<Decimal> number_at(const json::value& from, std::initializer_list<std::string_view> path) noexcept;
// As a JSON number; none beyond the 15 digits that a double holds, which Medusa would round without a word.
std::optional<json::value> number_of(const Decimal& value);

}  // namespace ferry::medusa
