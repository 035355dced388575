// SPDX-License-Identifier: Apache-2.0
#include "program/package_managers.hpp"
#include "base/layout.hpp"

namespace stray {
namespace {

struct Manager {
  std::string_view name;
  std::string_view scripts;        // base names, without a script suffix
  std::string_view verbs;          // commands that run what the next word names
  std::string_view own_scripts;    // commands that run the script of their own name
  std::string_view value_options;  // options with a separate value
  std::string_view oneshot;        // "": every other command; else the only ones, other words are scripts
};

constexpr Manager kManagers[] = {
    {.name = "npm",
     .scripts = "npm|npm-cli",
     .verbs = "run|run-script|rum|urn|exec|x|explore",
     .own_scripts = "start|test|t|tst|stop|restart",
     .value_options =
         "--prefix|-w|--workspace|-C|--userconfig|--globalconfig|--cache|--registry|--loglevel|"
         "--script-shell|--node-options|-p|--package|-c|--call|--omit|--include|--tag|--otp|--scope",
     .oneshot = ""},
    {.name = "yarn",
     .scripts = "yarn|yarnpkg|yarn-cli",
     .verbs = "run|exec|dlx|node|workspace|workspaces",
     .own_scripts = "",
     .value_options = "--cwd|--modules-folder|--cache-folder|--registry|--use-yarnrc|--mutex",
     .oneshot =
         "install|add|remove|upgrade|upgrade-interactive|up|why|info|list|cache|config|init|create|version|"
         "versions|publish|pack|audit|outdated|link|unlink|global|import|licenses|login|logout|set|dedupe|"
         "plugin|rebuild|unplug|patch|patch-commit|npm|check|bin|generate-lock-entry|autoclean|help|owner|"
         "policies|tag|team|constraints|explain|search|stage"},
    {.name = "pnpm",
     .scripts = "pnpm",
     .verbs = "run|run-script|exec|dlx",
     .own_scripts = "",
     .value_options =
         "-C|--dir|-F|--filter|--filter-prod|--reporter|--loglevel|--registry|--store-dir|--shell-mode|"
         "--workspace-concurrency",
     .oneshot =
         "install|i|add|remove|rm|uninstall|un|update|up|upgrade|list|ls|ll|la|why|outdated|audit|publish|"
         "pack|"
         "store|import|link|ln|unlink|prune|rebuild|rb|fetch|deploy|env|config|c|init|create|setup|patch|"
         "patch-commit|patch-remove|bin|root|dedupe|licenses|server|self-update|approve-builds|cat-file|"
         "cat-index|find-hash|cache|doctor|help|install-test|it|ci|get|set|whoami|login|logout"},
};

// npx and its kind: the first word is what is run.
struct Runner {
  std::string_view scripts, name;
};
constexpr Runner kRunners[] = {{"npx|npx-cli", "npm exec"}, {"pnpx", "pnpm dlx"}};

std::size_t skip_options(const Words& args, std::size_t i, std::string_view with_value) {
  for (; i < args.size() && is_option(args[i]); ++i) {
    if (args[i] == "--") return i + 1;
    if (!contains(args[i], "=") && one_of(with_value, args[i])) ++i;
  }
  return std::min(i, args.size());
}

// `yarn-4.1.0.cjs` of .yarn/releases is yarn.
std::string_view without_version(std::string_view name) {
  const auto dash = name.rfind('-');
  if (dash == std::string_view::npos || dash + 1 == name.size()) return name;
  const char next = name[dash + 1];
  return next >= '0' && next <= '9' ? name.substr(0, dash) : name;
}

// Other names of one command are reported as the first: npm x is npm exec.
std::string_view plain_verb(std::string_view verb) {
  if (one_of("run-script|rum|urn", verb)) return "run";
  if (one_of("t|tst", verb)) return "test";
  return verb == "x" ? "exec" : verb;
}

std::string with_spaces(std::initializer_list<std::string_view> words) { return joined(words, " "); }

PackageManagerRun run_of(const Manager& manager, const Words& args) {
  const std::size_t at = skip_options(args, 0, manager.value_options);
  const bool asks = std::any_of(args.begin(), args.begin() + static_cast<std::ptrdiff_t>(at),
                                [](auto word) { return one_of("-v|--version|-h|--help", word); });
  if (asks || at == args.size()) return {Role::cli, std::string(manager.name)};
  const std::string_view verb = args[at];
  if (one_of(manager.own_scripts, verb))
    return {Role::wrapper, with_spaces({manager.name, plain_verb(verb)})};
  if (one_of(manager.verbs, verb)) {
    const std::size_t what = skip_options(args, at + 1, manager.value_options);
    if (what < args.size()) return {Role::wrapper, with_spaces({manager.name, plain_verb(verb), args[what]})};
    // `npm exec -c 'prisma studio'` has no word of its own; `npm run` alone lists the scripts.
    const bool runs = plain_verb(verb) == "exec";
    return {runs ? Role::wrapper : Role::cli, with_spaces({manager.name, plain_verb(verb)})};
  }
  const bool script = !manager.oneshot.empty() && !one_of(manager.oneshot, verb);
  return {script ? Role::wrapper : Role::cli, with_spaces({manager.name, verb})};
}

}  // namespace

std::optional<PackageManagerRun> recognise_package_manager(std::string_view command, Words args) {
  std::string_view name = without_version(without_script_suffix(command));
  if (name == "corepack") {
    const std::size_t at = skip_options(args, 0, {});
    if (at == args.size() ||
        !one_of("npm|npx|yarn|yarnpkg|pnpm|pnpx", args[at].substr(0, args[at].find('@'))))
      return PackageManagerRun{Role::cli, "corepack"};
    name = args[at].substr(0, args[at].find('@'));
    args.erase(args.begin(), args.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
  for (const Runner& runner : kRunners) {
    if (!one_of(runner.scripts, name)) continue;
    const std::size_t at = skip_options(args, 0, "-p|--package|-w|--workspace|-c|--call|--cache|--registry");
    return PackageManagerRun{
        Role::wrapper, at < args.size() ? with_spaces({runner.name, args[at]}) : std::string(runner.name)};
  }
  for (const Manager& manager : kManagers)
    if (one_of(manager.scripts, name)) return run_of(manager, args);
  return {};
}

}  // namespace stray
