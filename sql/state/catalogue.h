// The embedded SQL by name: Ferry's own statements and the profiles' sections.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/odbc/sql_text.h"

namespace ferry::sql {

// A statement of statements/<file>.sql, section <name>: "feed.finish". Parsed once per process; valid for ever; any
// thread. An unknown name throws std::logic_error.
const SqlText& statement_text(std::string_view name);

// The same, as it stands in the file, for statements that are composed.
const std::string& statement_source(std::string_view name);

// The sections of profiles/<profile>/<feed>.sql and those of profiles/<profile>/common.sql that it lacks; an unknown profile or feed throws std::invalid_argument, with the
// names that there are.
const Sections& profile_sections(std::string_view profile, std::string_view feed);

// The ERP's tables that the profile reads: the sections `tables` of its feeds, each name once.
std::vector<std::string> profile_tables(std::string_view profile);

// Folders under sql/profiles.
std::vector<std::string> profiles();

// The section of a profile for one kind of run ("keyed", "full", either with " shared" behind it), complete: `%x%` in
// it is replaced by section `x.<word>` of the last word of the kind for which there is one, or `x`, or `x without t`
// where `missing_tables` holds t; likewise for the section itself. No such section: empty. A `%x%`
// without a section, or one that holds itself, throws std::invalid_argument.
std::string profile_section(const Sections& sections, std::string_view name, std::string_view kind,
                            const std::set<std::string, std::less<>>& missing_tables);
// The tables t of sections named `x without t`.
std::set<std::string, std::less<>> optional_tables(const Sections& sections);

// `source` with every `%name%` replaced. Only for text of this build; data is always a parameter.
std::string composed(std::string source, const std::vector<std::pair<std::string_view, std::string>>& pieces);

}  // namespace ferry::sql
