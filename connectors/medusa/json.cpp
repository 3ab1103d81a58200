#include "connectors/medusa/json.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

namespace ferry::medusa {

std::optional<Decimal> raw_at(const json::value& from, std::initializer_list<std::string_view> path) noexcept {
  const auto* raw = find(from, path);
  if (!raw) return std::nullopt;
  auto text = text_at(*raw, {"value"});
  if (const auto point = text.find('.'); point != std::string_view::npos)
    text = text.substr(0, point + 1 + static_cast<std::size_t>(Decimal::kMaxScale));
  return Decimal::parse(text);
}

std::optional<Decimal> number_at(const json::value& from, std::initializer_list<std::string_view> path) noexcept {
  if (const auto whole = integer_at(from, path)) return Decimal(*whole);
  const auto* value = find(from, path);
  const auto* number = value ? value->if_double() : nullptr;
  if (!number || !(std::abs(*number) < 1e15)) return std::nullopt;
  char text[400];
  const auto* end = std::to_chars(text, text + sizeof text, *number, std::chars_format::fixed).ptr;
  return Decimal::parse({text, static_cast<std::size_t>(end - text)});
}

std::optional<json::value> number_of(const Decimal& value) {
  constexpr std::int64_t kDigits = 1'000'000'000'000'000;
  const auto units = value.to_minor_units(value.scale());
  if (!units || *units >= kDigits || *units <= -kDigits) return std::nullopt;
  if (value.scale() == 0) return json::value(*units);
  return json::value(std::strtod(value.text().c_str(), nullptr));
}

}  // namespace ferry::medusa
