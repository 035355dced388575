// SPDX-License-Identifier: Apache-2.0
#include "program/languages/bun_deno_argv.hpp"

namespace stray {
namespace {

constexpr std::string_view kBunValueOptions =
    "-r|--preload|--require|--import|--cwd|-c|--config|--env-file|-F|--filter|--port|-d|--define|-l|--loader|"
    "--tsconfig-override|--conditions|--shell|--title|--main-fields|--extension-order|--drop|--backend";
constexpr std::string_view kBunOneshot =
    "install|i|add|a|remove|rm|update|upgrade|link|unlink|pm|build|create|c|init|outdated|publish|patch|"
    "patch-commit|audit|why|info|completions|help|discord";
constexpr std::string_view kDenoValueOptions =
    "-c|--config|--import-map|--lock|--cert|--location|--seed|-L|--log-level|--host|--port|--preload|--"
    "import|"
    "--node-modules-dir|--cwd|-f|--filter|--ext";
constexpr std::string_view kDenoOneshot =
    "install|i|uninstall|cache|fmt|lint|check|compile|doc|info|init|add|remove|outdated|update|upgrade|"
    "publish|"
    "types|vendor|bundle|coverage|completions|clean|help|approve-scripts|audit|create";

void set(OtherCommand& out, Role role, EntryKind kind, std::string name) {
  out.role = role;
  out.kind = kind;
  out.name = std::move(name);
}

// Notes what matters of the options at `i`, and moves to the first word that is none.
std::size_t skip_options(const Words& words, std::size_t i, std::string_view with_value, OtherCommand& out) {
  for (; i < words.size() && is_option(words[i]) && words[i] != "--"; ++i) {
    const std::string_view word = words[i];
    for (const std::string_view option : {"--watch", "--hot", "--watch-hmr"})
      if (is_option_named(word, option)) out.name = option, out.watcher = true;
    for (const std::string_view option : {"--inspect", "--inspect-brk", "--inspect-wait"}) {
      if (!is_option_named(word, option)) continue;
      out.inspector.open = true;
      // bun puts a path behind the port: --inspect=localhost:4000/debug
      if (word.size() > option.size()) {
        const std::string_view value = word.substr(option.size() + 1);
        out.inspector.set(value.substr(0, value.find('/')));
      }
    }
    if (one_of("-e|--eval|-p|--print", word)) out.kind = EntryKind::eval;
    if (one_of("-v|--version|-V|-h|--help|--revision", word)) out.kind = EntryKind::oneshot;
    if (one_of(with_value, word) || out.kind == EntryKind::eval) ++i;
  }
  if (i < words.size() && words[i] == "--") ++i;
  return std::min(i, words.size());
}

// `bun server.ts` runs a file, `bun dev` a script of package.json.
bool is_file_name(std::string_view word) { return word == "." || contains(word, "/") || contains(word, "."); }

// Files of a watcher make a dev tool; `runner` is what the name begins with.
void run_file(OtherCommand& out, std::string_view runner, std::string_view entry, std::size_t rest) {
  out.entry = entry;
  out.rest = rest;
  out.kind = entry == "-" ? EntryKind::stdin_ : EntryKind::file;
  out.role = out.watcher ? Role::dev_tool : (entry == "-" ? Role::eval : Role::app);
  out.name = out.watcher ? std::string(runner) + " " + out.name : std::string();
}

// True when options alone decided what runs.
bool settled(OtherCommand& out, std::string_view runner) {
  if (out.kind == EntryKind::eval) return set(out, Role::eval, EntryKind::eval, {}), true;
  if (out.kind == EntryKind::oneshot)
    return set(out, Role::cli, EntryKind::oneshot, std::string(runner)), true;
  return false;
}

void run_script(OtherCommand& out, std::string_view script) {
  out.entry = script;
  set(out, Role::wrapper, EntryKind::run, "bun run " + std::string(script));
}

}  // namespace

OtherCommand parse_bun(const Words& words) {
  OtherCommand out;
  if (!words.empty() && file_name(words[0]) == "bunx") {  // one binary, two names
    const std::size_t i = skip_options(words, 1, "-p|--package", out);
    set(out, Role::wrapper, EntryKind::run, i < words.size() ? "bun x " + std::string(words[i]) : "bun x");
    return out;
  }
  std::size_t i = skip_options(words, 1, kBunValueOptions, out);
  if (settled(out, "bun")) return out;
  if (i == words.size()) return set(out, Role::cli, EntryKind::oneshot, "bun"), out;  // prints its help
  std::string_view word = words[i];
  if (word == "run") {
    i = skip_options(words, i + 1, kBunValueOptions, out);
    if (settled(out, "bun run")) return out;
    if (i == words.size()) return set(out, Role::cli, EntryKind::oneshot, "bun run"), out;
    word = words[i];
  } else if (word == "x") {
    i = skip_options(words, i + 1, "-p|--package", out);
    set(out, Role::wrapper, EntryKind::run, i < words.size() ? "bun x " + std::string(words[i]) : "bun x");
    return out;
  } else if (word == "test") {
    skip_options(words, i + 1, kBunValueOptions, out);
    const bool watcher = out.watcher;
    set(out, watcher ? Role::dev_tool : Role::cli, EntryKind::test,
        watcher ? "bun test --watch" : "bun test");
    return out;
  } else if (word == "repl") {
    return set(out, Role::interactive, EntryKind::repl, {}), out;
  } else if (one_of(kBunOneshot, word)) {
    skip_options(words, i + 1, kBunValueOptions, out);
    const std::string name = "bun " + std::string(word);
    if (out.watcher) return set(out, Role::dev_tool, EntryKind::oneshot, name + " --watch"), out;
    return set(out, Role::cli, EntryKind::oneshot, name), out;
  }
  if (word == "-" || is_file_name(word))
    run_file(out, "bun", word, i + 1);
  else
    run_script(out, word);
  return out;
}

OtherCommand parse_deno(const Words& words) {
  OtherCommand out;
  std::size_t i = skip_options(words, 1, kDenoValueOptions, out);
  if (settled(out, "deno")) return out;
  if (i == words.size()) return set(out, Role::interactive, EntryKind::repl, {}), out;
  const std::string_view word = words[i];
  const std::string name = "deno " + std::string(word);
  if (one_of(kDenoOneshot, word)) return set(out, Role::cli, EntryKind::oneshot, name), out;
  if (word == "test" || word == "bench") {
    skip_options(words, i + 1, kDenoValueOptions, out);
    const bool watcher = out.watcher;
    set(out, watcher ? Role::dev_tool : Role::cli, EntryKind::test, watcher ? name + " --watch" : name);
    return out;
  }
  if (word == "eval") return set(out, Role::eval, EntryKind::eval, {}), out;
  if (word == "repl") return set(out, Role::interactive, EntryKind::repl, {}), out;
  if (word == "lsp") {
    out.ide = true;
    return set(out, Role::dev_tool, EntryKind::file, "language server"), out;
  }
  const bool verb = word == "run" || word == "serve" || word == "task";
  if (verb) i = skip_options(words, i + 1, kDenoValueOptions, out);
  if (i == words.size()) return set(out, Role::cli, EntryKind::oneshot, name), out;
  if (word == "task") {
    out.entry = words[i];
    return set(out, Role::wrapper, EntryKind::run, "deno task " + std::string(words[i])), out;
  }
  run_file(out, word == "serve" ? "deno serve" : "deno run", words[i], i + 1);
  return out;
}

OtherCommand parse_electron(const Words& words) {
  OtherCommand out;
  const bool helper =
      std::any_of(words.begin(), words.end(), [](auto w) { return w.starts_with("--type="); });
  if (helper) return set(out, Role::none, EntryKind::none, {}), out;  // renderer, GPU: part of its parent
  const std::size_t i = skip_options(words, 1, "-r|--require|-a|--abi", out);
  if (out.kind == EntryKind::oneshot) return set(out, Role::cli, EntryKind::oneshot, "electron"), out;
  if (i == words.size()) return set(out, Role::interactive, EntryKind::repl, {}), out;
  out.entry = words[i];
  out.rest = i + 1;
  // A packed archive is an installed desktop program, a directory a developer's run.
  if (out.entry.ends_with(".asar")) return set(out, Role::none, EntryKind::file, {}), out;
  const bool script = without_script_suffix(out.entry) != out.entry;
  set(out, script ? Role::app : Role::dev_tool, EntryKind::file, script ? std::string() : "electron");
  return out;
}

}  // namespace stray
