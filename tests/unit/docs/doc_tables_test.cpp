// SPDX-License-Identifier: Apache-2.0
// Tables of the documents against those of the code: what one of them names, the other has. A further table
// is a line of kTables.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "cli/commands.hpp"
#include "config/config.hpp"
#include "findings/kinds.hpp"
#include "pipeline/event_choice.hpp"
#include "sinks/message_ids.hpp"

namespace stray {
namespace {

using Names = std::set<std::string>;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) out.push_back(line);
  return out;
}

std::string document(const std::string& path) {
  std::ifstream file(STRAY_SOURCE_DIR "/" + path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string trimmed(const std::string& text) {
  const auto from = text.find_first_not_of(' ');
  return from == std::string::npos ? "" : text.substr(from, text.find_last_not_of(' ') - from + 1);
}

// The rows of the first table whose head begins with `head`, as cells.
std::vector<std::vector<std::string>> rows_of(const std::string& path, const std::string& head) {
  std::vector<std::vector<std::string>> rows;
  bool inside = false;
  for (std::string line : lines_of(document(path))) {
    for (auto at = line.find("\\|"); at != std::string::npos; at = line.find("\\|")) line.replace(at, 2, "/");
    if (inside && !line.starts_with("|")) break;
    inside |= line.starts_with(head);
    if (!inside || line.starts_with(head) || line.starts_with("| ---")) continue;
    std::vector<std::string> cells;
    std::istringstream stream(line.substr(1));
    for (std::string cell; std::getline(stream, cell, '|');) cells.push_back(trimmed(cell));
    rows.push_back(cells);
  }
  EXPECT_FALSE(rows.empty()) << path << " has no table that begins with " << head;
  return rows;
}

// What stands between backquotes, or all of a text that has none.
Names quoted(const std::string& text) {
  Names out;
  for (auto at = text.find('`'); at != std::string::npos; at = text.find('`', at)) {
    const auto end = text.find('`', at + 1);
    out.insert(text.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return out.empty() ? Names{text} : out;
}

Names column(const std::string& path, const std::string& head, std::size_t which) {
  Names out;
  for (const auto& row : rows_of(path, head)) out.merge(quoted(row.at(which)));
  return out;
}

Names kinds() {
  Names out;
  for (const Kind kind : kKinds) out.emplace(to_string(kind));
  return out;
}

// Kind, when and wait, as a row of a table has them.
Names kind_rows() {
  Names out;
  for (const KindRow* row : kinds_by_decisiveness())
    out.insert(std::string(row->name) + " | " + std::string(row->when) + " | " + std::string(row->wait));
  return out;
}

// The same of a document, whose kinds are linked to their pages.
Names documented_kinds(const std::string& path, const std::string& folder) {
  Names out;
  for (const auto& row : rows_of(path, "| kind | raised when |")) {
    const std::string name = *quoted(row.at(0)).begin();
    EXPECT_EQ(row.at(0), "[`" + name + "`](" + folder + name + ".md)") << path;
    out.insert(name + " | " + row.at(1) + " | " + row.at(2));
  }
  return out;
}

// Of the sources: {"code", text} and {condition ? "code" : "code", text}.
Names evidence_codes() {
  static const std::regex code(R"re(\{(?:\w+ \? "([a-z][\w-]*)" : )?"([AD]\d|[a-z][\w-]*)",)re");
  Names out;
  for (const std::string folder : {"findings", "supervision"})
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(STRAY_SOURCE_DIR "/userspace/" + folder))
      if (entry.path().extension() == ".cpp" && entry.path().stem() != "supervisor_commands")
        for (const std::string& line :
             lines_of(document("userspace/" + folder + "/" +
                               relative(entry.path(), STRAY_SOURCE_DIR "/userspace/" + folder).string())))
          for (std::sregex_iterator it(line.begin(), line.end(), code), end; it != end; ++it)
            if (line.find("for (const std::string_view") == std::string::npos)
              for (const std::size_t group : {1u, 2u})
                if ((*it)[group].matched) out.insert((*it)[group]);
  return out;
}

Names documented_evidence() {
  Names out;
  for (const std::string& line : lines_of(document("docs/evidence.md")))
    if (line.starts_with("| `")) out.insert(line.substr(3, line.find('`', 3) - 3));
  out.erase("D4");  // of no output
  return out;
}

Names actions() {
  Names out;
  std::istringstream stream(EventChoice::names());
  for (std::string name; std::getline(stream, name, ',');) out.insert(trimmed(name));
  out.erase("all"), out.erase("none");
  return out;
}

Names actions_and_those_of_findings() {
  Names out = actions();
  for (const auto action : {Finding::Action::raised, Finding::Action::updated, Finding::Action::cleared})
    out.emplace(to_string(action));
  return out;
}

Names commands() {
  Names out;
  for (const Command* command : all_commands()) out.emplace(command->name);
  return out;
}

// "stray replay FILE" and "stray config check|show" name a command each.
Names commands_of_readme() {
  Names out;
  for (const std::string& usage : column("README.md", "| command |", 0))
    if (usage.starts_with("stray ")) out.insert(usage.substr(6, usage.find(' ', 6) - 6));
  return out;
}

Names exit_codes() {
  Names out;
  for (const int code : {kFine, kFindings, kUsage, kDamaged, kNotPossible, kFailure, kNotFound})
    out.insert(std::to_string(code));
  return out;
}

// "[table] name = value" of each line of a TOML text, for the tables that hold plain defaults.
Names settings(const std::string& toml) {
  Names out;
  std::string table;
  for (const std::string& line : lines_of(toml)) {
    if (line.starts_with("[")) table = line.substr(0, line.find(']') + 1);
    if ((table != "[times]" && table != "[limits]") || line.starts_with("[") || line.starts_with("#"))
      continue;
    if (line.find('=') != std::string::npos)
      out.insert(table + " " + trimmed(line.substr(0, line.find('#'))));
  }
  return out;
}

struct Table {
  const char* name;
  std::function<Names()> code, document;
};

const Table kTables[] = {
    {"kinds of findings", kind_rows, [] { return documented_kinds("docs/findings/README.md", ""); }},
    {"kinds of findings in the README", kind_rows,
     [] { return documented_kinds("README.md", "docs/findings/"); }},
    {"codes of evidence", evidence_codes, documented_evidence},
    {"event actions", actions_and_those_of_findings,
     [] { return column("docs/output.md", "| `event.kind` |", 1); }},
    {"exit codes", exit_codes, [] { return column("docs/output.md", "| code |", 0); }},
    {"commands", commands, commands_of_readme},
    {"times and limits of the configuration", [] { return settings(config_text(Config())); },
     [] { return settings(document("docs/configuration.md")); }},
};

TEST(DocTables, SayWhatTheCodeSays) {
  for (const Table& table : kTables) {
    const Names code = table.code(), documented = table.document();
    for (const std::string& name : code)
      EXPECT_TRUE(documented.contains(name)) << table.name << ": not documented: " << name;
    for (const std::string& name : documented)
      EXPECT_TRUE(code.contains(name)) << table.name << ": documented, but not in the code: " << name;
  }
}

TEST(DocTables, EachKindHasAPageThatSaysWhatItsRowSays) {
  for (const KindRow* row : kinds_by_decisiveness()) {
    const std::string page = document("docs/findings/" + std::string(row->name) + ".md");
    for (const std::string_view text : {row->impact, row->reason, row->wait, row->hint, row->when.substr(1)})
      EXPECT_NE(page.find(text), std::string::npos) << row->name << ": its page does not say: " << text;
  }
}

TEST(MessageIds, EachKindAndActionHasOne) {
  Names names = kinds();
  names.merge(actions());
  names.insert({"ready", "summary", "finding-cleared"});
  for (const std::string& name : names) EXPECT_NE(message_id(name), "") << name;
}

}  // namespace
}  // namespace stray
