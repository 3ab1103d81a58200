// Reading results of the module: a member that is missing or of another type is a dash, not a crash.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace ferry::console {

// In one line, "-" for null or missing. Control and direction-changing characters are blanks: what a portal or a person
// wrote must not work the terminal.
std::string text_of(const boost::json::object& object, std::string_view name);
std::string lines_of(const boost::json::object& object, std::string_view name);  // the same, but keeps its line ends
std::string time_of(const boost::json::object& object, std::string_view name);  // to the second: "2026-11-21 02:13:08Z"
std::int64_t number_of(const boost::json::object& object, std::string_view name);  // 0
bool is_true(const boost::json::object& object, std::string_view name);            // false
bool has_text(const boost::json::object& object, std::string_view name);           // a text that is not empty
const boost::json::array& array_of(const boost::json::object& object, std::string_view name);    // empty
const boost::json::object& object_of(const boost::json::object& object, std::string_view name);  // empty
const boost::json::object& as_object(const boost::json::value& value);                           // empty

}  // namespace ferry::console
