// SPDX-License-Identifier: Apache-2.0
// orphan: the process that started it has exited, no supervisor manages it, and it was not detached on
// purpose.
#include "findings/kinds.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

constexpr BootTime kBusyFor = std::chrono::hours(1);

// A shell counts for what it was told to run, or for what it holds.
bool holds_watched(const Scene& scene, const Process& p) {
  if (p.program().runs_runtime) return true;
  for (const ProcessKey& key : descendants(p))
    if (const Process* member = scene.lineage.find(key);
        member && is_watched(member->program()) && !member->program().ide)
      return true;
  return false;
}

// Of those that made it and have exited, the nearest.
const Process* oom_victim_above(const Process& p) {
  const Process* maker = p.origin;
  for (std::size_t left = Lineage::kMostAncestors; maker && left > 0 && maker->ended;
       --left, maker = maker->origin)
    if (maker->ended->oom) return maker;
  return nullptr;
}

std::optional<Condition> judge(const Scene& scene, const Process& p) {
  if (!left_behind(p) || ide_server(p)) return {};
  if (p.program().shell && p.tty && p.sid == p.key.tgid) return {};  // the shell of an open terminal
  const bool watched =
      is_watched(p.program()) || ((p.program().shell_c || p.program().shell) && holds_watched(scene, p));
  if (supervise(scene.lineage, p).supervised() || daemon_evidence(scene, p)) return {};
  const auto accidents = accident_evidence(scene, p);
  if (!watched && (accidents.size() < 2 || detached_like_daemon(p))) return {};

  Condition out;
  const BootTime from = p.reparented != BootTime{} ? p.reparented : p.key.start;
  const BootTime old = age(scene, from);
  out.wait = scene.options.at_once ? BootTime{} : scene.options.orphan_grace;
  out.since = p.reparented;
  // Its editor may be on its way back; the servers that are started again then are others.
  if (p.program().ide && !scene.options.at_once) out.wait = scene.options.ide_grace;
  // One that was reported stays so, whatever its loop runs at this moment.
  const auto limit = scene.open ? std::nullopt : job_limit(scene, p);
  if (limit) out.wait = *limit, out.since = from;
  const auto memory = group_memory(scene, p);
  if (!accidents.empty() && old >= scene.options.orphan_warn_age) out.severity = Severity::warning;
  if (!environment_supervisor(p).empty()) out.severity = Severity::warning;
  if (exposed(p) && (script_gone(p) || p.program().role == Role::dev_tool)) out.severity = Severity::critical;
  if (old >= scene.options.orphan_critical_age && memory >= (200u << 20)) out.severity = Severity::critical;
  if (!started_with_nohup(scene, p) && busy_for(scene, p, kBusyFor)) out.severity = Severity::critical;
  if (out.severity < Severity::warning && !accidents.empty())
    out.severity_until = from + scene.options.orphan_warn_age;

  out.members = descendants(p);
  out.claim = "is orphaned: the process that started it has exited and no supervisor manages it";
  out.evidence.push_back({"reaper", "its parent is now " + p.parent->label() + " (pid " +
                                        std::to_string(p.parent->key.tgid) + "), which did not start it"});
  if (const Process* victim = oom_victim_above(p))
    out.evidence.push_back({"oom-victim",
                            "the OOM killer ended " + victim->label() + " (pid " +
                                std::to_string(victim->key.tgid) + "), which it descended from",
                            victim->ended->time});
  append(out.evidence, origin_evidence(scene, p));
  append(out.evidence, accidents);
  cost_evidence(scene, p, out);
  return out;
}

}  // namespace

extern const KindRow kOrphan;
const KindRow kOrphan{
    .kind = Kind::orphan,
    .name = "orphan",
    .message_id = "a2db434d2dc24aeda139bfad1622aa46",
    .when =
        "the process that started it has exited, no supervisor manages it, and it was not "
        "detached on purpose",
    .wait =
        "30 s; what an editor started 10 min; a test run or another one-shot tool 2 h; an install, a "
        "build, a backup or another job 6 h",
    .impact =
        "The process that started it has exited and nothing waits for its end. It holds "
        "memory, files and ports until a reboot, and nobody notices when it misbehaves.",
    .unsupervised = Remedy::end,
    .supervised = Remedy::note,
    .reason = "Nothing waits for it and it serves nobody.",
    .hint = "if it is still needed: start it again under a supervisor",
    .of_launch = true,
    .needs = Needs::nothing_else,
    .judge = judge};

}  // namespace stray
