#include "sql/state/migrate.h"

#include <charconv>
#include <string_view>

#include "sql/odbc/statement.h"
#include "sql/state/catalogue.h"
#include "sql/state/embedded.h"

namespace ferry::sql {
namespace {

constexpr std::string_view kFolder = "state/migrations/";

struct Migration {
  std::int32_t number = 0;
  std::string name;  // "0001_initial"
  std::string_view content;
};

std::vector<Migration> migrations() {
  std::vector<Migration> found;
  for (const auto& file : embedded_files()) {
    if (!file.name.starts_with(kFolder) || !file.name.ends_with(".sql")) continue;
    const std::string_view name = file.name.substr(kFolder.size(), file.name.size() - kFolder.size() - 4);
    Migration migration{0, std::string(name), file.content};
    std::from_chars(name.data(), name.data() + name.size(), migration.number);
    found.push_back(std::move(migration));
  }
  return found;
}

std::int64_t single_number(Connection& connection, std::string_view name) {
  Statement statement(connection, statement_text(name), std::string(name));
  statement.execute();
  return statement.fetch() ? statement.integer(0) : 0;
}

void lock(Connection& connection) {
  Statement statement(connection, statement_text("migration.lock"), "lock the schema");
  statement.execute();
}

std::int32_t refuse_newer(std::int32_t current) {
  if (auto words = too_new(current); !words.empty()) {
    throw DatabaseError(ErrorClass::rights, "migrate", {{"FERRY", std::move(words)}});
  }
  return current;
}

void apply(Connection& connection, const Migration& migration) {
  connection.run(migration.content);
  Statement applied(connection, statement_text("migration.applied"), "record the migration");
  applied.set("number", migration.number).set("name", migration.name).execute();
}

// Whether the database lacked it; several processes may have read the same number before the lock.
bool apply_if_missing(Connection& connection, const Migration& migration) {
  Transaction transaction(connection, Isolation::read_committed);
  lock(connection);
  const bool missing = single_number(connection, "migration.current") < migration.number;
  if (missing) apply(connection, migration);
  transaction.commit();
  return missing;
}

void prepare(Connection& connection) {
  Transaction transaction(connection, Isolation::read_committed);
  lock(connection);
  connection.run(statement_text("migration.prepare").text);
  transaction.commit();
}

}  // namespace

std::int32_t known_migration() { return migrations().empty() ? 0 : migrations().back().number; }

std::int32_t current_migration(Connection& connection) {
  Statement exists(connection, statement_text("migration.exists"), "look for schema ferry");
  exists.execute();
  if (!exists.fetch() || !exists.boolean(0)) return 0;
  return static_cast<std::int32_t>(single_number(connection, "migration.current"));
}

std::string too_new(std::int32_t current) {
  const auto known = known_migration();
  if (current <= known) return {};
  return "schema ferry is at migration " + std::to_string(current) + ", this Ferry knows " + std::to_string(known) +
         ": update Ferry";
}

Migrated migrate(Connection& connection) {
  Migrated result;
  result.from = result.to = refuse_newer(current_migration(connection));
  if (result.from == 0) prepare(connection);
  for (const auto& migration : migrations()) {
    if (migration.number <= result.from) continue;
    if (apply_if_missing(connection, migration)) result.applied.push_back(migration.name);
  }
  result.to = refuse_newer(current_migration(connection));
  return result;
}

}  // namespace ferry::sql
