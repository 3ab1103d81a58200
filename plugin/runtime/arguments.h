// The JSON arguments of an operation, checked: a wrong or unknown one is an OperationFailed that names it.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/runtime/service.h"

namespace ferry::runtime {

class Arguments {
 public:
  // Throws OperationFailed (FERRY_E_INVALID) unless the text is an object with only known names in it; empty text = {}.
  Arguments(std::string_view operation, std::string_view json, std::initializer_list<std::string_view> known);

  bool has(std::string_view name) const { return object_.contains(name); }
  // All of these throw OperationFailed (FERRY_E_INVALID) when the argument is missing or does not fit.
  std::int32_t channel() const;              // > 0
  std::int32_t channel_or_all() const;       // 0: every channel
  std::string job() const;                   // a feed's name, "intake" or "reconcile"
  std::string job_or_all() const;            // empty: every job
  std::string text(std::string_view name, std::size_t most = 1000) const;
  std::int64_t number(std::string_view name, std::int64_t fallback, std::int64_t least, std::int64_t most) const;
  std::vector<std::string> labels() const;  // 1 to 1000
  std::vector<std::int64_t> numbers(std::string_view name) const;  // 1 to 1000, each > 0
  bool flag(std::string_view name) const;
  std::string object(std::string_view name) const;  // serialised

 private:
  [[noreturn]] void refuse(std::string_view name, std::string_view what) const;
  const boost::json::value& need(std::string_view name) const;

  const std::string operation_;
  boost::json::object object_;
};

}  // namespace ferry::runtime
