// Who owns which member of a feed's documents: the ERP unless the channel's setting `owner` says otherwise. A member
// that the ERP does not own is left out of the desired document before anything is compared, so that nothing behind
// that can send it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/field.h"
#include "plugin/domain/feed.h"

namespace ferry::engine {

// Per feed the members of its documents that are not the ERP's, sorted; feeds of which it owns everything are missing.
using Disowned = std::map<Feed, std::vector<std::string>>;

// `owner_json`: {"list_price.amount": "portal", "product.description": "nobody"}; empty: the ERP owns everything.
// Precondition: ownership_problems() found nothing in it.
Disowned disowned_by(std::string_view owner_json);

std::vector<config::Problem> ownership_problems(std::string_view owner_json);

// Nothing that this feed could tell is the ERP's: it does not run.
bool is_disowned_altogether(Feed feed, const Disowned& disowned);

}  // namespace ferry::engine
