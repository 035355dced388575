// SPDX-License-Identifier: Apache-2.0
// stale-release: it runs one release while the link it was started through leads to another.
#include "findings/kinds.hpp"
#include "findings/releases.hpp"

namespace stray {
namespace {

std::optional<Condition> judge(const Scene& scene, const Process& p) {
  if (!runs_file(p)) return {};
  const auto release = other_release(scene, p);
  if (!release) return {};
  auto younger = if_oldest_twin(scene, p);
  if (!younger) return {};
  const ScriptSeen& now = p.seen->script;
  Condition out;
  out.wait = scene.options.at_once ? BootTime{} : scene.options.stale_debounce;
  out.severity = release->recorded ? Severity::warning : Severity::notice;
  out.claim = "runs " + (release->runs.empty() ? "what " + now.link + " led to before" : release->runs) +
              ", but " + now.link + " now leads to " + now.target;
  if (!release->runs.empty()) out.evidence.push_back({"release-runs", "it runs " + release->runs});
  out.evidence.push_back({"release-now", "a start would run " + release->now});
  if (!release->recorded)
    out.evidence.push_back(
        {"low-confidence", "the link is younger than the process; where it led before is not known"});
  add_younger(out, std::move(*younger));
  append(out.evidence, origin_evidence(scene, p));
  cost_evidence(scene, p, out);
  return out;
}

}  // namespace

extern const KindRow kStaleRelease;
const KindRow kStaleRelease{
    .kind = Kind::stale_release,
    .name = "stale-release",
    .message_id = "9cdca70da6544ff689ae4d0961950991",
    .when = "it runs one release while the link it was started through leads to another",
    .wait = "10 s, two observations",
    .impact =
        "A newer release is on disk and this process still serves the one before: what was fixed is not in "
        "force, and two releases may work on the same data.",
    .unsupervised = Remedy::move,
    .supervised = Remedy::restart,
    .reason = "A restart runs the release that the link leads to now.",
    .hint = "",
    .of_launch = false,
    .needs = Needs::files,
    .judge = judge};

}  // namespace stray
