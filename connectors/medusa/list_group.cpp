#include "connectors/medusa/list_group.h"

#include "connectors/medusa/rest.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {

ListGroup group_of(const PriceListView& view, const std::string& list, const std::string& name, bool is_needed) {
  const auto& groups = view.groups(list);
  const auto said = quote_and_bound(list, 40);
  if (groups.size() > 1)
    return {"", Verdict::rejected,
            "the portal has several customer groups for the ERP's price list " + said + ": ids " + groups[0].id +
                " and " + groups[1].id + "; move the customers of one to the other, and delete it"};
  if (is_needed && groups.empty() && view.is_taken(name))
    return {"", Verdict::retry,
            "the portal has a customer group " + quote_and_bound(name, 150) +
                " that does not say that it is for the ERP's price list " + said +
                "; rename it, or put the list's id into its metadata"};
  return {groups.empty() ? std::string() : groups.front().id, Verdict::delivered, ""};
}

std::string group_name(const std::string& list, const std::string& list_name) {
  const auto name = plain_line(list_name, 100);
  return name.empty() ? "ERP " + plain_line(list, 40) : name + " (ERP " + plain_line(list, 40) + ")";
}

connector::HttpRequest new_group(const Settings& settings, const std::string& list, const std::string& name,
                                 std::string_view fields) {
  return post(settings, std::string("/admin/customer-groups?fields=").append(fields),
              json::object{{"name", name}, {"metadata", json::object{{settings.price_list_key, list}}}});
}

}  // namespace ferry::medusa
