#include "host-api/hosts/console/members.h"

#include "host-api/cxx/text.h"

namespace ferry::console {

namespace json = boost::json;

namespace {

std::string shown(std::string_view text, bool keeps_lines) {
  if (!keeps_lines) return abi::one_line(text);
  std::string result;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    result += abi::one_line(text.substr(0, end)) + "\n";
    text.remove_prefix(end + 1);
  }
  return result + abi::one_line(text);
}

std::string text_of_member(const json::object& object, std::string_view name, bool keeps_lines) {
  const json::value* found = object.if_contains(name);
  if (found == nullptr || found->is_null()) return "-";
  if (const json::string* text = found->if_string()) return text->empty() ? "-" : shown(*text, keeps_lines);
  if (found->is_bool()) return found->as_bool() ? "yes" : "no";
  return shown(json::serialize(*found), keeps_lines);
}

}  // namespace

std::string text_of(const json::object& object, std::string_view name) { return text_of_member(object, name, false); }

std::string lines_of(const json::object& object, std::string_view name) { return text_of_member(object, name, true); }

std::string time_of(const json::object& object, std::string_view name) {
  std::string text = text_of(object, name);
  constexpr std::size_t kToTheSecond = 19;
  if (text.size() <= kToTheSecond || text[10] != 'T') return text;
  text[10] = ' ';
  return text.substr(0, kToTheSecond) + "Z";
}

std::int64_t number_of(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  if (found == nullptr || !found->is_number()) return 0;
  boost::system::error_code error;
  const auto number = found->to_number<std::int64_t>(error);
  return error ? 0 : number;
}

bool is_true(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_bool() && found->as_bool();
}

bool has_text(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_string() && !found->as_string().empty();
}

const json::array& array_of(const json::object& object, std::string_view name) {
  static const json::array nothing;
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_array() ? found->as_array() : nothing;
}

const json::object& object_of(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  static const json::object nothing;
  return found == nullptr ? nothing : as_object(*found);
}

const json::object& as_object(const json::value& value) {
  static const json::object nothing;
  return value.is_object() ? value.as_object() : nothing;
}

}  // namespace ferry::console
