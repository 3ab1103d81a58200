// The portal's stock locations, by id and by name.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/vendure/json.h"

namespace ferry::vendure {

class Locations {
 public:
  Locations() = default;
  explicit Locations(const json::value& data);  // an answer that has stockLocations

  // Id of the location with that id or else that name; of the first one for an empty text. Empty: there is none.
  std::string id_of(std::string_view id_or_name) const;
  // False: some location came without id or name, so that a missing one says nothing.
  bool are_all_readable() const noexcept { return are_all_readable_; }
  // "'Berlin', 'Hamburg'", for messages; bounded.
  std::string names() const;

 private:
  std::vector<std::pair<std::string, std::string>> locations_;  // id, name; in order of id
  bool are_all_readable_ = true;
};

}  // namespace ferry::vendure
