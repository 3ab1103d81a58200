// Any bytes as what ferry-host reads: a configuration file, a database's address, and results to be shown: an operation's
// name, a line end, JSON.
#include <boost/json.hpp>

#include "host-api/hosts/console/database_uri.h"
#include "host-api/hosts/console/ini.h"
#include "host-api/hosts/console/render.h"
#include "tests/fuzz/target.h"

FERRY_FUZZ_TARGET(console, "") {
  using namespace ferry;
  using fuzz::demand;
  (void)console::parse_ini(input);
  (void)console::database_address(input, "company");
  const std::string password = "s3cr3t-word";
  const auto address = console::database_address("postgresql://ferry:" + password + "@" + std::string(input), "company");
  if (input.find(password) != std::string_view::npos) {
    // what is said besides the password is no leak of it
  } else if (address) {
    demand(address->odbc.find(password) == std::string::npos && address->libpq.find(password) == std::string::npos,
           "an address that tells the password");
  } else {
    demand(address.error().reason.find(password) == std::string::npos, "a refusal that tells the password");
  }
  fuzz::Input rest(input);
  const auto operation = rest.until("\n");
  boost::system::error_code error;
  const auto value = boost::json::parse({rest.rest().data(), rest.rest().size()}, error);
  if (error || !value.is_object()) return;
  const auto shown = console::render(operation, value.get_object());
  demand(shown.text.find_first_of("\x1b\r\b\x7f") == std::string::npos, "a control character reaches the terminal");
  (void)console::render_runs(value.get_object(), {"1/stock"});
}
