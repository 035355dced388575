// SPDX-License-Identifier: Apache-2.0
// stray fleet: what many hosts answered, in one table.
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

#include "base/printable.hpp"
#include "cli/arguments.hpp"
#include "cli/commands/fleet.hpp"
#include "cli/options.hpp"
#include "cli/standard_output.hpp"
#include "config/kind_name.hpp"
#include "fleet/view.hpp"

namespace stray {
namespace {

constexpr std::size_t kLongestLine = std::size_t{16} << 20;  // a document is some kB: beyond is none
constexpr std::size_t kProblemsTold = 5;

struct FleetOptions {
  std::vector<std::string> files;  // "-": standard input
  std::string hosts, severity, format = "text";
  std::vector<std::string> kinds;
  Engine engine;
  bool json = false;
};

// What is no document of a host that is known.
struct Problems {
  std::size_t count = 0;
  void tell(const std::string& file, std::size_t line, std::string_view what) {
    if (++count <= kProblemsTold) spdlog::warn("{}:{}: {}", file, line, what);
  }
};

// One line without its end, of a longer one than kLongestLine the beginning and one more. False: there is
// none.
bool next_line(std::istream& in, std::string& line) {
  line.clear();
  std::streambuf& bytes = *in.rdbuf();
  int c = bytes.sbumpc();
  if (c == std::char_traits<char>::eof()) return false;
  for (; c != std::char_traits<char>::eof() && c != '\n'; c = bytes.sbumpc())
    if (line.size() <= kLongestLine) line += static_cast<char>(c);
  return true;
}

void read_lines(std::istream& in, const std::string& file, std::string_view origin, Answers& answers,
                Problems& problems) {
  std::string line;
  for (std::size_t number = 1; next_line(in, line); ++number) {
    if (line.empty()) continue;
    if (line.size() > kLongestLine)
      problems.tell(file, number, "left out: longer than 16 MiB");
    else if (!answers.read(line, origin))
      problems.tell(file, number, "left out: no document of `stray scan --json` whose host is known");
  }
}

// "answers/web01.json" -> "web01": the host of documents that name none.
std::string host_of_file(const std::string& file) {
  const std::string name = file.substr(file.rfind('/') + 1);
  for (const std::string_view ending : {".ndjson", ".json"})
    if (name.size() > ending.size() && name.ends_with(ending))
      return name.substr(0, name.size() - ending.size());
  return name;
}

void read_all_files(const std::vector<std::string>& files, Answers& answers, Problems& problems) {
  for (const std::string& file : files) {
    if (file == "-") {
      read_lines(std::cin, "standard input", "", answers, problems);
      continue;
    }
    std::ifstream in(file);
    if (!in || std::filesystem::is_directory(file)) throw UsageError(printable(file) + ": cannot be read");
    read_lines(in, file, host_of_file(file), answers, problems);
  }
}

std::string printed(const FleetTable& table, const std::string& format, bool json) {
  if (json) return fleet_documents(table);
  if (format == "md") return fleet_markdown(table);
  return format == "html" ? fleet_html(table) : fleet_text(table);
}

FleetFilter filter_of(const FleetOptions& options) {
  FleetFilter out;
  if (!options.severity.empty()) out.at_least = parse_severity(options.severity, "--severity");
  for (const std::string& name : options.kinds) out.kinds.emplace_back(to_string(parse_kind(name, "--kind")));
  return out;
}

int fleet_scan(const FleetOptions& options) {
  if (options.json && options.format != "text") throw UsageError("--json and --format exclude each other");
  const FleetFilter filter = filter_of(options);
  const std::vector<std::string> expected = expected_hosts(options.hosts);
  Answers answers;
  if (options.files.empty()) {
    if (options.engine.shards.empty() && !std::getenv("STRAY_FLEET") && !options.engine.sql)
      throw UsageError(
          "nothing to read: a file, - for standard input, or a store (--engine URL, STRAY_FLEET=URL,URL)");
    const auto table = stored_table(options.engine, expected, filter, answers);
    return table ? show_table(*table, options.format, options.json) : kFine;
  }
  Problems problems;
  read_all_files(options.files, answers, problems);
  if (answers.hosts().empty() && expected.empty())
    throw UsageError("no host answered: the input has no document of `stray scan --json`");
  const FleetTable table = table_of(answers, expected, filter);
  const int code = show_table(table, options.format, options.json);
  if (problems.count > kProblemsTold) spdlog::warn("{} lines were left out in all", problems.count);
  return problems.count ? kDamaged : code;
}

Action declare_scan(Arguments& arguments) {
  const auto options = std::make_shared<FleetOptions>();
  arguments.many("files", options->files,
                 "What `stray scan --json` or `stray check --json` printed on the hosts; - is standard "
                 "input. Without: the store is asked",
                 "FILE");
  arguments.value("--hosts", options->hosts, "Name those of this list that did not answer (a name a line)",
                  "FILE");
  arguments.value("--severity", options->severity,
                  "Only this severity and above: info, notice, warning, critical", "LEVEL");
  arguments.list("--kind", options->kinds, "Only strays with a finding of this kind", "KIND");
  arguments.choice("--format", options->format, {"text", "md", "html"}, "What to print", "FORMAT");
  declare_engine(arguments, options->engine);
  arguments.flag("--json", options->json, "Print one JSON object a line instead of text");
  return [options] { return fleet_scan(*options); };
}

constexpr Command kFleetScan{"scan", "Show the strays of many hosts, equal ones as one line",
                             "clush -w @web sudo stray scan --json | stray fleet scan -", declare_scan};
constexpr const Command* kFleetCommands[] = {&kFleetScan,  &kFleetWhere,  &kFleetExplain, &kFleetCheck,
                                             &kFleetSince, &kFleetSilent, &kFleetRows};

}  // namespace

std::vector<std::string> expected_hosts(const std::string& file) {
  std::vector<std::string> out;
  if (file.empty()) return out;
  std::ifstream in(file);
  if (!in) throw UsageError("--hosts: " + file + " cannot be opened");
  for (std::string line; std::getline(in, line);) {
    line.resize(std::min(line.size(), line.find('#')));
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos) continue;
    const std::string name = line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
    if (name.find_first_of(" \t") != std::string::npos)
      throw UsageError("--hosts: " + file + ": one host a line, and not: " + name);
    out.push_back(name);
  }
  return out;
}

int show_table(const FleetTable& table, const std::string& format, bool json) {
  print(printed(table, format, json));
  if (!table.silent.empty() || !table.limited.empty()) return kNotPossible;
  return table.groups.empty() && table.rules.empty() ? kFine : kFindings;
}

extern const Command kFleet{.name = "fleet",
                            .summary = "Answer for many hosts at once",
                            .example = "clush -w @web sudo stray scan --json | stray fleet scan -",
                            .commands = kFleetCommands};

}  // namespace stray
