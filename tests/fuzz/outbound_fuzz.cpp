// Any bytes as what a batch is told to send and what was confirmed last: "label \n document \n acknowledged" per item,
// items separated by a line "--". The portal answers as one really did.
#include "tests/fuzz/contract.h"

namespace {

using namespace ferry::fuzz;

const std::vector<HttpReply>& answers() {
  static const auto all = [] {
    std::vector<HttpReply> found;
    for (const auto& path : files_below("connectors", ".reply.http")) found.push_back(reply_from(read_file(path)));
    if (found.empty()) found.push_back(reply_from("200\n\n{}"));
    return found;
  }();
  return all;
}

}  // namespace

FERRY_FUZZ_TARGET(outbound, "") {
  if (tells_the_secret(input)) return;
  Input rest(input);
  std::size_t at = rest.byte();
  const Replies next = [&]() -> const HttpReply& { return answers()[at++ % answers().size()]; };
  std::vector<ferry::connector::OutboundItem> items;
  while (items.empty() || (!rest.is_empty() && items.size() < 8)) {
    Input item(rest.until("\n--\n"));
    const auto label = item.until("\n"), document = item.until("\n");
    items.push_back({std::string(label), std::string(document), std::string(item.rest())});
  }
  for (const auto& portal : every_connector()) {
    items.resize(std::min(items.size(), portal->capabilities().max_batch_items));
    for (const auto feed : portal->capabilities().feeds) check_push(*portal->push(feed, items), items.size(), next);
  }
}
