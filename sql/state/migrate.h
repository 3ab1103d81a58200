// Brings schema `ferry` to the version that this build knows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sql/odbc/connection.h"

namespace ferry::sql {

struct Migrated {
  std::int32_t from = 0, to = 0;     // 0: the schema did not exist
  std::vector<std::string> applied;  // "0001_initial", in order
};

// The highest migration that this build carries.
std::int32_t known_migration();

// The database's number; 0 when the schema or its table does not exist.
std::int32_t current_migration(Connection& connection);

// What is said when the database is newer: "schema ferry is at migration 7, this Ferry knows 5: update Ferry".
// Empty when it is not.
std::string too_new(std::int32_t current);

// Applies what is missing, each migration in a transaction of its own, under a lock: of several processes one does it
// and the others wait. Throws DatabaseError; class `rights` with too_new()'s words when the database is newer.
Migrated migrate(Connection& connection);

}  // namespace ferry::sql
