// SPDX-License-Identifier: Apache-2.0
// supervisor-lost: the supervisor that started it has exited.
#include "findings/kinds.hpp"
#include "findings/rules.hpp"
#include "program/languages/python.hpp"

namespace stray {
namespace {

// A server that makes a daemon of itself is forked from itself too: from one that is gone at once.
constexpr BootTime kBecomesADaemon = milliseconds(500);

// A worker whose server keeps its workers, and has exited: forked from it, or started anew by
// multiprocessing.
std::string_view lost_master(const Process& p) {
  const Process* by = p.creator;
  if (!by || !by->ended || !left_behind(p) || !keeps_workers(by->program())) return {};
  const bool forked = p.image && by->image && p.image->argv == by->image->argv && !p.first_child &&
                      p.sid != p.key.tgid && p.reparented > p.key.start + kBecomesADaemon &&
                      !(p.seen && !p.seen->pidfile.empty());
  const bool worker = forked || p.program().desk == Desk::worker;
  return worker ? std::string_view(by->program().name) : std::string_view();
}

std::optional<Condition> judge(const Scene& scene, const Process& p) {
  std::string_view lost = environment_supervisor(p);
  if (lost.empty() && p.creator && p.creator->ended && p.creator->program().supervisor &&
      p.creator->program().supervisor->restarts == Restarts::yes)
    lost = p.creator->program().supervisor->name;
  const std::string_view master = lost.empty() ? lost_master(p) : std::string_view();
  if (lost.empty()) lost = master;
  if (lost.empty() || p.program().supervisor || p.program().daemon) return {};
  if (!is_watched(p.program()) && !left_behind(p)) return {};
  // The topmost of the family speaks for it.
  bool above = false;
  Lineage::each_ancestor(p, [&](const Process& a) {
    const auto& kind = a.program().supervisor;
    above =
        !environment_supervisor(a).empty() || (kind && kind->name == lost);  // or it lives, behind a terminal
    return !above;
  });
  if (above || supervise(scene.lineage, p).supervised()) return {};
  const auto& again = scene.lineage.supervisors(lost);
  const Process* back = again.empty() ? nullptr : again.rbegin()->second;

  Condition out;
  out.wait = scene.options.at_once ? BootTime{} : scene.options.supervisor_lost_grace;
  out.severity = Severity::warning;
  out.since = p.reparented;
  out.members = descendants(p);
  const auto app = env_value(p.env(), "name");
  out.claim = "has lost its supervisor: " + std::string(lost) + " started it and has exited";
  if (master.empty())
    out.evidence.push_back({"environment", "its environment is that of " + std::string(lost) +
                                               (app ? ", app " + std::string(*app) : std::string())});
  if (back)
    out.evidence.push_back({"not-adopted", std::string(lost) + " runs again (pid " +
                                               std::to_string(back->key.tgid) + "), but does not adopt it"});
  append(out.evidence, origin_evidence(scene, p));
  cost_evidence(scene, p, out);
  return out;
}

}  // namespace

extern const KindRow kSupervisorLost;
const KindRow kSupervisorLost{
    .kind = Kind::supervisor_lost,
    .name = "supervisor-lost",
    .message_id = "8d484c3a16c6469d95135c56f6c1f5a0",
    .when = "the supervisor (PM2, supervisord, …) that started it has exited",
    .wait = "5 s",
    .impact =
        "Its supervisor considers it gone and may start a second copy: two then share files, jobs and the "
        "port. Nothing restarts this one, collects its logs or limits its memory.",
    .unsupervised = Remedy::end,
    .supervised = Remedy::note,
    .reason = "Its supervisor does not know it any more and would start a second copy.",
    .hint = "start it again through its supervisor once this one has exited, else two copies run",
    .of_launch = true,
    .needs = Needs::nothing_else,
    .judge = judge};

}  // namespace stray
