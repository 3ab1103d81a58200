// What a fate makes of the JSON text of an answer.
#include <boost/json.hpp>
#include <deque>

#include "tests/portal/weather.h"

namespace ferry::portal {
namespace json = boost::json;
namespace {

// The first list that has items, nearest to the top. Null: there is none.
json::array* first_list(json::value& root) {
  std::deque<json::value*> level{&root};
  while (!level.empty()) {
    json::value* at = level.front();
    level.pop_front();
    if (auto* list = at->if_array()) {
      if (!list->empty()) return list;
    } else if (auto* object = at->if_object()) {
      for (auto& member : *object) level.push_back(&member.value());
    }
  }
  return nullptr;
}

void collect_leaves(json::value& at, std::vector<json::value*>& leaves) {
  if (auto* list = at.if_array()) {
    for (auto& item : *list) collect_leaves(item, leaves);
  } else if (auto* object = at.if_object()) {
    for (auto& member : *object) collect_leaves(member.value(), leaves);
  } else if (!at.is_null()) {
    leaves.push_back(&at);
  }
}

void add_unknown(json::value& at) {
  if (auto* list = at.if_array()) {
    for (auto& item : *list) add_unknown(item);
  } else if (auto* object = at.if_object()) {
    for (auto& member : *object) add_unknown(member.value());
    object->insert({{"addedLately", json::object{{"value", 1}, {"list", json::array{"x", nullptr}}}}});
  }
}

void reorder(json::array& list, Dice& dice) {
  for (std::size_t i = list.size(); i > 1; --i) {
    auto& other = list[dice.below(i)];
    if (&other != &list[i - 1]) swap(list[i - 1], other);
  }
}

void thin(json::array& list, Dice& dice) {
  const auto gone = 1 + dice.below(list.size());
  for (std::uint64_t i = 0; i < gone; ++i) {
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(dice.below(list.size())));
  }
}

// The value stays readable for people: another type must not become another value by accident.
void change_type(json::value& leaf) {
  if (const auto* text = leaf.if_string()) {
    boost::system::error_code error;
    const auto number = json::parse(*text, error);
    if (!error && number.is_number())
      leaf = number;
    else
      leaf = json::object{{"value", *text}};
  } else {
    leaf = json::serialize(leaf);
  }
}

}  // namespace

std::string mangled(std::string body, const Fate& fate) {
  Dice dice(fate.salt);
  switch (fate.fault) {
    case Fault::half_answer:
      body.resize(body.size() / 2);
      return body;
    case Fault::reordered:
    case Fault::missing_items:
    case Fault::unknown_field:
    case Fault::null_value:
    case Fault::changed_type: break;
    default: return body;
  }
  boost::system::error_code error;
  auto root = json::parse(body, error);
  if (error) return body;
  if (fate.fault == Fault::reordered || fate.fault == Fault::missing_items) {
    if (auto* list = first_list(root)) fate.fault == Fault::reordered ? reorder(*list, dice) : thin(*list, dice);
  } else if (fate.fault == Fault::unknown_field) {
    add_unknown(root);
  } else {
    std::vector<json::value*> leaves;
    collect_leaves(root, leaves);
    if (leaves.empty()) return body;
    json::value& leaf = *leaves[dice.below(leaves.size())];
    if (fate.fault == Fault::null_value)
      leaf = nullptr;
    else
      change_type(leaf);
  }
  return json::serialize(root);
}

}  // namespace ferry::portal
