// SPDX-License-Identifier: Apache-2.0
// old-code: its script has other content now than what it runs.
#include "findings/kinds.hpp"
#include "findings/releases.hpp"

namespace stray {
namespace {

// Without a record of what was started: a file that was written since shows that something else runs.
bool written_since(const Scene& scene, const Process& p) {
  const ScriptSeen& now = p.seen->script;
  const std::uint64_t start = surely_after_start(scene, p);
  return p.image && !p.image->at_exec && (now.mtime_ns > start || now.birth_ns > start);
}

std::optional<Condition> judge(const Scene& scene, const Process& p) {
  if (!runs_file(p) || other_release(scene, p)) return {};
  const bool recorded = p.seen->script_changed_since != BootTime{};
  if (!recorded && !written_since(scene, p)) return {};
  auto younger = if_oldest_twin(scene, p);
  if (!younger) return {};
  const ScriptSeen& now = p.seen->script;
  Condition out;
  out.wait = scene.options.at_once ? BootTime{} : scene.options.stale_debounce;
  out.severity = recorded ? Severity::notice : Severity::info;
  const bool at_work = supervise(scene.lineage, p).verdict == Verdict::login;  // who edits it restarts it
  if (at_work) out.human_limit = true, out.wait = scene.options.interactive_max_age;
  if (recorded) {
    out.since = p.seen->script_changed_since;
    const BootTime warn = out.since + scene.options.old_code_warn_age;
    if (scene.now >= warn)
      out.severity = Severity::warning;
    else
      out.severity_until = warn;
  }
  out.claim = "was not restarted since " + now.path + " changed";
  out.evidence.push_back(
      recorded ? Evidence{"code-changed", now.path + " has other content than when it was first observed"}
               : Evidence{"low-confidence", now.path + " was written after the process started"});
  add_younger(out, std::move(*younger));
  append(out.evidence, origin_evidence(scene, p));
  cost_evidence(scene, p, out);
  return out;
}

}  // namespace

extern const KindRow kOldCode;
const KindRow kOldCode{.kind = Kind::old_code,
                       .name = "old-code",
                       .message_id = "e0223edc8d3844f5b9c8305fe4aab121",
                       .when = "its script has changed since it was started",
                       .wait = "10 s, two observations; 8 h in a live terminal",
                       .impact =
                           "The code on disk is not the code that runs: changes that were deployed have no "
                           "effect, and the next restart, whenever it comes, changes behaviour unexpectedly.",
                       .unsupervised = Remedy::move,
                       .supervised = Remedy::restart,
                       .reason = "A restart runs the code that is on disk now.",
                       .hint = "",
                       .of_launch = false,
                       .needs = Needs::files,
                       .judge = judge};

}  // namespace stray
