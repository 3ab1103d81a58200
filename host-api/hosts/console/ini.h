// Files in the form of trytond.conf, read as Tryton reads them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "host-api/hosts/console/result.h"

namespace ferry::console {

// Option names in lower case. Values without surrounding blanks; lines of a continued value are joined by '\n'.
using Section = std::map<std::string, std::string, std::less<>>;
using Ini = std::map<std::string, Section, std::less<>>;

// Sections `[name]`, options `name = value` or `name: value`, lines that begin with '#' or ';' are comments, an
// indented line continues the value before it. The refusal names the line.
Result<Ini> parse_ini(std::string_view text);

std::string_view trimmed(std::string_view text) noexcept;

}  // namespace ferry::console
