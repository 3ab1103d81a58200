#include "tests/portal/medusa/refunds.h"

#include <algorithm>
#include <cmath>

#include "plugin/domain/decimal.h"
#include "tests/portal/medusa/request.h"
#include "tests/portal/medusa/returns.h"

namespace ferry::portal {
namespace json = boost::json;
namespace {

constexpr std::int64_t kCents = 100;

json::object raw_cents(std::int64_t cents) { return raw(*Decimal::from_minor_units(cents, 2)); }

std::int64_t total_of(const MedusaOrder& order) {
  auto total = paid_of(order);
  for (std::size_t i = 0; i < order.lines.size(); ++i) total -= returned_pieces(order, i) * kMedusaPrice * kCents;
  for (const auto& refund : order.refunds) total -= refund.credited;
  return total;
}

std::int64_t refunded(const MedusaOrder& order) {
  std::int64_t cents = 0;
  for (const auto& refund : order.refunds) cents += refund.cents;
  return cents;
}

std::string_view payment_status(const MedusaOrder& order) {
  if (order.is_cancelled) return "canceled";
  if (!order.is_paid) return "not_paid";
  if (order.refunds.empty()) return "captured";
  return refunded(order) < paid_of(order) ? "partially_refunded" : "refunded";
}

json::array refund_rows(const MedusaOrder& order, const std::string& number) {
  json::array rows;
  for (const auto& refund : order.refunds) {
    json::value note;
    if (!refund.note.empty()) note = refund.note;
    rows.push_back(json::object{{"id", "ref_" + number + "_" + std::to_string(rows.size() + 1)},
                                {"created_at", to_iso8601(refund.at)},
                                {"raw_amount", raw_cents(refund.cents)},
                                {"note", std::move(note)},
                                {"refund_reason", nullptr}});
  }
  return rows;
}

json::array payments(const MedusaOrder& order, const std::string& number) {
  if (!order.is_paid) return {};
  const auto amount = raw_cents(paid_of(order));
  const auto paid_at = to_iso8601(order.placed_at);
  return {json::object{{"id", "pay_" + number},
                       {"provider_id", "pp_system_default"},
                       {"raw_amount", amount},
                       {"captured_at", paid_at},
                       {"canceled_at", nullptr},
                       {"captures", json::array{json::object{{"raw_amount", amount}}}},
                       {"refunds", refund_rows(order, number)}}};
}

}  // namespace

std::int64_t paid_of(const MedusaOrder& order) {
  std::int64_t pieces = 0;
  for (const auto& line : order.lines) pieces += line.quantity;
  return pieces * kMedusaPrice * kCents;
}

void add_money(json::object& row, const MedusaOrder& order, std::size_t position) {
  const auto number = std::to_string(position + 1);
  std::int64_t credited = 0;
  json::array credits;
  for (const auto& refund : order.refunds) {
    if (refund.credited == 0) continue;
    credited += refund.credited;
    credits.push_back(json::object{{"raw_amount", raw_cents(refund.credited)},
                                   {"reference", "payment_collection"},
                                   {"reference_id", "pay_col_" + number}});
  }
  row["payment_status"] = payment_status(order);
  row["raw_total"] = raw_cents(total_of(order));
  row["raw_tax_total"] = raw_cents(0);
  row["raw_credit_line_total"] = raw_cents(credited);
  row["raw_credit_line_tax_total"] = raw_cents(0);
  row["credit_lines"] = std::move(credits);
  row["returns"] = returns_of(order, position);
  row["payment_collections"] =
      json::array{json::object{{"id", "pay_col_" + number}, {"payments", payments(order, number)}}};
}

void add_line_money(json::object& row, const MedusaOrder& order, std::size_t line) {
  const auto returned = returned_pieces(order, line);
  row["raw_total"] = raw_cents((order.lines[line].quantity - returned) * kMedusaPrice * kCents);
  row["raw_tax_total"] = raw_cents(0);
  row["raw_return_received_total"] = raw_cents(0);
  row["raw_return_dismissed_total"] = raw_cents(returned * kMedusaPrice * kCents);
}

void refund(MedusaOrder& order, const json::value& body, Instant at) {
  const auto cents = static_cast<std::int64_t>(std::llround(body.at("amount").to_number<double>() * kCents));
  if (!refund(order, cents, std::string(body.at("note").as_string()), at))
    throw Problem{400, "invalid_data", "You are not allowed to refund more than the captured amount"};
}

bool refund(MedusaOrder& order, std::int64_t cents, const std::string& note, Instant at) {
  const auto kept = order.is_paid ? paid_of(order) - refunded(order) : 0;
  if (cents <= 0 || cents > kept) return false;
  const auto due = std::max<std::int64_t>(0, kept - total_of(order));
  order.refunds.push_back({note, cents, std::max<std::int64_t>(0, cents - due), at});
  return true;
}

}  // namespace ferry::portal
