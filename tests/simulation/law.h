// What must hold. A history ends at the first law that is broken.
#pragma once

#include <stdexcept>
#include <string>

namespace ferry::simulation {

class LawBroken : public std::runtime_error {
 public:
  LawBroken(std::string law, const std::string& what) : std::runtime_error(law + ": " + what), law_(std::move(law)) {}
  const std::string& law() const noexcept { return law_; }

 private:
  std::string law_;
};

// `what` is only made when it is needed: laws are asked at every step.
template <class Describe>
void must(bool holds, const char* law, Describe describe) {
  if (!holds) throw LawBroken(law, describe());
}

}  // namespace ferry::simulation
