// SPDX-License-Identifier: Apache-2.0
#include "program/host_programs.hpp"

#include "base/glob.hpp"
#include "base/words.hpp"

namespace stray {
namespace {

bool one_of(const std::vector<std::string>& options, std::string_view word) {
  return std::find(options.begin(), options.end(), word) != options.end();
}

void set(Program& program, Role role, EntryKind kind, std::string_view entry) {
  program.role = role, program.entry_kind = kind, program.entry = entry;
}

// Where the code comes from: the first word that is no option and no option's value.
void read_command(const LanguageRule& rule, const Words& words, Program& program) {
  if (words.empty()) return set(program, Role::app, EntryKind::titled, {});  // not read yet
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view next = i + 1 < words.size() ? words[i + 1] : std::string_view();
    if (one_of(rule.eval_options, words[i])) return set(program, Role::eval, EntryKind::eval, {});
    if (one_of(rule.module_options, words[i])) return set(program, Role::app, EntryKind::run, next);
    if (one_of(rule.file_options, words[i])) return set(program, Role::app, EntryKind::file, next);
    if (one_of(rule.value_options, words[i]))
      ++i;
    else if (words[i] == "-")
      return set(program, Role::eval, EntryKind::stdin_, {});
    else if (!is_option(words[i]))
      return set(program, Role::app, EntryKind::file, words[i]);
  }
  set(program, Role::interactive, EntryKind::repl, {});
}

bool known(const Program& program) {
  return program.runtime != Runtime::none || program.role != Role::none || program.supervisor ||
         program.daemon || program.breaker != Breaker::none || program.shell;
}

SupervisorKind kind_of(const SupervisorRule& rule) {
  return {.name = rule.name,
          .restarts = rule.restarts ? Restarts::yes : Restarts::no,
          .by_system = rule.by_system};
}

}  // namespace

bool ProgramMatch::matches(const ProgramView& view) const {
  if (!exe.empty() && !matches_any_glob(exe, std::string(view.exe)) &&
      !matches_any_glob(exe, std::string(file_name(view.exe))))
    return false;
  if (argv.empty()) return !exe.empty();
  std::string line;
  view.argv.each([&](std::string_view word) { line.append(line.empty() ? "" : " ").append(word); });
  return matches_glob(argv, line);
}

Runtime ProgramRules::runtime_of(const ProgramView& view) const {
  for (const LanguageRule& rule : runtimes)
    if (rule.like != Runtime::none && rule.match.matches(view)) return rule.like;
  return Runtime::none;
}

void ProgramRules::apply(const ProgramView& view, Program& program) const {
  if (!known(program))
    for (const LanguageRule& rule : runtimes) {
      if (rule.like != Runtime::none || !rule.match.matches(view)) continue;
      program.runtime = Runtime::other;
      program.runtime_name = rule.name;
      read_command(rule, words_of(view.argv), program);
      break;
    }
  for (const DevToolRule& rule : dev_tools) {
    if (!rule.match.matches(view)) continue;
    program.role = Role::dev_tool, program.name = rule.name;
    program.watcher = rule.watcher, program.data_explorer = rule.data_explorer;
    break;
  }
  for (const DaemonRule& rule : daemons) {
    if (!rule.match.matches(view)) continue;
    program.daemon = true, program.name = rule.name;
    break;
  }
  for (const SupervisorRule& rule : supervisors) {
    if (!rule.match.matches(view)) continue;
    program.role = Role::supervisor, program.name = rule.name, program.daemon = true;
    program.supervisor = kind_of(rule);
    break;
  }
}

bool ProgramRules::is_launcher(const std::string& unit) const {
  return std::any_of(launcher_units.begin(), launcher_units.end(),
                     [&](const std::string& pattern) { return matches_glob(pattern, unit); });
}

void ProgramRules::restore_supervisor(Program& program) const {
  if (program.role != Role::supervisor || program.supervisor) return;
  for (const SupervisorRule& rule : supervisors)
    if (rule.name == program.name) program.supervisor = kind_of(rule);
}

}  // namespace stray
