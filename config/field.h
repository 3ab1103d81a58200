// Settings as tables. One table of Fields parses, fills in defaults, validates (all problems at once, with the nearest
// name for a typo), redacts and documents. Used for the server's settings, a channel's, and each connector's own.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::config {

enum class Type : std::uint8_t {
  text = 1,
  url,       // http:// or https://, with a host
  integer,   // within [minimum, maximum]
  seconds,   // a whole number of seconds within [minimum, maximum]
  boolean,   // true | false
  decimal,   // exact, as text
  list,      // JSON array of texts; comma separated where a plain text is given
  map,       // JSON object of texts
  secret,    // the NAME of a secret that the host resolves; the value itself never stands in a setting
};

struct Field {
  std::string_view name;
  Type type = Type::text;
  std::string_view fallback;  // the default, as text; meaningless when required
  bool required = false;
  std::int64_t minimum = 0;  // integer and seconds only
  std::int64_t maximum = 0;  // 0 = no bound
  std::string_view description;  // one sentence, with the unit
};

// Checked settings: every field of the table has a value (given or default).
class Values {
 public:
  explicit Values(std::map<std::string, std::string, std::less<>> values) : values_(std::move(values)) {}

  // Precondition of all: the field is in the table and of that type; otherwise std::logic_error.
  const std::string& text(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;  // also for seconds
  bool boolean(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

struct Problem {
  std::string field;
  std::string message;  // one line: what is wrong and how to mend it
};

inline constexpr std::size_t kLongestSettings = 64 * 1024;  // bytes; longer ones are refused as a whole

// All problems of `given` (a JSON object as text) against the table, in the table's order, unknown names last:
// "unknown setting 'base_ulr'; did you mean 'base_url'?"
std::vector<Problem> problems(std::span<const Field> fields, std::string_view given_json);

// Turns the name of a secret into its value; empty optional when the host does not know it.
using SecretResolver = std::function<std::optional<std::string>(std::string_view name)>;

// Precondition: problems() is empty for the same arguments. A secret field's value becomes what `secrets` answers;
// names it does not know are appended to `unresolved` as problems naming the setting and where secrets are defined.
Values parse(std::span<const Field> fields, std::string_view given_json, const SecretResolver& secrets,
             std::vector<Problem>& unresolved);

// `given` as JSON with secrets and unknown fields replaced by "***"; safe for logs and screens.
std::string redacted(std::span<const Field> fields, std::string_view given_json);

// The reference page of the table, Markdown.
std::string reference(std::span<const Field> fields);

}  // namespace ferry::config
