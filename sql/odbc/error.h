// What went wrong in the database, with every diagnostic record that the driver gave.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::sql {

enum class ErrorClass : std::uint8_t {
  unavailable = 1,  // no connection, connection lost, server starting or stopping, statement cancelled or timed out
  conflict,         // serialisation failure or deadlock: the same transaction may succeed when repeated
  rights,           // a privilege, table or schema is missing, or the log-in was refused: a person must act
  invalid           // anything else: a defect, or data that breaks a constraint
};

struct Diagnostic {
  std::string sqlstate;  // five characters
  std::string text;      // the driver's and the server's words, one line, bounded, without the password
};

ErrorClass classify(std::string_view sqlstate) noexcept;
// The class of a failed call: of the record that says most. An authentication failure counts as `rights` although the
// driver reports it as "cannot connect".
ErrorClass classify(const std::vector<Diagnostic>& diagnostics) noexcept;

// Thrown by everything in sql/odbc. what() is one line with all records.
class DatabaseError : public std::runtime_error {
 public:
  DatabaseError(ErrorClass error_class, std::string_view doing, std::vector<Diagnostic> diagnostics);
  ErrorClass error_class() const noexcept { return class_; }
  const std::vector<Diagnostic>& diagnostics() const noexcept { return diagnostics_; }

 private:
  ErrorClass class_;
  std::vector<Diagnostic> diagnostics_;
};

}  // namespace ferry::sql
