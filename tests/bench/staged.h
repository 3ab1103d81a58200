// Measurements in a Tryton of their own, made by Python programs beside this file.
#pragma once

#include <boost/json.hpp>
#include <string>

namespace ferry::bench {

// The JSON object that the program prints, with `skipped` instead of figures where it has nothing to measure on. Throws
// when it fails; its messages go to our own error output.
boost::json::value run_staged(const std::string& program, bool quick);

}  // namespace ferry::bench
