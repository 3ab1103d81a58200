// One fuzz target, compiled two ways: FERRY_FUZZ_TARGET(name) { ... input ... } is libFuzzer's entry where FERRY_FUZZER
// is defined, and otherwise a test that gives it every file of corpus/<name> and of `more_seeds` (below the root).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "source_dir.h"  // generated

namespace ferry::fuzz {

// What must hold for every input. Nothing of the product catches it.
inline void demand(bool holds, const std::string& otherwise) {
  if (!holds) throw std::logic_error(otherwise);
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// All files below a folder of the sources that end so, in a fixed order.
inline std::vector<std::filesystem::path> files_below(const std::string& folder, std::string_view ending = "") {
  std::vector<std::filesystem::path> files;
  if (folder.empty()) return files;
  const auto path = std::filesystem::path(kSourceDir) / folder;
  if (!std::filesystem::exists(path)) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file() && entry.path().string().ends_with(ending)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Well-formed UTF-8; with `one_line` also without control characters: what may stand in a log line or a table.
inline bool is_clean(std::string_view text, bool one_line) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
    const unsigned lead = byte(i);
    if (one_line && (lead < 0x20 || lead == 0x7f)) return false;
    const std::size_t size = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : (lead & 0xf0) == 0xe0 ? 3 : 4;
    if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4) return false;
    for (std::size_t more = 1; more < size; ++more) {
      if ((byte(i + more) & 0xc0) != 0x80) return false;
    }
    if ((lead == 0xe0 && byte(i + 1) < 0xa0) || (lead == 0xed && byte(i + 1) > 0x9f)) return false;
    if ((lead == 0xf0 && byte(i + 1) < 0x90) || (lead == 0xf4 && byte(i + 1) > 0x8f)) return false;
    i += size;
  }
  return true;
}

// Takes parts off the front of an input.
class Input {
 public:
  explicit Input(std::string_view rest) : rest_(rest) {}
  bool is_empty() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  // Up to the separator, which is dropped; everything when there is none.
  std::string_view until(std::string_view separator) {
    const auto at = rest_.find(separator);
    const auto part = rest_.substr(0, at);
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + separator.size());
    return part;
  }
  std::size_t byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }

 private:
  std::string_view rest_;
};

}  // namespace ferry::fuzz

#ifdef FERRY_FUZZER
#define FERRY_FUZZ_TARGET(name, more_seeds)                                                    \
  static void fuzz_##name(std::string_view input);                                             \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {          \
    fuzz_##name(size == 0 ? std::string_view() : std::string_view(reinterpret_cast<const char*>(data), size)); \
    return 0;                                                                                  \
  }                                                                                            \
  static void fuzz_##name(std::string_view input)
#else
#include <gtest/gtest.h>
#define FERRY_FUZZ_TARGET(name, more_seeds)                                                   \
  static void fuzz_##name(std::string_view input);                                            \
  TEST(FuzzCorpus, name) {                                                                    \
    const auto seeds = ferry::fuzz::files_below("tests/fuzz/corpus/" #name);                  \
    EXPECT_FALSE(seeds.empty());                                                              \
    fuzz_##name("");                                                                          \
    for (const auto& list : {seeds, ferry::fuzz::files_below(more_seeds, ".http")}) {         \
      for (const auto& seed : list) EXPECT_NO_THROW(fuzz_##name(ferry::fuzz::read_file(seed))) << seed; \
    }                                                                                         \
  }                                                                                           \
  static void fuzz_##name(std::string_view input)
#endif
