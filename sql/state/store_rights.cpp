// What the database role lacks, each with the statement that mends it.
#include "sql/state/session.h"
#include "sql/state/store.h"

namespace ferry::sql {

using engine::Result;

namespace {

constexpr std::string_view kOwnTables[] = {"ferry.channel",      "ferry.job",          "ferry.change_hint",
                                           "ferry.hint_horizon", "ferry.publication",  "ferry.run",
                                           "ferry.exchange",     "ferry.portal_order", "ferry.portal_order_line",
                                           "ferry.breaker",      "ferry.watch",        "ferry.backlog",
                                           "ferry.alert",        "ferry.reconciliation", "ferry.reconciliation_finding",
                                           "ferry.hold",         "ferry.evaluated_price"};

struct Needed {
  ArrayLiteral objects, privileges;
  void add(std::string_view object, std::string_view privilege) {
    objects.add_text(object);
    privileges.add_text(privilege);
  }
};

Needed needed(std::string_view profile, bool has_schema) {
  Needed all;
  if (has_schema) {
    for (const auto table : kOwnTables) {
      for (const auto* privilege : {"SELECT", "INSERT", "UPDATE", "DELETE"}) all.add(table, privilege);
    }
  }
  if (profile.empty()) return all;
  for (const auto& table : profile_tables(profile)) all.add(table, "SELECT");
  return all;
}

MissingRight missing(const Statement& row) {
  const std::string object(row.text(0)), privilege(row.text(1)), role(row.text(4));
  if (!row.boolean(2)) {
    return {object, "table " + object + " is missing: activate the ERP module that owns it, or choose another profile"};
  }
  return {object, "role " + role + " lacks " + privilege + " on " + object + ": GRANT " + privilege + " ON " + object +
                      " TO \"" + role + "\""};
}

// Whether schema ferry exists; what is wrong with it goes to `found`.
bool look_at_schema(Session& session, std::vector<MissingRight>& found) {
  Statement& statement = session.statement("operations.schema_rights");
  statement.execute();
  statement.fetch();
  const bool exists = statement.boolean(0);
  if (!statement.boolean(1)) {
    const std::string role(statement.text(4)), database(statement.text(3));
    found.push_back(
        exists ? MissingRight{"ferry",
                              "role " + role + " may not use schema ferry: GRANT USAGE ON SCHEMA ferry TO " + role}
               : MissingRight{"ferry", "role " + role + " may not create schema ferry: GRANT CREATE ON DATABASE " +
                                           database + " TO " + role});
  }
  return exists;
}

}  // namespace

Result<std::vector<MissingRight>> OdbcStore::missing_rights(std::string_view profile) {
  return attempt<std::vector<MissingRight>>([&](Session& session) {
    std::vector<MissingRight> found;
    const bool has_schema = look_at_schema(session, found);
    if (has_schema && !found.empty()) return found;  // nothing inside can be looked at
    const Needed all = needed(profile, has_schema);
    Statement& statement = session.statement("operations.rights");
    statement.set("objects", all.objects.text()).set("privileges", all.privileges.text()).execute();
    while (statement.fetch()) {
      if (!statement.boolean(3)) found.push_back(missing(statement));
    }
    return found;
  });
}

}  // namespace ferry::sql
