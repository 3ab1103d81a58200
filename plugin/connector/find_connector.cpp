// Apart from the rest of this folder, because it needs connectors(), which only the composition defines.
#include "plugin/connector/connector.h"

namespace ferry::connector {

const ConnectorInfo* find_connector(std::string_view id) noexcept {
  for (const ConnectorInfo* info : connectors()) {
    if (info->id == id) return info;
  }
  return nullptr;
}

}  // namespace ferry::connector
