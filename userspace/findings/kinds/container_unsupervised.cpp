// SPDX-License-Identifier: Apache-2.0
// container-unsupervised: an app in a container whose restart policy is not visible.
#include "findings/kinds.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

// PM2 or another supervisor inside the container, be it the container's init.
bool managed_inside(const Process& p) {
  for (const Process* below = &p; below->parent && below->reparented == BootTime{}; below = below->parent) {
    const Process& above = *below->parent;
    const auto& kind = above.program().supervisor;
    if (kind && kind->restarts == Restarts::yes && may_supervise(above, p)) return true;
    if (above.namespace_init) return false;
  }
  return false;
}

std::optional<Condition> judge(const Scene& scene, const Process& p) {
  if (!is_app(p) || parent_answers(p) || covered_by_above(p)) return {};
  const Supervision who = supervise(scene.lineage, p);
  if (who.verdict != Verdict::container || who.restarts == Restarts::yes || managed_inside(p)) return {};
  Condition out;
  out.severity = Severity::info;
  out.wait = kNever;  // off unless a time is given: restarting is the engine's business, and its policy is
                      // not seen here
  out.claim = "runs in container " + who.name + ", whose restart policy is not visible";
  out.evidence = who.evidence;
  append(out.evidence, origin_evidence(scene, p));
  cost_evidence(scene, p, out);
  return out;
}

}  // namespace

extern const KindRow kContainerUnsupervised;
const KindRow kContainerUnsupervised{
    .kind = Kind::container_unsupervised,
    .name = "container-unsupervised",
    .message_id = "e59cba40b68646159a95efe3087eea77",
    .when = "an app runs in a container whose restart policy is not visible",
    .wait = "off",
    .impact =
        "Whether it is started again after a crash or a reboot depends on the container engine's restart "
        "policy, which is not visible from here.",
    .unsupervised = Remedy::note,
    .supervised = Remedy::note,
    .reason = "Restarting it is the engine's task.",
    .hint = "check the engine's restart policy of the container",
    .of_launch = false,
    .needs = Needs::nothing_else,
    .judge = judge};

}  // namespace stray
