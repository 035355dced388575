// SPDX-License-Identifier: Apache-2.0
// Work that comes to its end by itself: installs, builds, backups, test runs, what nohup was given.
#include <algorithm>

#include "base/words.hpp"
#include "findings/rules.hpp"
#include "program/batch.hpp"

namespace stray {
namespace {

bool listens(const Process& p) { return p.seen && !p.seen->sockets.empty(); }

// An install or a build may take as long as a backup; other one-shot tools do not.
bool is_install_or_build(const Program& program) {
  constexpr std::string_view bundlers =
      "webpack|rollup|turbo|nx|lerna|node-gyp|prebuild-install|node-pre-gyp";
  if (program.role == Role::wrapper)
    return contains(program.name, "build") || contains(program.name, "install");
  if (program.role != Role::cli) return false;
  const std::string_view first = std::string_view(program.name).substr(0, program.name.find(' '));
  return one_of("npm|yarn|pnpm|bun|corepack", first) || one_of(bundlers, first) ||
         program.name.ends_with(" build");
}

bool may_be_in_a_job(Role role) { return role == Role::cli || role == Role::wrapper || role == Role::none; }

// Without being told what it is: nohup is for what shall go on after its terminal. A server of JavaScript was
// started so in production too often to be waited for.
bool outlives_its_terminal_on_purpose(const Scene& scene, const Process& p) {
  const Program& program = p.program();
  const bool javascript = program.runtime != Runtime::none && program.runtime < Runtime::python;
  return !javascript && program.role != Role::dev_tool && program.role != Role::wrapper &&
         started_with_nohup(scene, p);
}

}  // namespace

bool started_with_nohup(const Scene& scene, const Process& p) {
  const auto accidents = accident_evidence(scene, p);
  return std::any_of(accidents.begin(), accidents.end(), [](const Evidence& e) { return e.code == "A9"; });
}

bool is_batch(const Process& p) { return is_batch_program(p.exe(), p.argv()); }

std::optional<BootTime> job_limit(const Scene& scene, const Process& p) {
  bool tool = false, batch = false, lasts = false;
  const auto take = [&](const Process& member) {
    const Program& program = member.program();
    batch |= is_batch(member) || is_install_or_build(program);
    tool |= program.role == Role::cli;
    lasts |= listens(member) || program.watcher || !may_be_in_a_job(program.role);
  };
  take(p);
  const auto below = descendants(p);
  for (const ProcessKey& key : below)
    if (const Process* member = scene.lineage.find(key)) take(*member);
  const bool script = p.program().runtime >= Runtime::python && p.program().role == Role::app;
  const bool nohup = outlives_its_terminal_on_purpose(scene, p) && !listens(p) && (!lasts || script);
  if (nohup || (batch && !lasts)) return scene.options.batch_max_age;
  return tool && !lasts ? std::optional(scene.options.cli_max_age) : std::nullopt;
}

}  // namespace stray
