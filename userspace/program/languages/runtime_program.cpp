// SPDX-License-Identifier: Apache-2.0
#include "program/languages/runtime_program.hpp"

#include "program/desk.hpp"
#include "program/dev_tools.hpp"
#include "program/languages/bun_deno_argv.hpp"
#include "program/languages/node_argv.hpp"
#include "program/package_managers.hpp"
#include "program/supervisors.hpp"

namespace stray {
namespace {

constexpr std::string_view kTitleStart = "node ";

void set(Program& program, Role role, std::string name) {
  program.role = role;
  program.name = std::move(name);
}

// The title that an overwritten argv holds, or nothing. A lone "node" is a command line without arguments.
std::string_view title_of(const ProgramView& view, const Words& words) {
  const auto only = [](const Words& list) { return list.size() == 1 ? list.front() : std::string_view(); };
  Words later = words_of(view.title);
  while (!later.empty() && later.back().empty()) later.pop_back();
  const std::string_view title = view.argv_at_exec ? only(later) : only(words);
  const std::string_view name = file_name(title);
  const bool plain = name == file_name(view.exe) || one_of("node|nodejs|bun|deno|electron", name);
  return plain ? std::string_view() : title;
}

class RuntimeImage {
 public:
  RuntimeImage(Runtime runtime, const ProgramView& view) : view_(view), words_(words_of(view.argv)) {
    program_.runtime = runtime;
    // A title leaves the rest of the argument area as NULs.
    if (!view.argv_at_exec)
      while (!words_.empty() && words_.back().empty()) words_.pop_back();
    title_ = title_of(view, words_);
  }

  Program recognise() && {
    const bool as_node = program_.runtime == Runtime::node || env_value(view_.env, "ELECTRON_RUN_AS_NODE");
    if (as_node)
      by_node();
    else
      by_other();
    by_desk();
    if (program_.role == Role::app) program_.name.clear();
    return std::move(program_);
  }

 private:
  void by_node() {
    NodeCommand command;
    const bool overwritten = words_.empty() || (!view_.argv_at_exec && !title_.empty());
    if (!overwritten) command = parse_node(words_, view_.stdin_terminal);
    apply_node_options(command, env_value(view_.env, "NODE_OPTIONS").value_or(""));
    set_inspector(command.inspector, "9229");
    program_.heap_limit_mib = command.heap_limit_mib;
    if (overwritten) return by_title();
    program_.entry_kind = command.kind;
    program_.entry = command.entry;
    args_from_ = command.rest;
    switch (command.kind) {
      case EntryKind::file:
        by_script();
        break;
      case EntryKind::eval:
      case EntryKind::stdin_:
        set(program_, Role::eval, {});
        break;
      case EntryKind::repl:
        set(program_, Role::interactive, {});
        break;
      case EntryKind::run:
        set(program_, Role::wrapper, "node --run " + program_.entry);
        break;
      case EntryKind::test:
        set(program_, Role::cli, "node --test");
        break;
      default:
        set(program_, Role::cli, "node");
        break;
    }
    by_node_options(command);
  }

  // node's own watcher and debugger make a dev tool of what would be an app or a one-shot command.
  void by_node_options(const NodeCommand& command) {
    const bool watch = !command.watch.empty();
    if (command.kind == EntryKind::oneshot ||
        !(watch || command.paused || command.debugger || command.tsx_child))
      return;
    if (program_.role == Role::supervisor || program_.role == Role::wrapper) return;
    program_.watcher |= watch;
    if (program_.role == Role::dev_tool) return;
    const std::string_view name = watch              ? "node --watch"
                                  : command.paused   ? "node --inspect-brk"
                                  : command.debugger ? "node inspect"
                                                     : "tsx";
    set(program_, Role::dev_tool, std::string(name));
  }

  void by_other() {
    if (words_.empty()) {
      program_.entry_kind = EntryKind::titled;
      return set(program_, Role::app, {});
    }
    OtherCommand command = program_.runtime == Runtime::bun    ? parse_bun(words_)
                           : program_.runtime == Runtime::deno ? parse_deno(words_)
                                                               : parse_electron(words_);
    set_inspector(command.inspector, program_.runtime == Runtime::bun ? "6499" : "9229");
    program_.entry_kind = command.kind;
    program_.entry = command.entry;
    program_.watcher = command.watcher;
    program_.ide = command.ide;
    args_from_ = command.rest;
    set(program_, command.role, std::move(command.name));
    if (command.role == Role::app && command.kind == EntryKind::file) by_script();
  }

  // Helpers of agents and editors, by the folder they live in or by their name.
  void by_desk() {
    if (program_.desk == Desk::none && (program_.role == Role::app || program_.role == Role::cli))
      program_.desk = desk_of_entry();
    if (program_.ide && program_.desk == Desk::none) program_.desk = Desk::language_server;
    const DeskFolder* folder = desk_folder(view_.exe);
    if (!folder) folder = desk_folder(program_.entry);
    if (folder && program_.desk == Desk::none) program_.desk = folder->desk;
    if (folder && folder->desk == Desk::agent)
      return set(program_, Role::interactive, std::string(folder->name));
    if (folder || program_.desk == Desk::language_server)
      make_ide(program_.desk == Desk::language_server ? "language server" : folder->name);
  }

  // The name of a package says it, or a name of the user's own that is made of such words.
  Desk desk_of_entry() const {
    if (program_.entry.starts_with("npm:")) return desk_by_name(npm_specifier(program_.entry));
    const std::string_view installed = installed_name(program_.entry);
    if (const Desk desk = desk_by_name(installed); desk != Desk::none) return desk;
    const std::string_view name = without_script_suffix(file_name(program_.entry));
    return contains(name, "-") ? desk_by_name(name) : Desk::none;
  }

  // argv was overwritten before stray saw it, or is not known.
  void by_title() {
    program_.entry_kind = EntryKind::titled;
    set(program_, Role::app, {});
    if (is_pm2_title(title_)) {
      make_supervisor(program_, "pm2");
      program_.daemon = true;
      return;
    }
    if (title_.starts_with("node /")) {
      program_.entry_kind = EntryKind::file;
      program_.entry = whole_pm2_path(title_.substr(kTitleStart.size()));
      args_from_ = words_.size();
      return by_script();
    }
    if (title_.starts_with("next-server (")) return by_next_title();
    if (title_.starts_with("node (vitest")) return set(program_, Role::cli, "vitest");
    Words parts = split(title_, ' ');
    if (parts.empty()) return;
    const std::string_view command = parts.front();
    parts.erase(parts.begin());
    if (auto run = recognise_package_manager(command, parts))
      return set(program_, run->role, std::move(run->name));
    if (parts.empty() && may_be_dev_tool(command)) return by_bare_title(command);
    if (const auto match = match_command(command, parts, false)) take(*match);
  }

  // `webpack serve` that calls itself "webpack": the script of npm that started it may have the arguments.
  // Else it may as well be the server: as a dev tool it is given longest, and what CI starts is a build.
  void by_bare_title(std::string_view command) {
    Words script = split(env_value(view_.env, "npm_lifecycle_script").value_or(""), ' ');
    const auto at = std::find_if(script.begin(), script.end(),
                                 [&](std::string_view word) { return file_name(word) == command; });
    const bool known = at != script.end() || env_value(view_.env, "CI");
    if (!known) return set(program_, Role::dev_tool, std::string(command));
    if (at != script.end()) script.erase(script.begin(), at + 1);
    if (const auto match = match_command(command, script, false)) take(*match);
  }

  // A title is cut to the room of the first argv; pm_exec_path is whole.
  std::string whole_pm2_path(std::string_view seen) const {
    const auto path = env_value(view_.env, "pm_exec_path");
    return std::string(path && path->starts_with(seen) ? *path : seen);
  }

  // `next dev` gives its server NODE_ENV=development; a `next start` without NODE_ENV is no dev tool. While
  // the environment is not known it is taken for one: that finding waits longest.
  void by_next_title() {
    const auto mode = env_value(view_.env, "NODE_ENV");
    const bool dev = mode ? *mode != "production" : view_.env.empty();
    if (dev) set(program_, Role::dev_tool, "next dev");
  }

  void by_script() {
    if (is_pm2_container(program_.entry) && !enter_pm2_container()) return set(program_, Role::app, {});
    const Words args(words_.begin() + static_cast<std::ptrdiff_t>(std::min(args_from_, words_.size())),
                     words_.end());
    if (auto run = recognise_package_manager(file_name(program_.entry), args))
      return set(program_, run->role, std::move(run->name));
    std::optional<ToolMatch> match = match_script(program_.entry, args);
    if (program_.entry.starts_with("npm:")) match = match_command(npm_specifier(program_.entry), args, true);
    set(program_, Role::app, {});
    if (!match) return;
    take(*match);
    if (match->has(kLoader)) enter_loaded(args_from_ + match->next);
  }

  static bool is_pm2_container(std::string_view entry) {
    constexpr std::string_view folder = "/pm2/lib/";
    const std::string_view name = file_name(entry);
    return one_of(
               "ProcessContainer.js|ProcessContainerFork.js|ProcessContainerBun.js|ProcessContainerForkBun."
               "js",
               name) &&
           entry.substr(0, entry.size() - name.size()).ends_with(folder);
  }

  // PM2 loads the app into a script of its own. False: not known yet which app.
  bool enter_pm2_container() {
    program_.entry.clear();
    if (const auto path = env_value(view_.env, "pm_exec_path"))
      program_.entry = *path;
    else if (title_.starts_with("node /"))
      program_.entry = title_.substr(kTitleStart.size());
    program_.entry_kind = program_.entry.empty() ? EntryKind::titled : EntryKind::file;
    return !program_.entry.empty();
  }

  // "npm:@angular/cli@17/ng" -> "@angular/cli"
  static std::string_view npm_specifier(std::string_view specifier) {
    specifier.remove_prefix(std::string_view("npm:").size());
    const auto from = specifier.starts_with('@') ? specifier.find('/') + 1 : 0;
    return specifier.substr(0, specifier.find_first_of("@/", from));
  }

  void take(const ToolMatch& match) {
    if (match.row->role == Role::supervisor)
      make_supervisor(program_, match.name);
    else
      set(program_, match.row->role, match.name);
    program_.watcher |= match.has(kWatcher);
    program_.data_explorer = match.has(kExplorer);
    program_.ide = match.has(kIde);
    program_.desk = match.row->desk;
    program_.daemon = match.has(kDaemonTrait);
  }

  // tsx and ts-node run a script of their own: that one is the entry.
  void enter_loaded(std::size_t start) {
    const std::size_t at = loaded_script(words_, start);
    if (at < words_.size()) {
      program_.entry = words_[at];
      return;
    }
    const bool eval = std::any_of(words_.begin(), words_.end(),
                                  [](auto word) { return one_of("-e|--eval|-p|--print|-pe", word); });
    program_.entry.clear();
    program_.entry_kind = eval ? EntryKind::eval : EntryKind::repl;
    set(program_, eval ? Role::eval : Role::interactive, {});
  }

  void set_inspector(const Inspector& inspector, std::string_view default_port) {
    program_.inspector = inspector.open;
    if (inspector.open) program_.inspector_address = inspector.address(default_port);
  }

  void make_ide(std::string_view name) {
    set(program_, Role::dev_tool, std::string(name));
    program_.ide = true;
  }

  const ProgramView& view_;
  Words words_;
  std::string_view title_;
  std::size_t args_from_ = 0;  // index of the first word after the entry
  Program program_;
};

}  // namespace

void make_supervisor(Program& program, std::string_view name) {
  program.role = Role::supervisor;
  program.name = name;
  if (const SupervisorKind* kind = find_supervisor(name)) program.supervisor = *kind;
}

Program recognise_runtime(Runtime runtime, const ProgramView& view) {
  return RuntimeImage(runtime, view).recognise();
}

}  // namespace stray
