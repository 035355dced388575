// SPDX-License-Identifier: Apache-2.0
// What a host says of its own programs, beside the tables that stray brings: rows of the configuration file.
// A rule for a supervisor, a dev tool or a daemon wins over those tables; one for a runtime speaks only of
// what they do not know.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "program/program.hpp"

namespace stray {

// Shell patterns (fnmatch). `exe`: against the path or its base name, any of them; `argv`: against the joined
// command line. What is not given matches all; a rule gives at least one.
struct ProgramMatch {
  std::vector<std::string> exe;
  std::string argv;
  bool matches(const ProgramView& view) const;
};

struct LanguageRule {
  std::string name;  // "python": findings say "python server"
  ProgramMatch match;
  Runtime like = Runtime::none;  // its command line is that of node, bun or deno
  // Of its own command line: options with a value (-W x), of code (-c x), of a module (-m x), of a file (-jar
  // x).
  std::vector<std::string> value_options, eval_options, module_options, file_options;
};

struct DevToolRule {
  std::string name;
  ProgramMatch match;
  bool watcher = false, data_explorer = false;
};

struct SupervisorRule {
  std::string name;
  ProgramMatch match;
  bool restarts = true, by_system = false;
};

struct DaemonRule {
  std::string name;
  ProgramMatch match;
};

struct ProgramRules {
  std::vector<LanguageRule> runtimes;
  std::vector<DevToolRule> dev_tools;
  std::vector<SupervisorRule> supervisors;
  std::vector<DaemonRule> daemons;
  std::vector<std::string> launcher_units;  // patterns of units, beside those that stray knows

  // The runtime whose command line this image has, of a rule with `like`; or none.
  Runtime runtime_of(const ProgramView& view) const;
  // Changes what the tables say to what the rules say. A supervisor's name in `program` is borrowed from
  // here.
  void apply(const ProgramView& view, Program& program) const;
  // A unit that starts others' jobs and restarts none of them.
  bool is_launcher(const std::string& unit) const;
  // Of a program out of a saved state, which has no more of a supervisor than its name.
  void restore_supervisor(Program& program) const;
};

}  // namespace stray
