// What a real portal said (connectors/*/golden), with values of its JSON replaced: by the ends of the number range, other
// types, long and hostile text. The input is a list of such edits: which value, by what.
#include <array>

#include "tests/fuzz/contract.h"

namespace {

using namespace ferry::fuzz;

struct Recorded {
  HttpReply reply;
  json::value body;
};

const std::vector<Recorded>& recorded() {
  static const auto all = [] {
    std::vector<Recorded> found;
    for (const auto& path : files_below("connectors", ".reply.http")) {
      auto reply = reply_from(read_file(path));
      boost::system::error_code error;
      auto body = json::parse(reply.body, error);
      if (!error) found.push_back({std::move(reply), std::move(body)});
    }
    return found;
  }();
  return all;
}

void collect(json::value& at, std::vector<json::value*>& all) {
  all.push_back(&at);
  if (auto* object = at.if_object()) {
    for (auto& member : *object) collect(member.value(), all);
  } else if (auto* array = at.if_array()) {
    for (auto& element : *array) collect(element, all);
  }
}

json::value replacement(std::size_t kind, std::string_view text) {
  const std::array<json::value, 16> fixed = {nullptr,   true,  0,     -1,  INT64_MAX, INT64_MIN, UINT64_MAX,     1e308,
                                             -5e-324, 0.5, json::array(), json::object(), "", 2147483648, 9007199254740993, "-1"};
  if (kind < fixed.size()) return fixed[kind];
  if (kind < 64) return json::string(std::string(std::size_t{1} << (kind % 14), 'x'));
  if (kind < 128) return static_cast<std::int64_t>((std::uint64_t{1} << (kind % 64)) - 1);
  return json::string(std::string(text.substr(0, kind)));
}

void edit(json::value& body, Input& input) {
  std::vector<json::value*> all;
  collect(body, all);
  auto& target = *all[(input.byte() * 256 + input.byte()) % all.size()];
  const auto kind = input.byte();
  const auto text = kind >= 128 ? input.until("\n") : std::string_view();
  if (kind == 255 && target.is_array() && !target.get_array().empty()) {
    for (int i = 0; i < 3; ++i) target.get_array().push_back(json::value(target.get_array().front()));
    return;
  }
  boost::system::error_code error;  // only text that a parser would let through
  auto parsed = json::parse(json::serialize(replacement(kind, text)), error);
  if (!error) target = std::move(parsed);
}

}  // namespace

FERRY_FUZZ_TARGET(portal_shape, "") {
  if (recorded().empty() || tells_the_secret(input)) return;
  Input rest(input);
  std::vector<HttpReply> replies;
  const auto first = rest.byte(), count = rest.byte() % 4 + 1;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& real = recorded()[(first + i) % recorded().size()];
    auto body = real.body;
    for (int edits = 0; edits < 4 && !rest.is_empty(); ++edits) edit(body, rest);
    replies.push_back(real.reply);
    replies.back().body = json::serialize(body);
  }
  for (const auto& portal : every_connector()) check_everything(*portal, replies);
}
