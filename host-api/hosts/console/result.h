// How a step of this program fails.
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace ferry::console {

enum class Exit : int { ok = 0, problem = 1, usage = 2 };

struct Refusal {
  Exit exit;
  std::string reason;  // one line for a person: what is wrong and how to mend it
};
inline Refusal problem(std::string reason) { return {Exit::problem, std::move(reason)}; }
inline Refusal misuse(std::string reason) { return {Exit::usage, std::move(reason)}; }
[[noreturn]] inline void throw_exception_from_error(const Refusal& refusal, const boost::source_location&) {
  throw std::runtime_error(refusal.reason);
}

template <class T>
using Result = boost::system::result<T, Refusal>;

}  // namespace ferry::console
