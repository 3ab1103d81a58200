#include "plugin/connector/json.h"

#include <algorithm>

namespace ferry::connector {
namespace {

constexpr std::size_t kLongestId = 100;

bool can_be_an_id(std::string_view text) noexcept {
  return text.size() <= kLongestId && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

const json::value* find(const json::value& from, std::initializer_list<std::string_view> path) noexcept {
  const json::value* at = &from;
  for (const auto name : path) {
    const auto* object = at->if_object();
    at = object ? object->if_contains(name) : nullptr;
    if (!at) return nullptr;
  }
  return at;
}

std::string_view text_at(const json::value& from, std::initializer_list<std::string_view> path) noexcept {
  const auto* value = find(from, path);
  const auto* text = value ? value->if_string() : nullptr;
  return text ? std::string_view(text->data(), text->size()) : std::string_view();
}

std::string id_at(const json::value& from, std::initializer_list<std::string_view> path) {
  if (const auto number = integer_at(from, path)) return std::to_string(*number);
  const auto text = text_at(from, path);
  return can_be_an_id(text) ? std::string(text) : std::string();
}

std::optional<std::int64_t> integer_at(const json::value& from, std::initializer_list<std::string_view> path) noexcept {
  const auto* value = find(from, path);
  const auto* number = value ? value->if_int64() : nullptr;
  return number ? std::optional(*number) : std::nullopt;
}

const json::array& array_at(const json::value& from, std::initializer_list<std::string_view> path) noexcept {
  static const json::array none;
  const auto* value = find(from, path);
  const auto* array = value ? value->if_array() : nullptr;
  return array ? *array : none;
}

}  // namespace ferry::connector
