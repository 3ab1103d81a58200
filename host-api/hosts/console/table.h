// Aligned columns for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferry::console {

class Table {
 public:
  // A heading that begins with '>' is aligned to the right: numbers.
  explicit Table(std::vector<std::string> headings);
  // As many cells as headings.
  void add(std::vector<std::string> cells);
  bool is_empty() const noexcept { return rows_.empty(); }
  // Headings and rows, each line preceded by `indent`; no trailing blanks. Width counts characters, not bytes.
  std::string text(std::string_view indent) const;

 private:
  std::string line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) const;

  std::vector<std::string> headings_;
  std::vector<bool> is_right_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace ferry::console
