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

void add_statements(Catalogue& catalogue, const EmbeddedFile& file) {
  const auto name = file.name.substr(kStatements.size(), file.name.size() - kStatements.size() - kSql.size());
  for (auto& [section, text] : parse_sections(file.content)) {
    const std::string full = std::string(name) + "." + section;
    if (text.find('%') == std::string::npos) catalogue.texts.emplace(full, parse_sql(text));
    catalogue.sources.emplace(full, std::move(text));
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
