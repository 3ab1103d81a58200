#include "sql/state/catalogue.h"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>

#include "sql/state/embedded.h"

namespace ferry::sql {
namespace {

constexpr std::string_view kStatements = "state/statements/";
constexpr std::string_view kProfiles = "profiles/";
constexpr std::string_view kSql = ".sql";

struct Catalogue {
  Sections sources;                                       // "feed.finish" → text
  std::map<std::string, SqlText, std::less<>> texts;      // the same, parsed; composed ones are not in here
  std::map<std::string, Sections, std::less<>> profiles;  // "tryton-6.0/stock" → sections
};

constexpr std::string_view kCommon = "/common";  // of a profile: sections that its feeds share

void add_statements(Catalogue& catalogue, const EmbeddedFile& file) {
  const auto name = file.name.substr(kStatements.size(), file.name.size() - kStatements.size() - kSql.size());
  for (auto& [section, text] : parse_sections(file.content)) {
    const std::string full = std::string(name) + "." + section;
    if (text.find('%') == std::string::npos) catalogue.texts.emplace(full, parse_sql(text));
    catalogue.sources.emplace(full, std::move(text));
  }
}

// Every feed of a profile gets the shared sections that it does not have itself.
void share_common(std::map<std::string, Sections, std::less<>>& profiles) {
  std::vector<std::pair<std::string, Sections>> shared;
  for (const auto& [name, sections] : profiles) {
    if (name.ends_with(kCommon)) shared.emplace_back(name.substr(0, name.size() - kCommon.size() + 1), sections);
  }
  for (const auto& [folder, sections] : shared) {
    profiles.erase(folder.substr(0, folder.size() - 1) + std::string(kCommon));
    for (auto& [name, own] : profiles) {
      if (name.starts_with(folder)) own.insert(sections.begin(), sections.end());
    }
  }
}

Catalogue load() {
  Catalogue catalogue;
  for (const auto& file : embedded_files()) {
    if (!file.name.ends_with(kSql)) continue;
    if (file.name.starts_with(kStatements)) add_statements(catalogue, file);
    if (file.name.starts_with(kProfiles)) {
      const auto name = file.name.substr(kProfiles.size(), file.name.size() - kProfiles.size() - kSql.size());
      catalogue.profiles.emplace(name, parse_sections(file.content));
    }
  }
  share_common(catalogue.profiles);
  return catalogue;
}

const Catalogue& catalogue() {
  static const Catalogue loaded = load();
  return loaded;
}

template <class Map>
const auto& at(const Map& map, std::string_view name) {
  const auto found = map.find(name);
  if (found == map.end()) throw std::logic_error("no SQL statement named '" + std::string(name) + "'");
  return found->second;
}

constexpr std::string_view kWithout = " without ";

const std::string* find_section(const Sections& sections, std::string_view name, std::string_view kind,
                                const std::set<std::string, std::less<>>& missing_tables) {
  for (const auto& table : missing_tables) {
    const auto found = sections.find(std::string(name) + std::string(kWithout) + table);
    if (found != sections.end()) return &found->second;
  }
  while (!kind.empty()) {
    const auto last = kind.rfind(' ');
    const auto word = last == std::string_view::npos ? kind : kind.substr(last + 1);
    const auto found = sections.find(std::string(name) + "." + std::string(word));
    if (found != sections.end()) return &found->second;
    kind = last == std::string_view::npos ? std::string_view() : kind.substr(0, last);
  }
  const auto found = sections.find(name);
  return found == sections.end() ? nullptr : &found->second;
}

// The next `%x%` of `text` from `from` on, as [position, length); length 0: there is none.
std::pair<std::size_t, std::size_t> next_mark(std::string_view text, std::size_t from) {
  for (auto at = text.find('%', from); at != std::string_view::npos; at = text.find('%', at + 1)) {
    const auto end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at + 1);
    if (end != std::string_view::npos && text[end] == '%' && end > at + 1) return {at, end + 1 - at};
  }
  return {0, 0};
}

}  // namespace

const SqlText& statement_text(std::string_view name) { return at(catalogue().texts, name); }

const std::string& statement_source(std::string_view name) { return at(catalogue().sources, name); }

const Sections& profile_sections(std::string_view profile, std::string_view feed) {
  const auto& known = catalogue().profiles;
  const auto found = known.find(std::string(profile) + "/" + std::string(feed));
  if (found != known.end()) return found->second;
  std::string message = "profile '" + std::string(profile) + "' has no feed '" + std::string(feed) + "'; there are:";
  for (const auto& [name, sections] : known) message += " " + name;
  throw std::invalid_argument(message);
}

std::vector<std::string> profile_tables(std::string_view profile) {
  std::set<std::string> tables;
  for (const auto& [name, sections] : catalogue().profiles) {
    const auto found = sections.find("tables");
    if (name.substr(0, name.find('/')) != profile || found == sections.end()) continue;
    std::istringstream words(found->second);
    for (std::string table; words >> table;) tables.insert(table);
  }
  return {tables.begin(), tables.end()};
}

std::string profile_section(const Sections& sections, std::string_view name, std::string_view kind,
                            const std::set<std::string, std::less<>>& missing_tables) {
  const std::string* section = find_section(sections, name, kind, missing_tables);
  if (section == nullptr) return {};
  std::string text = *section;
  constexpr int kMostReplacements = 1000;
  for (int replaced = 0;; ++replaced) {
    const auto [at, length] = next_mark(text, 0);
    if (length == 0) return text;
    const std::string inner = text.substr(at + 1, length - 2);
    const std::string* piece = find_section(sections, inner, kind, missing_tables);
    if (piece == nullptr || replaced == kMostReplacements) {
      throw std::invalid_argument("profile section '" + std::string(name) + "': cannot resolve %" + inner + "%");
    }
    text.replace(at, length, *piece);
  }
}

std::set<std::string, std::less<>> optional_tables(const Sections& sections) {
  std::set<std::string, std::less<>> tables;
  for (const auto& [name, text] : sections) {
    const auto at = name.find(kWithout);
    if (at != std::string::npos) tables.insert(name.substr(at + kWithout.size()));
  }
  return tables;
}

std::vector<std::string> profiles() {
  std::vector<std::string> names;
  for (const auto& [name, sections] : catalogue().profiles) {
    const auto folder = name.substr(0, name.find('/'));
    if (names.empty() || names.back() != folder) names.push_back(folder);
  }
  return names;
}

std::string composed(std::string source, const std::vector<std::pair<std::string_view, std::string>>& pieces) {
  for (const auto& [name, text] : pieces) {
    const std::string mark = "%" + std::string(name) + "%";
    for (auto at = source.find(mark); at != std::string::npos; at = source.find(mark, at + text.size())) {
      source.replace(at, mark.size(), text);
    }
  }
  return source;
}

}  // namespace ferry::sql
