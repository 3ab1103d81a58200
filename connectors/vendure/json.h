// How this connector reads JSON: as plugin/connector/json.h does, by the names that stand there.
#pragma once

#include "plugin/connector/json.h"

namespace ferry::vendure {

namespace json = boost::json;
using connector::array_at;
using connector::find;
using connector::id_at;
using connector::integer_at;
using connector::text_at;

}  // namespace ferry::vendure
