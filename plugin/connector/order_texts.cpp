#include "plugin/connector/order_texts.h"

#include <vector>

#include "plugin/domain/text.h"

namespace ferry::connector {
namespace {

constexpr std::string_view kNumber = "{number}";
constexpr std::size_t kLongestName = 100;  // of an invoice or a product
constexpr std::size_t kMark = 3;           // bytes of an ellipsis

// As a segment of a path or a value of a query.
std::string encoded(std::string_view text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (kPlain.find(c) != std::string_view::npos) {
      result += c;
    } else {
      result += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return result;
}

std::string address_of(std::string_view invoice_url, std::string_view number) {
  const auto at = invoice_url.find(kNumber);
  if (at == std::string_view::npos) return "";
  return " " + std::string(invoice_url.substr(0, at)) + encoded(number) + std::string(invoice_url.substr(at + kNumber.size()));
}

// As many as there is room for, then how many are left out.
std::string listed(const std::vector<std::string>& entries, std::size_t most_bytes) {
  const auto more = [&](std::size_t left) { return left == 0 ? "" : ", and " + std::to_string(left) + " more"; };
  std::string text;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto next = (i == 0 ? "" : ", ") + entries[i];
    if (text.size() + next.size() + more(entries.size() - i - 1).size() > most_bytes) {
      // one that has no room by itself is cut, with its mark
      return i == 0 ? bound(entries[0], most_bytes > kMark ? most_bytes - kMark : 0) : text + more(entries.size() - i);
    }
    text += next;
  }
  return text;
}

}  // namespace

OrderTexts read_order_texts(const json::value& document, std::string_view invoice_url, std::size_t most_bytes) {
  OrderTexts texts;
  if (const auto state = text_at(document, {"state"}); !state.empty()) texts.state = plain_line(state, kLongestName);
  std::vector<std::string> invoices, cancelled;
  for (const auto& invoice : array_at(document, {"invoices"})) {
    const auto number = plain_line(text_at(invoice, {"number"}), kLongestName);
    auto said = std::string(text_at(invoice, {"date"}));
    if (text_at(invoice, {"kind"}) == "credit_note") said += said.empty() ? "credit note" : ", credit note";
    invoices.push_back(number + (said.empty() ? "" : " (" + said + ")") + address_of(invoice_url, number));
  }
  for (const auto& line : array_at(document, {"cancelled"})) {
    cancelled.push_back(std::string(text_at(line, {"quantity"})) + " x " + plain_line(text_at(line, {"sku"}), kLongestName));
  }
  texts.invoices = listed(invoices, most_bytes);
  texts.cancelled = listed(cancelled, most_bytes);
  return texts;
}

std::string invoice_url_fault(std::string_view invoice_url) {
  if (invoice_url.empty()) return "";
  if (!invoice_url.starts_with("https://") && !invoice_url.starts_with("http://")) return "must begin with https://";
  if (invoice_url.find(kNumber) == std::string_view::npos) return "must have {number} where the invoice's number stands";
  return plain_line(invoice_url, invoice_url.size()) == invoice_url ? "" : "must be one line of text";
}

}  // namespace ferry::connector
