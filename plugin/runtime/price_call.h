// The questions and answers of ferry.price/1 as JSON: host-api/include/ferry/schemas/price.md.
#pragma once

#include <boost/system/result.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/engine/ports.h"

namespace ferry::runtime {

std::string price_questions(std::span<const engine::ErpQuestion> questions);

// One per question. An answer that is no plain number is an error of that price alone; the failure says how the whole
// breaks the schema.
boost::system::result<std::vector<engine::ErpEvaluation>, std::string> price_answers(
    std::span<const engine::ErpQuestion> questions, std::string_view answers_json);

}  // namespace ferry::runtime
