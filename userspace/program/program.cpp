// SPDX-License-Identifier: Apache-2.0
#include "program/program.hpp"

#include <array>

#include "base/words.hpp"
#include "program/desk.hpp"
#include "program/dev_tools.hpp"
#include "program/host_programs.hpp"
#include "program/images.hpp"
#include "program/languages/other_runtimes.hpp"
#include "program/languages/python.hpp"
#include "program/languages/runtime_program.hpp"
#include "program/loader.hpp"
#include "program/package_managers.hpp"

namespace stray {
namespace {

constexpr std::size_t kMostCommandBytes = 4096;  // of `sh -c`: what is run stands at the front

Words arguments(StringList argv) {
  Words words = words_of(argv);
  if (!words.empty()) words.erase(words.begin());
  return words;
}

std::string_view first_word(StringList argv) { return argv.bytes().substr(0, argv.bytes().find('\0')); }

// The command of `sh -c`, or nothing. bash and ash: -o takes a word (`-eo pipefail -c`), so does --rcfile.
std::optional<std::string_view> shell_command(const Words& args) {
  bool command = false;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string_view word = args[i];
    const bool option = word.size() > 1 && (word.front() == '-' || word.front() == '+');
    if (!option || word == "--") {
      if (!command) return {};
      return word == "--" && i + 1 < args.size() ? args[i + 1] : word;
    }
    if (word.starts_with("--")) {
      if (one_of("--rcfile|--init-file", word)) ++i;
      if (word == "--command" && i + 1 < args.size()) return args[i + 1];  // fish
      continue;
    }
    command |= word.front() == '-' && contains(word, "c");
    if (contains(word.substr(1), "o")) ++i;
  }
  return {};
}

bool names_runtime(std::string_view command) {
  constexpr std::string_view runtimes =
      "node|nodejs|bun|bunx|deno|electron|npm|npx|yarn|pnpm|pnpx|tsx|ts-node|nodemon|pm2";
  constexpr std::string_view in_word = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
  command = command.substr(0, kMostCommandBytes);
  while (!command.empty()) {
    const auto end = std::min(command.find_first_not_of(in_word), command.size());
    const std::string_view name = file_name(command.substr(0, end));
    if (!name.empty() && name.size() <= 8 && one_of(runtimes, name)) return true;
    command.remove_prefix(std::min(end + 1, command.size()));
  }
  return false;
}

void recognise_shell(Program& program, const Words& args) {
  program.shell = true;
  const auto command = shell_command(args);
  program.shell_c = command.has_value();
  program.runs_runtime = command && names_runtime(*command);
}

// What a row says by itself, without the arguments.
void apply(Program& program, const ImageRow& row) {
  switch (row.what) {
    case ImageClass::supervisor:
      make_supervisor(program, row.detail);
      program.daemon = true;
      break;
    case ImageClass::wrapper:
      program.role = Role::wrapper;
      break;
    case ImageClass::daemon:
      program.daemon = true;
      break;
    case ImageClass::daemonizer:
      program.daemonizer = true;
      break;
    default:
      break;
  }
  if (program.name.empty()) program.name = row.detail;
  program.breaker = row.breaker;
}

// The known script among `python3 -u /usr/bin/supervisord -c x`, or the module of `python -m
// supervisor.supervisord`. A word after an option of one letter may be its value (`ruby -I lib foreman`): the
// next one is looked at too.
const ImageRow* interpreted(const Words& args) {
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (one_of("-c|-e", args[i])) return nullptr;
    if (args[i] == "-m") return i + 1 < args.size() ? find_interpreted(args[i + 1]) : nullptr;
    if (is_option(args[i])) continue;
    const ImageRow* row = find_interpreted(file_name(args[i]));
    const bool may_be_value = i > 0 && args[i - 1].size() == 2;
    if (row || !may_be_value) return row;
  }
  return nullptr;
}

// daemon(1): does it start its client again? Its options end where the client's command begins.
bool is_told_to_respawn(const Words& args) {
  constexpr std::string_view with_value = "CnXPFuRDmeaALMbloOE";
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string_view word = args[i];
    if (word == "--respawn") return true;
    if (word == "--" || !is_option(word)) return false;
    if (word.starts_with("--")) continue;  // a value is behind "="
    const auto valued = word.find_first_of(with_value, 1);
    if (word.substr(0, valued).find('r', 1) != std::string_view::npos) return true;
    if (valued + 1 == word.size()) ++i;
  }
  return false;
}

void recognise_daemonizer(Program& program, const ImageRow& row, const Words& args) {
  if (row.detail.empty() || !is_told_to_respawn(args)) return apply(program, row);
  make_supervisor(program, row.detail);
  program.daemon = true;
}

void recognise_by_word(Program& program, const ProgramView& view, std::string_view end) {
  for (const StringList list : {view.argv, view.title})
    list.each([&](std::string_view word) { program.daemon |= word.ends_with(end); });
  if (const DeskFolder* folder = desk_folder(view.exe); folder && !program.daemon)
    program.desk = folder->desk, program.name = folder->name;
}

void recognise_interpreted(Program& program, const ProgramView& view) {
  const ImageRow* row = interpreted(arguments(view.argv));
  if (!row) row = find_interpreted(view.comm);  // a title or a bundle hides the script; the binary is known
  if (row) return apply(program, *row);
  if (file_name(view.exe).starts_with("python")) recognise_python(program, view);
}

void recognise_busybox(Program& program, StringList argv) {
  Words words = words_of(argv);
  if (words.empty()) return;
  std::string_view applet = file_name(words.front());
  if (applet.starts_with('-')) applet.remove_prefix(1);
  words.erase(words.begin());
  if (applet.starts_with("busybox") && !words.empty()) {
    applet = words.front();
    words.erase(words.begin());
  }
  const ImageRow* row = find_image(applet);
  if (!row) return;
  if (row->what == ImageClass::shell)
    recognise_shell(program, words);
  else
    apply(program, *row);
}

void recognise_tool(Program& program, std::string_view name, const Words& args) {
  const auto match = match_command(name, args, true);
  if (!match || match->row->role == Role::none) return;
  program.role = match->row->role;
  program.name = match->name;
  program.watcher = match->has(kWatcher);
  program.desk = match->row->desk;
  program.daemon = match->has(kDaemonTrait);
}

void recognise_desk(Program& program, const ImageRow& row, StringList argv) {
  switch (row.what) {
    case ImageClass::mcp_server:
      program.desk = Desk::mcp_server;
      break;
    case ImageClass::language_server:
      program.desk = Desk::language_server;
      program.role = Role::dev_tool;
      program.ide = true;
      break;
    case ImageClass::browser:
      if (is_headless(argv, !row.detail.empty())) program.desk = Desk::browser;
      break;
    case ImageClass::editor:
      program.desk = Desk::editor;
      program.name = row.detail;
      return;
    default:
      return;
  }
  if (program.desk != Desk::none) program.name = to_string(program.desk);
}

Runtime runtime_of(ImageClass what) {
  switch (what) {
    case ImageClass::node:
      return Runtime::node;
    case ImageClass::bun:
      return Runtime::bun;
    case ImageClass::deno:
      return Runtime::deno;
    case ImageClass::electron:
      return Runtime::electron;
    default:
      return Runtime::none;
  }
}

// Binaries that are named by their version: ".../claude/versions/2.0.37".
Program by_folder(const ProgramView& view) {
  Program program;
  const std::string_view name = file_name(view.exe);
  if (name.empty() || name.find_first_not_of("0123456789.") != std::string_view::npos) return program;
  const DeskFolder* folder = desk_folder(view.exe);
  if (!folder || folder->desk != Desk::agent) return program;
  program.role = Role::interactive;
  program.name = folder->name;
  program.desk = Desk::agent;
  if (const auto match = match_command(file_name(first_word(view.argv)), arguments(view.argv), true);
      match && match->row->desk != Desk::none)
    program.role = match->row->role, program.name = match->name, program.desk = match->row->desk;
  return program;
}

Program by_tables(const ProgramView& view) {
  const std::string_view name = file_name(view.exe);
  const ImageRow* row = find_image(name);
  if (!row && view.runtime == Runtime::none) return by_folder(view);
  const Runtime runtime = view.runtime != Runtime::none ? view.runtime : runtime_of(row->what);
  if (is_other_runtime(runtime)) {
    Program known;
    recognise_interpreted(known, view);  // supervisord and others stay what they are
    const bool special = known.daemon || known.role != Role::none || known.breaker != Breaker::none ||
                         known.desk != Desk::none;
    return special ? known : recognise_other_runtime(runtime, view);
  }
  if (runtime != Runtime::none) return recognise_runtime(runtime, view);
  Program program;
  switch (row->what) {
    case ImageClass::package_manager:
      if (auto run = recognise_package_manager(name, arguments(view.argv))) {
        program.role = run->role;
        program.name = std::move(run->name);
      }
      break;
    case ImageClass::tool:
      recognise_tool(program, name, arguments(view.argv));
      break;
    case ImageClass::shell:
      recognise_shell(program, arguments(view.argv));
      break;
    case ImageClass::busybox:
      recognise_busybox(program, view.argv);
      break;
    case ImageClass::daemon_by_word:
      recognise_by_word(program, view, row->detail);
      break;
    case ImageClass::interpreter:
      recognise_interpreted(program, view);
      break;
    case ImageClass::daemonizer:
      recognise_daemonizer(program, *row, arguments(view.argv));
      break;
    case ImageClass::mcp_server:
    case ImageClass::language_server:
    case ImageClass::browser:
    case ImageClass::editor:
      recognise_desk(program, *row, view.argv);
      break;
    default:
      apply(program, *row);
      break;
  }
  return program;
}

}  // namespace

std::string_view to_string(Desk desk) {
  constexpr std::array<std::string_view, 8> names = {"",
                                                     "agent",
                                                     "editor",
                                                     "MCP server",
                                                     "language server",
                                                     "type checker",
                                                     "headless browser",
                                                     "worker of python's multiprocessing"};
  return names[static_cast<std::size_t>(desk)];
}

Program recognise(const ProgramView& view) {
  if (is_loader(view.exe))
    if (const auto program = loaded_program(view); program && !is_loader(program->exe))
      return recognise(*program);
  if (!view.rules) return by_tables(view);
  ProgramView known = view;
  if (known.runtime == Runtime::none) known.runtime = view.rules->runtime_of(view);
  Program program = by_tables(known);
  view.rules->apply(view, program);
  return program;
}

bool is_interpreter(std::string_view exe) {
  const ImageRow* row = find_image(file_name(exe));
  return row && (row->what == ImageClass::interpreter || runtime_of(row->what) != Runtime::none);
}

bool wants_environment(const Program& program) {
  return program.runtime != Runtime::none || program.role == Role::wrapper ||
         program.role == Role::dev_tool || program.desk != Desk::none ||
         (program.shell_c && program.runs_runtime);
}

}  // namespace stray
