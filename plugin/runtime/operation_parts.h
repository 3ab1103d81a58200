// The operations that stand in files of their own, and what all of them use. See operations.h.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "ferry/types.h"
#include "plugin/runtime/arguments.h"
#include "plugin/runtime/operations.h"

namespace ferry::runtime {

std::int32_t status_of(engine::Failure failure) noexcept;

template <class T>
T value_of(engine::Result<T> result) {
  if (!result) throw OperationFailed{status_of(result.error().failure), result.error().message};
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

inline boost::json::value parsed(const std::string& text) { return boost::json::parse(text); }

// operations_records.cpp: about single orders, records and alerts
boost::json::object retry_order(const OperationContext& context, std::string_view arguments);
boost::json::object skip_order(const OperationContext& context, std::string_view arguments);
boost::json::object dead_letters(const OperationContext& context, std::string_view arguments);
boost::json::object replay(const OperationContext& context, std::string_view arguments);
boost::json::object discard(const OperationContext& context, std::string_view arguments);
boost::json::object undo_discard(const OperationContext& context, std::string_view arguments);
boost::json::object held(const OperationContext& context, std::string_view arguments);
boost::json::object release(const OperationContext& context, std::string_view arguments);
boost::json::object discard_held(const OperationContext& context, std::string_view arguments);
boost::json::object alerts(const OperationContext& context, std::string_view arguments);
boost::json::object acknowledge(const OperationContext& context, std::string_view arguments);
boost::json::object explain(const OperationContext& context, std::string_view arguments);

}  // namespace ferry::runtime
