#include "plugin/connector/connector.h"

namespace ferry::connector {

std::string_view HttpReply::header(std::string_view name) const noexcept {
  for (const auto& [candidate, value] : headers) {
    if (candidate == name) return value;
  }
  return {};
}

}  // namespace ferry::connector
