#include "plugin/connector/order_texts.h"

#include <gmock/gmock.h>

namespace ferry::connector {
namespace {

OrderTexts read(const char* document, std::string_view url = "", std::size_t most = 255) {
  return read_order_texts(json::parse(document), url, most);
}
constexpr const char* kInvoiced =
    R"({"state":"processing","invoices":[{"number":"INV-1","date":"2026-11-30","kind":"invoice"},)"
    R"({"number":"INV/2","date":"2026-12-02","kind":"credit_note"}],)"
    R"("cancelled":[{"sku":"A","quantity":"2"},{"sku":"B","quantity":"0.5"}]})";

TEST(OrderTexts, SayTheStateTheInvoicesAndWhatWillNeverBeSent) {
  const auto texts = read(kInvoiced);
  EXPECT_EQ(texts.state, "processing");
  EXPECT_EQ(texts.invoices, "INV-1 (2026-11-30), INV/2 (2026-12-02, credit note)");
  EXPECT_EQ(texts.cancelled, "2 x A, 0.5 x B");
}

TEST(OrderTexts, OfADocumentWithoutTheseMembersAreEmptyAndTheStateIsLeftAlone) {
  const auto texts = read(R"({"order":"1","number":"SO-1","shipments":[]})");
  EXPECT_FALSE(texts.state);
  EXPECT_EQ(texts.invoices, "");
  EXPECT_EQ(texts.cancelled, "");
  EXPECT_EQ(read("null").invoices, "");
}

TEST(OrderTexts, NameWhereAnInvoiceCanBeRead) {
  EXPECT_EQ(read(kInvoiced, "https://erp.example.com/i/{number}.pdf").invoices,
            "INV-1 (2026-11-30) https://erp.example.com/i/INV-1.pdf, "
            "INV/2 (2026-12-02, credit note) https://erp.example.com/i/INV%2F2.pdf");
}

TEST(OrderTexts, ThatWouldBeTooLongSayHowManyAreLeftOut) {
  EXPECT_EQ(read(kInvoiced, "", 40).invoices, "INV-1 (2026-11-30), and 1 more");
  EXPECT_EQ(read(kInvoiced, "", 60).invoices, "INV-1 (2026-11-30), INV/2 (2026-12-02, credit note)");
  std::string lines;
  for (int i = 0; i < 5000; ++i) lines += (i == 0 ? "" : ",") + std::string(R"({"sku":"SKU)") + std::to_string(i) + R"(","quantity":"1"})";
  const auto texts = read((R"({"cancelled":[)" + lines + "]}").c_str());
  EXPECT_LE(texts.cancelled.size(), 255U);
  EXPECT_THAT(texts.cancelled, ::testing::EndsWith(" more"));
  const auto one = read((R"({"cancelled":[{"sku":")" + std::string(90, 'x') + R"(","quantity":"1"}]})").c_str(), "", 20);
  EXPECT_LE(one.cancelled.size(), 24U);
}

TEST(OrderTexts, AreOneLineWhateverTheErpCallsThings) {
  EXPECT_EQ(read(R"({"cancelled":[{"sku":"A\nB","quantity":"1"}]})").cancelled.find('\n'), std::string::npos);
}

TEST(OrderTexts, AnAddressNeedsAPlaceForTheNumber) {
  EXPECT_EQ(invoice_url_fault(""), "");
  EXPECT_EQ(invoice_url_fault("https://e.example/{number}"), "");
  EXPECT_NE(invoice_url_fault("https://e.example/"), "");
  EXPECT_NE(invoice_url_fault("ftp://e.example/{number}"), "");
  EXPECT_NE(invoice_url_fault("https://e.example/{number}\n"), "");
}

}  // namespace
}  // namespace ferry::connector
