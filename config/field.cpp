#include "config/field.h"

#include <algorithm>
#include <boost/json.hpp>
#include <numeric>

#include "config/reading.h"

namespace ferry::config {
namespace {

namespace json = boost::json;

constexpr std::string_view kHidden = "***";
constexpr std::size_t kLongestQuote = 60;

// What a person gave, as it may stand in a message: bounded, on one line.
std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text.substr(0, kLongestQuote)) {
    result += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? ' ' : c;
  }
  // not within a UTF-8 sequence
  if (text.size() > kLongestQuote) {
    while (result.size() > 1 && (static_cast<unsigned char>(result.back()) & 0xc0U) == 0x80U) result.pop_back();
    if (static_cast<unsigned char>(result.back()) >= 0xc0U) result.pop_back();
    result += "...";
  }
  return result + "'";
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

// The name a person most likely meant; empty when none is near.
std::string_view nearest(std::span<const Field> fields, std::string_view name) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  if (name.size() > 2 * kLongestQuote) return best;
  for (const Field& field : fields) {
    const std::size_t distance = edit_distance(name, field.name);
    if (distance >= best_distance) continue;
    best = field.name;
    best_distance = distance;
  }
  return best;
}

const Field* find(std::span<const Field> fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

std::optional<json::object> read_object(std::string_view given_json) {
  boost::system::error_code error;
  auto parsed = json::parse(given_json.empty() ? std::string_view("{}") : given_json, error);
  if (error || !parsed.is_object()) return std::nullopt;
  return std::move(parsed.get_object());
}

// The given value as text; null and "" count as not given. A fraction as a JSON number is refused by the empty optional
// inside, because it went through floating point.
struct Given {
  bool present = false;
  std::optional<std::string> text;
};

Given given_value(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || value->is_null()) return {};
  if (value->is_string()) return {!value->get_string().empty(), std::string(std::string_view(value->get_string()))};
  if (value->is_int64() || value->is_uint64() || value->is_bool() || value->is_array() ||
      value->is_object())
    return {true, json::serialize(*value)};
  return {true, std::nullopt};
}

std::string bounds(const Field& field) {
  const std::string unit = field.type == Type::seconds ? " seconds" : "";
  if (field.maximum != 0) {
    return "from " + std::to_string(field.minimum) + " to " + std::to_string(field.maximum) + unit;
  }
  return "of at least " + std::to_string(field.minimum) + unit;
}

std::string number_fault(const Field& field, const std::string& text) {
  const auto value = read_integer(text);
  const bool fits = value && *value >= field.minimum && (field.maximum == 0 || *value <= field.maximum);
  return fits ? "" : "must be a whole number " + bounds(field) + ", not " + quoted(text);
}

// Why the text is no value of the field, as the end of a sentence; empty when it is one.
std::string fault(const Field& field, const std::string& text) {
  switch (field.type) {
    case Type::text:
    case Type::secret: return text.find('\0') == std::string::npos ? "" : "must not contain a NUL character";
    case Type::url: {
      const std::string why(url_fault(text));
      return why.empty() ? ""
                         : why + ": " + (text.find('@') == std::string::npos ? quoted(text) : std::string(kHidden));
    }
    case Type::integer:
    case Type::seconds: return number_fault(field, text);
    case Type::boolean: return text == "true" || text == "false" ? "" : "must be true or false, not " + quoted(text);
    case Type::decimal: return is_decimal(text) ? "" : "must be a decimal number such as 10.5, not " + quoted(text);
    case Type::list: return read_list(text) ? "" : "must be a list of texts, not " + quoted(text);
    case Type::map: return is_map(text) ? "" : "must be an object whose values are texts, not " + quoted(text);
  }
  return "is of an unknown type";
}

std::string problem_of(const Field& field, const json::object& given) {
  const Given value = given_value(given, field.name);
  const std::string name = "setting '" + std::string(field.name) + "'";
  if (!value.present) return field.required ? "missing " + name + ": " + std::string(field.description) : "";
  if (!value.text) return name + " must be a plain value; write a number with decimals as text, such as \"10.5\"";
  const std::string why = fault(field, *value.text);
  return why.empty() ? "" : name + " " + why;
}

std::string_view word_of(Type type) {
  switch (type) {
    case Type::text: return "text";
    case Type::url: return "URL";
    case Type::integer: return "whole number";
    case Type::seconds: return "seconds";
    case Type::boolean: return "true or false";
    case Type::decimal: return "decimal";
    case Type::list: return "list";
    case Type::map: return "object";
    case Type::secret: return "name of a secret";
  }
  return "unknown";
}

}  // namespace

std::vector<Problem> problems(std::span<const Field> fields, std::string_view given_json) {
  if (given_json.size() > kLongestSettings)
    return {{"", "the settings are longer than " + std::to_string(kLongestSettings) + " bytes"}};
  const auto given = read_object(given_json);
  if (!given) return {{"", "the settings are not a JSON object"}};
  std::vector<Problem> found;
  for (const Field& field : fields) {
    auto message = problem_of(field, *given);
    if (!message.empty()) found.push_back({std::string(field.name), std::move(message)});
  }
  for (const auto& entry : *given) {
    const std::string_view name = entry.key();
    if (find(fields, name) != nullptr) continue;
    const auto meant = nearest(fields, name);
    found.push_back({std::string(name), "unknown setting " + quoted(name) +
                                            (meant.empty() ? "" : "; did you mean '" + std::string(meant) + "'?")});
  }
  return found;
}

Values parse(std::span<const Field> fields, std::string_view given_json, const SecretResolver& secrets,
             std::vector<Problem>& unresolved) {
  const auto given = read_object(given_json).value_or(json::object{});
  std::map<std::string, std::string, std::less<>> values;
  for (const Field& field : fields) {
    const Given value = given_value(given, field.name);
    std::string text = value.present && value.text ? *value.text : std::string(field.fallback);
    if (field.type == Type::secret && !text.empty()) {
      auto secret = secrets ? secrets(text) : std::nullopt;
      if (!secret) {
        unresolved.push_back({std::string(field.name), "setting '" + std::string(field.name) + "' names the secret " +
                                                           quoted(text) +
                                                           ", which the host does not know or keeps for the database; define it in the host's "
                                                           "secrets (Tryton: the server's configuration file)"});
      }
      text = secret.value_or("");
    }
    values.emplace(field.name, std::move(text));
  }
  return Values(std::move(values));
}

std::string redacted(std::span<const Field> fields, std::string_view given_json) {
  auto given = read_object(given_json);
  if (!given) return json::serialize(json::string(kHidden));
  for (auto& entry : *given) {
    const Field* field = find(fields, entry.key());
    const bool carries_user =
        field != nullptr && field->type == Type::url && json::serialize(entry.value()).find('@') != std::string::npos;
    if (field == nullptr || field->type == Type::secret || carries_user) entry.value() = kHidden;
  }
  return json::serialize(*given);
}

std::string reference(std::span<const Field> fields) {
  std::string page = "| setting | kind | default | meaning |\n|---|---|---|---|\n";
  for (const Field& field : fields) {
    page.append("| `").append(field.name).append("` | ").append(word_of(field.type));
    const bool is_number = field.type == Type::integer || field.type == Type::seconds;
    if (is_number) page.append(", ").append(bounds(field));
    page.append(" | ");
    if (field.required) page.append("*required*");
    if (!field.required && !field.fallback.empty()) page.append("`").append(field.fallback).append("`");
    page.append(" | ").append(field.description).append(" |\n");
  }
  return page;
}

}  // namespace ferry::config
