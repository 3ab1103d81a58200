#include "connectors/medusa/order_document.h"

#include <algorithm>

#include "connectors/medusa/order_amounts.h"
#include "connectors/medusa/order_refunds.h"
#include "connectors/medusa/price_terms.h"
#include "plugin/domain/text.h"

namespace ferry::medusa {
namespace {

constexpr int kUnitPriceDigits = 4;  // of ferry.order/1
constexpr std::size_t kLongestText = 255;

__extension__ typedef __int128 Wide;

std::string plain(std::string_view text) { return plain_line(text, kLongestText); }

std::string plain_at(const json::value& from, std::initializer_list<std::string_view> path) {
  return plain(text_at(from, path));
}

// net / quantity, rounded half away from zero.
Decimal unit_price(const Decimal& net, const Decimal& quantity) {
  const auto total = net.rounded(kQuantityDigits, Rounding::half_up).to_minor_units(kQuantityDigits);
  const auto pieces = quantity.to_minor_units(kQuantityDigits);
  if (!total || !pieces || *pieces <= 0) return Decimal();
  constexpr Wide kScale = 10'000;
  const Wide magnitude = *total < 0 ? -Wide(*total) : Wide(*total);
  const Wide price = (magnitude * kScale * 2 + *pieces) / (Wide(*pieces) * 2);
  if (price > Wide(kMostMoney) * kScale) return Decimal();
  const auto units = static_cast<std::int64_t>(price);
  return Decimal::from_minor_units(*total < 0 ? -units : units, kUnitPriceDigits).value_or(Decimal());
}

std::string name_in(const json::value& from) {
  auto name = plain_at(from, {"first_name"});
  if (const auto last = plain_at(from, {"last_name"}); !last.empty()) name += (name.empty() ? "" : " ") + last;
  return plain(name);
}

json::object address(const json::value& from) {
  auto street = plain_at(from, {"address_1"});
  if (const auto second = plain_at(from, {"address_2"}); !second.empty())
    street += (street.empty() ? "" : "\n") + second;
  return {{"name", name_in(from)},
          {"company", plain_at(from, {"company"})},
          {"street", street},
          {"postal_code", plain_at(from, {"postal_code"})},
          {"city", plain_at(from, {"city"})},
          {"subdivision", plain_at(from, {"province"})},
          {"country", upper(plain_at(from, {"country_code"}))},
          {"phone", plain_at(from, {"phone"})}};
}

bool is_blank(const json::object& address) {
  return std::all_of(address.begin(), address.end(),
                     [](const auto& member) { return member.value().as_string().empty(); });
}

const json::value& member(const json::value& from, std::string_view name) {
  static const json::value none;
  const auto* value = find(from, {name});
  return value ? *value : none;
}

std::string metadata_text(const json::value& from, std::string_view key) {
  return key.empty() ? "" : plain_at(from, {"metadata", key});
}

json::object customer(const json::value& order, const json::object& delivery, const Settings& settings) {
  const auto& account = member(order, "customer");
  auto name = plain_at(account, {"company_name"});
  if (name.empty()) name = name_in(account);
  if (name.empty()) name = std::string(delivery.at("name").as_string());
  json::value code;
  if (const auto text = metadata_text(account, settings.customer_code_key); !text.empty()) code = text;
  json::object result{{"name", name},
                      {"email", lower(plain_at(order, {"email"}))},
                      {"phone", plain_at(account, {"phone"})},
                      {"erp_code", code}};
  if (const auto tax = metadata_text(account, settings.tax_identifier_key); !tax.empty()) result["tax_identifier"] = tax;
  if (settings.asks_for_groups) {
    json::array groups;
    for (const auto& group : array_at(account, {"groups"})) groups.emplace_back(plain_at(group, {"name"}));
    result["groups"] = std::move(groups);
  }
  return result;
}

struct Lines {
  json::array lines;
  bool has_open = false;
  bool is_readable = true;
};

// "Cup" of the only variant, "Shirt / XL" of one of several.
std::string name_of_line(const json::value& line) {
  const auto title = plain_at(line, {"title"}), variant = plain_at(line, {"variant_title"});
  return variant.empty() || variant == title ? title : plain(title + " / " + variant);
}

Lines lines(const json::value& order, bool is_cancelled, const Money& money) {
  Lines result;
  for (const auto& line : array_at(order, {"items"})) {
    const auto quantity = quantity_at(line, {"raw_quantity"});
    if (quantity && quantity->is_zero()) continue;  // taken out of the order
    const auto fulfilled = quantity_at(line, {"detail", "raw_fulfilled_quantity"});
    auto open = quantity && fulfilled ? quantity->minus(*fulfilled).value_or(Decimal()) : Decimal();
    if (open.is_negative() || is_cancelled) open = Decimal();
    result.has_open = result.has_open || !open.is_zero();
    result.is_readable = result.is_readable && quantity && fulfilled && has_totals(line);
    const auto amounts = totals_of(line).plus(returned_of(line));
    result.lines.push_back(json::object{{"line", plain(id_at(line, {"id"}))},
                                        {"sku", plain_at(line, {"variant_sku"})},
                                        {"name", name_of_line(line)},
                                        {"quantity", quantity.value_or(Decimal()).text()},
                                        {"unit_price", unit_price(amounts.net, quantity.value_or(Decimal())).text()},
                                        {"tax_rate", rate_of(line).text()},
                                        {"net", money.text(amounts.net)},
                                        {"gross", money.text(amounts.gross)},
                                        {"open_quantity", open.text()}});
  }
  return result;
}

json::array shipping(const json::value& order, const Money& money) {
  json::array result;
  for (const auto& method : array_at(order, {"shipping_methods"})) {
    const auto amounts = totals_of(method);
    result.push_back(json::object{{"code", plain_at(method, {"shipping_option_id"})},
                                  {"name", plain_at(method, {"name"})},
                                  {"net", money.text(amounts.net)},
                                  {"gross", money.text(amounts.gross)},
                                  {"tax_rate", rate_of(method).text()}});
  }
  return result;
}

// What the customer has been credited is taken off the total and is no part of any line. What he was paid back is no such
// credit, though Medusa keeps it as one.
json::array surcharges(const json::value& order, const Money& money) {
  auto credit = amounts_of(order, "raw_credit_line_total", "raw_credit_line_tax_total");
  const auto refunded = refund_credit_of(order).negated();
  credit = credit.plus({refunded, refunded});
  if (credit.gross.is_zero()) return {};
  return {json::object{{"sku", ""},
                       {"name", "Credit"},
                       {"net", money.text(credit.net.negated())},
                       {"gross", money.text(credit.gross.negated())},
                       {"tax_rate", "0"}}};
}

std::string state_of(const json::value& payment) {
  if (!text_at(payment, {"canceled_at"}).empty()) return "canceled";
  return text_at(payment, {"captured_at"}).empty() ? "authorized" : "captured";
}

json::array payments(const json::value& order, const Money& money) {
  json::array result;
  for (const auto& collection : array_at(order, {"payment_collections"})) {
    for (const auto& payment : array_at(collection, {"payments"})) {
      result.push_back(json::object{{"method", plain_at(payment, {"provider_id"})},
                                    {"state", state_of(payment)},
                                    {"amount", money.text(money_at(payment, {"raw_amount"}))},
                                    {"transaction", plain(id_at(payment, {"id"}))}});
    }
  }
  return result;
}

json::object document(const json::value& order, const connector::PulledOrder& pulled, json::array order_lines,
                      const Money& money, const Settings& settings) {
  const auto delivery = address(member(order, "shipping_address"));
  auto invoice = address(member(order, "billing_address"));
  if (is_blank(invoice)) invoice = delivery;  // Medusa leaves it empty when it is the same
  const auto totals = totals_of(order).plus(given_back_of(order));
  json::object result{{"schema", "ferry.order/1"},
                      {"reference", pulled.reference},
                      {"portal_id", pulled.portal_id},
                      {"placed_at", to_iso8601(pulled.placed_at)},
                      {"state", pulled.state},
                      {"currency", upper(plain_at(order, {"currency_code"}))},
                      {"customer", customer(order, delivery, settings)},
                      {"invoice_address", std::move(invoice)},
                      {"delivery_address", delivery},
                      {"lines", std::move(order_lines)},
                      {"shipping", shipping(order, money)},
                      {"surcharges", surcharges(order, money)},
                      {"payments", payments(order, money)},
                      {"net", money.text(totals.net)},
                      {"gross", money.text(totals.gross)}};
  if (const auto own = metadata_text(order, settings.customer_reference_key); !own.empty())
    result["customer_reference"] = own;
  if (settings.asks_for_channels) result["channels"] = json::array{plain_at(order, {"sales_channel", "name"})};
  if (pulled.cancelled) result["cancelled"] = true;
  if (auto paid_back = refunds_of(order, money); !paid_back.empty()) result["refunds"] = std::move(paid_back);
  return result;
}

bool is_acknowledged(const json::value& order, const connector::PulledOrder& pulled, const Settings& settings) {
  if (pulled.cancelled || text_at(order, {"status"}).empty()) return false;
  const auto& states = settings.order_states;
  if (std::find(states.begin(), states.end(), pulled.state) != states.end()) return true;
  const auto total = raw_at(order, {"raw_total"});
  return pulled.state == "not_paid" && total && total->is_zero();  // nobody will ever pay it
}

}  // namespace

std::optional<connector::PulledOrder> read_order(const json::value& order, const Settings& settings) {
  connector::PulledOrder pulled;
  pulled.reference = id_at(order, {"display_id"});
  pulled.portal_id = id_at(order, {"id"});
  const auto placed_at = from_iso8601(text_at(order, {"created_at"}));
  if (pulled.reference.empty() || pulled.portal_id.empty() || !placed_at) return std::nullopt;
  pulled.placed_at = *placed_at;
  const auto status = text_at(order, {"status"});
  pulled.cancelled = status == "canceled";
  pulled.state = pulled.cancelled ? "canceled" : plain_at(order, {"payment_status"});
  pulled.acknowledged = is_acknowledged(order, pulled, settings);
  const auto money = money_of(upper(plain_at(order, {"currency_code"})));
  auto all = lines(order, pulled.cancelled, money);
  // A fulfilled order holds nothing back and is not looked at for ever, once it could be imported as it is; were it
  // cancelled later, the stock that returns shows as a drift.
  const bool is_settled = (pulled.acknowledged || pulled.state == "refunded") && !all.has_open && all.is_readable && has_totals(order);
  pulled.open = !pulled.cancelled && status != "archived" && !is_settled;
  pulled.document = json::serialize(document(order, pulled, std::move(all.lines), money, settings));
  return pulled;
}

std::string name_unread(const json::value& order) {
  constexpr std::size_t kLongest = 60;
  const auto number = id_at(order, {"display_id"}), id = id_at(order, {"id"});
  const auto created = text_at(order, {"created_at"});
  std::string name = number.empty() ? "an order without number" : "order " + quote_and_bound(number, kLongest);
  if (!id.empty()) name += ", id " + quote_and_bound(id, kLongest);
  if (!created.empty()) name += ", placed " + quote_and_bound(created, kLongest);
  if (!number.empty()) name += id.empty() ? ", without id" : ", without a date that can be read";
  return name;
}

}  // namespace ferry::medusa
