#include "connectors/vendure/order_document.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "plugin/domain/decimal.h"
#include "plugin/domain/text.h"

namespace ferry::vendure {
namespace {

constexpr int kMoneyDigits = 2;      // Vendure's DefaultMoneyStrategy, for every currency; probe() checks it
constexpr int kUnitPriceDigits = 4;  // of ferry.order/1
constexpr std::size_t kLongestText = 255;
constexpr std::int64_t kMostMinorUnits = std::int64_t{1} << 53;  // Vendure computes in JavaScript's numbers
constexpr std::int64_t kMostPieces = std::numeric_limits<std::int32_t>::max();  // GraphQL's Int

std::string plain(std::string_view text) { return plain_line(text, kLongestText); }

std::string plain_at(const json::value& from, std::initializer_list<std::string_view> path) {
  return plain(text_at(from, path));
}

// 0 where there is none, and for what no amount of money can be: sums and quotients of these cannot overflow.
std::int64_t minor_units_at(const json::value& from, std::initializer_list<std::string_view> path) {
  const auto units = integer_at(from, path).value_or(0);
  return units > kMostMinorUnits || units < -kMostMinorUnits ? 0 : units;
}

Decimal money_at(const json::value& from, std::initializer_list<std::string_view> path) {
  return Decimal::from_minor_units(minor_units_at(from, path), kMoneyDigits).value_or(Decimal());
}

std::int64_t pieces_at(const json::value& from, std::initializer_list<std::string_view> path) {
  return std::clamp<std::int64_t>(integer_at(from, path).value_or(0), 0, kMostPieces);
}

// GraphQL's Float: the shortest text that reads back as the same number is what the portal wrote.
Decimal percent_at(const json::value& from, std::initializer_list<std::string_view> path) {
  const auto* value = find(from, path);
  if (!value) return Decimal();
  if (const auto* whole = value->if_int64()) return Decimal(*whole);
  const auto* number = value->if_double();
  if (!number || !(std::abs(*number) <= 1000)) return Decimal();
  char text[400];
  const auto end = std::to_chars(text, text + sizeof text, *number, std::chars_format::fixed).ptr;
  return Decimal::parse({text, static_cast<std::size_t>(end - text)}).value_or(Decimal()).rounded(4, Rounding::half_up);
}

__extension__ typedef __int128 Wide;

// amount · by / of, rounded half away from zero; 0 for what no amount of money can be. by ≥ 0, of > 0.
std::int64_t part_of(std::int64_t amount, std::int64_t by, std::int64_t of) {
  const Wide twice = (Wide(std::abs(amount)) * by * 2 + of) / (Wide(of) * 2);
  if (twice > kMostMinorUnits) return 0;
  return static_cast<std::int64_t>(amount < 0 ? -twice : twice);
}

// net / quantity in ten-thousandths, rounded half away from zero. Both at most 2^53.
Decimal unit_price(std::int64_t net_minor, std::int64_t quantity) {
  constexpr std::int64_t kScale = 100;  // hundredths to ten-thousandths
  if (quantity <= 0) return Decimal();
  const auto twice = (std::abs(net_minor) * kScale * 2 + quantity) / (quantity * 2);
  return Decimal::from_minor_units(net_minor < 0 ? -twice : twice, kUnitPriceDigits).value_or(Decimal());
}

json::object address(const json::value& from) {
  auto street = plain_at(from, {"streetLine1"});
  if (const auto second = plain_at(from, {"streetLine2"}); !second.empty())
    street += (street.empty() ? "" : "\n") + second;
  return {{"name", plain_at(from, {"fullName"})},
          {"company", plain_at(from, {"company"})},
          {"street", street},
          {"postal_code", plain_at(from, {"postalCode"})},
          {"city", plain_at(from, {"city"})},
          {"subdivision", plain_at(from, {"province"})},
          {"country", plain_at(from, {"countryCode"})},
          {"phone", plain_at(from, {"phoneNumber"})}};
}

bool is_blank(const json::object& address) {
  return std::all_of(address.begin(), address.end(),
                     [](const auto& member) { return member.value().as_string().empty(); });
}

// The last of the path is a setting, which may be empty.
std::string custom_text(const json::value& from, std::initializer_list<std::string_view> path) {
  return std::rbegin(path)->empty() ? "" : plain_at(from, path);
}

json::array texts_in(const json::value& from, std::initializer_list<std::string_view> path, std::string_view member) {
  json::array texts;
  for (const auto& entry : array_at(from, path)) texts.emplace_back(plain_at(entry, {member}));
  return texts;
}

json::object customer(const json::value& order, const json::object& delivery, const Settings& settings) {
  auto name = plain_at(order, {"customer", "firstName"});
  if (const auto last = plain_at(order, {"customer", "lastName"}); !last.empty())
    name += (name.empty() ? "" : " ") + last;
  if (name.empty()) name = std::string(delivery.at("name").as_string());
  auto email = plain_at(order, {"customer", "emailAddress"});
  std::transform(email.begin(), email.end(), email.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  json::value code;
  if (const auto text = custom_text(order, {"customer", "customFields", settings.customer_code_field}); !text.empty())
    code = text;
  json::object result{
      {"name", name}, {"email", email}, {"phone", plain_at(order, {"customer", "phoneNumber"})}, {"erp_code", code}};
  if (const auto tax = custom_text(order, {"customer", "customFields", settings.tax_identifier_field}); !tax.empty())
    result["tax_identifier"] = tax;
  if (settings.asks_for_groups) result["groups"] = texts_in(order, {"customer", "groups"}, "name");
  return result;
}

std::int64_t fulfilled(const json::value& line) {
  std::int64_t total = 0;
  for (const auto& part : array_at(line, {"fulfillmentLines"})) {
    if (text_at(part, {"fulfillment", "state"}) != "Cancelled")
      total += pieces_at(part, {"quantity"});
  }
  return total;
}

struct Amounts {
  std::int64_t net = 0, gross = 0;  // minor units
};

Decimal money(std::int64_t minor_units) { return Decimal::from_minor_units(minor_units, kMoneyDigits).value_or(Decimal()); }

// What `whole` pieces of a line were sold for, of which Vendure tells the amounts of `quantity`: it keeps one price of a
// piece to all its digits, with tax or without, and rounds what it tells. Without a discount the cents of a piece are that
// price; with one, what is told is all there is.
Amounts amounts_of(const json::value& line, std::int64_t quantity, std::int64_t whole) {
  const Amounts told{minor_units_at(line, {"proratedLinePrice"}), minor_units_at(line, {"proratedLinePriceWithTax"})};
  if (whole == quantity) return told;
  constexpr std::int64_t kHundred = 1'000'000;  // percent, in ten-thousandths
  const auto taxed = kHundred + percent_at(line, {"taxRate"}).to_minor_units(4).value_or(0);
  const auto net = minor_units_at(line, {"proratedUnitPrice"}), gross = minor_units_at(line, {"proratedUnitPriceWithTax"});
  const Amounts by_net{part_of(net, whole, 1), part_of(part_of(net, whole, 1), taxed, kHundred)};
  const Amounts by_gross{part_of(part_of(gross, whole, 1), kHundred, taxed), part_of(gross, whole, 1)};
  if (part_of(net, quantity, 1) == told.net && part_of(told.net, taxed, kHundred) == told.gross) return by_net;
  if (part_of(gross, quantity, 1) == told.gross && part_of(told.gross, kHundred, taxed) == told.net) return by_gross;
  return quantity > 0 ? Amounts{part_of(told.net, whole, quantity), part_of(told.gross, whole, quantity)} : by_net;
}

struct Lines {
  json::array lines;
  std::int64_t open_quantity = 0;
  Amounts returned;  // of what came back, which Vendure has taken off the order's total
};

// A quantity that is cancelled is none, unless it was fulfilled: then it came back, which is the refund's to tell. What is
// cancelled of a line of which only a part was fulfilled is of the other part.
Lines lines(const json::value& order) {
  Lines result;
  for (const auto& line : array_at(order, {"lines"})) {
    const auto quantity = pieces_at(line, {"quantity"}), sent = std::min(fulfilled(line), kMostPieces);
    const auto whole = std::max(quantity, sent);
    if (whole == 0) continue;
    const auto open = whole - sent;
    result.open_quantity += open;
    const auto amounts = amounts_of(line, quantity, whole);
    json::object told{{"line", plain(id_at(line, {"id"}))},
                      {"sku", plain_at(line, {"productVariant", "sku"})},
                      {"name", plain_at(line, {"productVariant", "name"})},
                      {"quantity", std::to_string(whole)},
                      {"unit_price", unit_price(amounts.net, whole).text()},
                      {"tax_rate", percent_at(line, {"taxRate"}).text()},
                      {"net", money(amounts.net).text()},
                      {"gross", money(amounts.gross).text()},
                      {"open_quantity", std::to_string(open)}};
    if (whole > quantity) {
      told["returned"] = std::to_string(whole - quantity);
      result.returned.net += amounts.net - minor_units_at(line, {"proratedLinePrice"});
      result.returned.gross += amounts.gross - minor_units_at(line, {"proratedLinePriceWithTax"});
    }
    result.lines.push_back(std::move(told));
  }
  return result;
}

// With what came back; 0 for what no amount of money can be.
std::string total_at(const json::value& order, std::string_view name, std::int64_t returned) {
  const auto total = minor_units_at(order, {name}) + returned;
  return money(std::abs(total) > kMostMinorUnits ? 0 : total).text();
}

// Vendure does not say the rate of a shipping line: it is the one of the order's rates that gives this gross from this
// net, to the cent, else the quotient.
Decimal shipping_rate(const json::value& order, std::int64_t net, std::int64_t gross) {
  if (net == gross || net == 0) return Decimal();
  const auto base = *Decimal::from_minor_units(net, kMoneyDigits);
  const auto tax = *Decimal::from_minor_units(gross - net, kMoneyDigits);
  for (const auto& summary : array_at(order, {"taxSummary"})) {
    const auto rate = percent_at(summary, {"taxRate"});
    const auto hundredfold = base.times(rate);
    const auto computed = hundredfold ? hundredfold->times(*Decimal::parse("0.01")) : std::nullopt;
    if (computed && computed->rounded(kMoneyDigits, Rounding::half_up) == tax) return rate;
  }
  constexpr std::int64_t kMostTax = kMostMinorUnits / 10'000;
  if (gross - net > kMostTax || net - gross > kMostTax) return Decimal();
  return unit_price((gross - net) * 10'000, net).rounded(2, Rounding::half_up);
}

json::array shipping(const json::value& order) {
  json::array result;
  for (const auto& line : array_at(order, {"shippingLines"})) {
    const auto net = minor_units_at(line, {"discountedPrice"}), gross = minor_units_at(line, {"discountedPriceWithTax"});
    result.push_back(json::object{{"code", plain_at(line, {"shippingMethod", "code"})},
                                  {"name", plain_at(line, {"shippingMethod", "name"})},
                                  {"net", money_at(line, {"discountedPrice"}).text()},
                                  {"gross", money_at(line, {"discountedPriceWithTax"}).text()},
                                  {"tax_rate", shipping_rate(order, net, gross).text()}});
  }
  return result;
}

json::array surcharges(const json::value& order) {
  json::array result;
  for (const auto& surcharge : array_at(order, {"surcharges"})) {
    result.push_back(json::object{{"sku", plain_at(surcharge, {"sku"})},
                                  {"name", plain_at(surcharge, {"description"})},
                                  {"net", money_at(surcharge, {"price"}).text()},
                                  {"gross", money_at(surcharge, {"priceWithTax"}).text()},
                                  {"tax_rate", percent_at(surcharge, {"taxRate"}).text()}});
  }
  return result;
}

json::array payments(const json::value& order) {
  json::array result;
  for (const auto& payment : array_at(order, {"payments"})) {
    result.push_back(json::object{{"method", plain_at(payment, {"method"})},
                                  {"state", plain_at(payment, {"state"})},
                                  {"amount", money_at(payment, {"amount"}).text()},
                                  {"transaction", plain_at(payment, {"transactionId"})}});
  }
  return result;
}

// What was given back for good; by its id the ERP knows that it has it already. The lines say for which goods; whether they
// come back, the ERP's people see.
json::array refunds(const json::value& order) {
  std::map<std::string, std::string, std::less<>> skus;
  for (const auto& line : array_at(order, {"lines"})) skus[id_at(line, {"id"})] = plain_at(line, {"productVariant", "sku"});
  json::array result;
  for (const auto& payment : array_at(order, {"payments"})) {
    for (const auto& refund : array_at(payment, {"refunds"})) {
      if (text_at(refund, {"state"}) != "Settled" || id_at(refund, {"id"}).empty()) continue;
      json::array goods;
      for (const auto& line : array_at(refund, {"lines"})) {
        const auto quantity = pieces_at(line, {"quantity"});
        if (quantity == 0) continue;
        const auto id = id_at(line, {"orderLineId"});
        const auto sku = skus.find(id);
        goods.push_back(json::object{{"line", plain(id)},
                                     {"sku", sku == skus.end() ? "" : sku->second},
                                     {"quantity", std::to_string(quantity)}});
      }
      const auto at = from_iso8601(text_at(refund, {"createdAt"}));
      result.push_back(json::object{{"refund", plain(id_at(refund, {"id"}))},
                                    {"at", at ? to_iso8601(*at) : ""},
                                    {"reason", plain_at(refund, {"reason"})},
                                    {"gross", money_at(refund, {"total"}).text()},
                                    {"shipping", money_at(refund, {"shipping"}).text()},
                                    {"lines", std::move(goods)}});
    }
  }
  return result;
}

const json::value& member(const json::value& from, std::string_view name) {
  static const json::value none;
  const auto* value = find(from, {name});
  return value ? *value : none;
}

json::object document(const json::value& order, const connector::PulledOrder& pulled, Lines all,
                      const Settings& settings) {
  const auto delivery = address(member(order, "shippingAddress"));
  auto invoice = address(member(order, "billingAddress"));
  if (is_blank(invoice)) invoice = delivery;  // Vendure leaves it empty when it is the same
  json::object result{{"schema", "ferry.order/1"},
                      {"reference", pulled.reference},
                      {"portal_id", pulled.portal_id},
                      {"placed_at", to_iso8601(pulled.placed_at)},
                      {"state", pulled.state},
                      {"currency", plain_at(order, {"currencyCode"})},
                      {"customer", customer(order, delivery, settings)},
                      {"invoice_address", std::move(invoice)},
                      {"delivery_address", delivery},
                      {"lines", std::move(all.lines)},
                      {"shipping", shipping(order)},
                      {"surcharges", surcharges(order)},
                      {"payments", payments(order)},
                      {"net", total_at(order, "total", all.returned.net)},
                      {"gross", total_at(order, "totalWithTax", all.returned.gross)}};
  if (auto own = custom_text(order, {"customFields", settings.customer_reference_field}); !own.empty())
    result["customer_reference"] = own;
  if (settings.asks_for_channels) result["channels"] = texts_in(order, {"channels"}, "code");
  if (pulled.cancelled) result["cancelled"] = true;
  if (auto given_back = refunds(order); !given_back.empty()) result["refunds"] = std::move(given_back);
  return result;
}

bool is_one_of(std::string_view state, std::initializer_list<std::string_view> states) {
  return std::find(states.begin(), states.end(), state) != states.end();
}

}  // namespace

std::string name_unread(const json::value& order) {
  constexpr std::size_t kLongest = 60;
  const auto code = text_at(order, {"code"}), state = text_at(order, {"state"});
  const auto placed = text_at(order, {"orderPlacedAt"});
  const auto id = id_at(order, {"id"});
  std::string name =
      code.empty() ? "an order without code" : "order " + quote_and_bound(code, kLongest) + " without id";
  if (!id.empty()) name += ", id " + quote_and_bound(id, kLongest);
  if (!placed.empty()) name += ", placed " + quote_and_bound(placed, kLongest);
  if (!state.empty()) name += ", in state " + quote_and_bound(state, kLongest);
  return name;
}

std::optional<connector::PulledOrder> read_order(const json::value& order, const Settings& settings) {
  connector::PulledOrder pulled;
  pulled.reference = plain_at(order, {"code"});
  pulled.portal_id = plain(id_at(order, {"id"}));
  if (pulled.reference.empty() || pulled.portal_id.empty()) return std::nullopt;
  pulled.state = plain_at(order, {"state"});
  pulled.placed_at = from_iso8601(text_at(order, {"orderPlacedAt"})).value_or(Instant{});
  pulled.acknowledged = std::find(settings.order_states.begin(), settings.order_states.end(), pulled.state) !=
                        settings.order_states.end();
  pulled.cancelled = pulled.state == "Cancelled";
  auto all = lines(order);
  // A shipped or delivered order holds nothing back and is not looked at for ever; were it cancelled later, the stock
  // that returns shows as a drift.
  pulled.open =
      !is_one_of(pulled.state, {"Cancelled", "Delivered"}) && (pulled.state != "Shipped" || all.open_quantity > 0);
  pulled.document = json::serialize(document(order, pulled, std::move(all), settings));
  return pulled;
}

}  // namespace ferry::vendure
