// SPDX-License-Identifier: Apache-2.0
#include "plan/adoption.hpp"

#include <algorithm>

#include "base/quote.hpp"
#include "base/words.hpp"
#include "event.h"
#include "findings/rules.hpp"
#include "findings/treatment.hpp"

namespace stray {
namespace {

std::string absolute(std::string_view path, std::string_view folder) {
  if (path.empty() || path.starts_with('/')) return std::string(path);
  if (path.starts_with("./")) path.remove_prefix(2);
  return std::string(folder) + (folder.ends_with('/') ? "" : "/") + std::string(path);
}

}  // namespace

void take_arguments(const std::vector<std::string>& words, const std::string& entry, Adoption& out) {
  if (words.empty()) return void(out.args_known = false);
  const auto at = std::find(words.begin() + 1, words.end(), entry);
  out.args_known = out.script.empty() || at != words.end();
  if (!out.args_known) return;
  const auto split = out.script.empty() ? words.begin() + 1 : at;
  out.interpreter_args.assign(words.begin() + 1, split);
  out.args.assign(split + (out.script.empty() ? 0 : 1), words.end());
}

std::string_view to_string(Under under) { return under == Under::pm2 ? "pm2" : "systemd"; }

std::optional<Under> under_named(std::string_view name) {
  if (name == "pm2") return Under::pm2;
  if (name == "systemd") return Under::systemd;
  return {};
}

std::string unit_environment(const std::string& name) {
  return std::string(kUnitEnvironments) + "/" + name + ".env";
}

bool is_adoption_name(std::string_view name) { return !name.empty() && plain_name(name) == name; }

std::string adoption_name(const Process& p, const std::string& cwd, const std::string& script) {
  if (const auto package = env_value(p.env(), "npm_package_name"); package && !package->empty())
    return plain_name(file_name(*package));
  if (p.seen && !p.seen->script.package.empty()) return plain_name(file_name(p.seen->script.package));
  if (!file_name(cwd).empty()) return plain_name(file_name(cwd));
  return plain_name(without_script_suffix(file_name(script)));
}

Adoption adoption_of(const Process& p) {
  Adoption out;
  out.process = p.key;
  out.uid = p.uid;
  out.user = p.seen && !p.seen->user.empty() ? p.seen->user : std::to_string(p.uid);
  out.cwd = p.seen && !p.seen->cwd.empty() ? p.seen->cwd : p.image ? p.image->cwd : std::string();
  out.interpreter = p.exe();
  // As it was given, so that a link to the current release stays one; the file itself where the runtime
  // looked for its extension.
  const bool file = p.program().entry_kind == EntryKind::file;
  const bool seen = p.seen && p.seen->script.state == STRAY_SCRIPT_PRESENT && !p.seen->script.path.empty();
  const bool whole = !seen || file_name(p.seen->script.path) == file_name(p.program().entry);
  if (file) out.script = whole ? absolute(p.program().entry, out.cwd) : p.seen->script.path;
  out.name = adoption_name(p, out.cwd, out.script);
  p.env().each([&](std::string_view variable) {
    out.environment.emplace_back(variable.substr(0, variable.find('=')));
  });
  std::sort(out.environment.begin(), out.environment.end());
  std::vector<std::string> words;
  for (const std::string_view word : words_of(p.argv())) words.emplace_back(word);
  take_arguments(words, p.program().entry, out);
  out.redacted = std::any_of(words.begin(), words.end(),
                             [](const std::string& word) { return contains(word, "<redacted>"); });
  if (p.seen)
    for (const Listening& one : p.seen->sockets) out.listens.push_back(one.text());
  out.memory_peak = memory_peak(p);
  out.memory_limit = proposed_memory_limit(out.memory_peak, p.program().heap_limit_mib);
  return out;
}

}  // namespace stray
