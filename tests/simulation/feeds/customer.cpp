// Parties with their price list, as sql/profiles/tryton-6.0/customer.sql finds them.
#include "tests/simulation/feed_model.h"

namespace ferry::simulation {
namespace {

class CustomerModel final : public FeedModel {
 public:
  Feed feed() const override { return Feed::customer; }

  std::set<std::int64_t> all(const View& view) const override {
    std::set<std::int64_t> keys;
    for (const auto& party : view.erp.parties) keys.insert(party.key);
    return keys;
  }
  void add_reported(const View&, const Snapshot&, std::set<std::int64_t>&) const override {}
  void add_changed(const View& view, Xid since, std::set<std::int64_t>& keys) const override {
    for (const auto& party : view.erp.parties) {
      if (party.xid >= since) keys.insert(party.key);
    }
  }
  std::optional<Wanted> wanted(const View& view, std::int64_t key) const override {
    const auto& party = view.erp.parties.at(static_cast<std::size_t>(key - 1));
    if (!party.is_published) return std::nullopt;
    const auto list = party.list == 0 ? std::string() : std::to_string(party.list);
    return Wanted{party.code, R"({"code":")" + party.code + R"(","name":"Party )" + std::to_string(party.key) + " v" +
                                  std::to_string(party.name_version) + R"(","email":"p)" + std::to_string(party.key) +
                                  R"(@example.com","phone":"","tax_identifier":"","list":")" + list +
                                  R"(","list_name":"","credit_hold":false,"addresses":[]})"};
  }
  bool is_urgent(const std::string&, const std::string&) const override { return false; }
  Instant boundary(Instant) const override { return {}; }
};

}  // namespace

const FeedModel& feed_model_customer();
const FeedModel& feed_model_customer() {
  static const CustomerModel model;
  return model;
}

}  // namespace ferry::simulation
