// SPDX-License-Identifier: Apache-2.0
#include "program/languages/other_runtimes.hpp"

#include <array>

#include "base/words.hpp"

namespace stray {
namespace {

struct Grammar {
  Runtime runtime;
  std::string_view value_options;  // whose value is the next word
  std::string_view eval;           // the next word is the program
  std::string_view module;         // the next word names what is run, and is no file
  std::string_view file;           // the next word is the script
  std::string_view oneshot;
  bool bare_is_file = true;  // a word that is no option is the script, else a class
};

constexpr Grammar kGrammars[] = {
    {.runtime = Runtime::python,
     .value_options = "-W|-X|--check-hash-based-pycs",
     .eval = "-c",
     .module = "-m",
     .file = "",
     .oneshot = "-V|--version|-h|--help"},
    {.runtime = Runtime::ruby,
     .value_options = "-r|-I|-C|-E|-F|-K|-x",
     .eval = "-e",
     .module = "",
     .file = "",
     .oneshot = "-v|--version|-h|--help|-c"},
    {.runtime = Runtime::java,
     .value_options = "-cp|-classpath|--class-path|-p|--module-path|--upgrade-module-path|--add-modules|"
                      "--add-opens|--add-exports|--add-reads|--patch-module|--source",
     .eval = "",
     .module = "-m|--module",
     .file = "-jar",
     .oneshot = "-version|--version|-help|--help|-h|-?",
     .bare_is_file = false},
    {.runtime = Runtime::php,
     .value_options = "-c|-d|-z|-t|-B|-R|-E",
     .eval = "-r",
     .module = "",
     .file = "-f|-F",
     .oneshot = "-v|--version|-i|-m|-h|--help|-l"},
};

constexpr std::array<std::string_view, 9> kNames = {"none",   "node", "bun",  "deno", "electron",
                                                    "python", "ruby", "java", "php"};

void set(Program& program, EntryKind kind, std::string_view entry, Role role) {
  program.entry_kind = kind;
  program.entry = entry;
  program.role = role;
}

}  // namespace

std::string_view to_string(Runtime runtime) {
  const auto index = static_cast<std::size_t>(runtime);
  return index < kNames.size() ? kNames[index] : "other";  // that one has a name of its own
}

std::optional<Runtime> runtime_named(std::string_view name) {
  for (std::size_t i = 1; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<Runtime>(i);
  return {};
}

bool is_other_runtime(Runtime runtime) { return runtime >= Runtime::python && runtime <= Runtime::php; }

Program recognise_other_runtime(Runtime runtime, const ProgramView& view) {
  Program program;
  program.runtime = runtime;
  const auto* grammar = std::find_if(std::begin(kGrammars), std::end(kGrammars),
                                     [&](const Grammar& g) { return g.runtime == runtime; });
  const Words words = words_of(view.argv);
  if (grammar == std::end(kGrammars) || words.empty()) {
    set(program, EntryKind::titled, {}, Role::app);
    return program;
  }
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const std::string_view next = i + 1 < words.size() ? words[i + 1] : std::string_view();
    if (word == "-") return set(program, EntryKind::stdin_, {}, Role::eval), program;
    if (word == "--" && !next.empty()) return set(program, EntryKind::file, next, Role::app), program;
    if (one_of(grammar->eval, word)) return set(program, EntryKind::eval, {}, Role::eval), program;
    if (one_of(grammar->module, word)) return set(program, EntryKind::run, next, Role::app), program;
    if (one_of(grammar->file, word)) return set(program, EntryKind::file, next, Role::app), program;
    if (one_of(grammar->oneshot, word)) return set(program, EntryKind::oneshot, {}, Role::cli), program;
    if (runtime == Runtime::php &&
        word == "-S") {  // its web server, which its manual calls one for development
      set(program, EntryKind::run, next, Role::dev_tool);
      program.name = "php -S";
      return program;
    }
    if (one_of(grammar->value_options, word)) {
      ++i;
      continue;
    }
    if (is_option(word)) continue;
    return set(program, grammar->bare_is_file ? EntryKind::file : EntryKind::run, word, Role::app), program;
  }
  const bool terminal = view.stdin_terminal.value_or(true);
  set(program, terminal ? EntryKind::repl : EntryKind::stdin_, {}, terminal ? Role::interactive : Role::eval);
  return program;
}

}  // namespace stray
