// Any bytes as the replies of a portal: several, separated by a line "----".
#include "tests/fuzz/contract.h"

FERRY_FUZZ_TARGET(portal, "connectors") {
  using namespace ferry::fuzz;
  constexpr std::size_t kMostReplies = 8;
  if (tells_the_secret(input)) return;
  std::vector<HttpReply> replies;
  for (Input rest(input); replies.empty() || (!rest.is_empty() && replies.size() < kMostReplies);)
    replies.push_back(reply_from(rest.until("\n----\n")));
  for (const auto& portal : every_connector()) check_everything(*portal, replies);
}
