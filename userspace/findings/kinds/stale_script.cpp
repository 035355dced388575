// SPDX-License-Identifier: Apache-2.0
// stale-script: the script that it runs, or its working directory, no longer exists.
#include "findings/kinds.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

std::optional<Condition> judge(const Scene& scene, const Process& p) {
  if (p.program().runtime == Runtime::none || p.program().entry_kind != EntryKind::file || !script_gone(p))
    return {};
  const Role role = p.program().role;
  if (role == Role::wrapper || role == Role::supervisor || parent_answers(p)) return {};
  Condition out;
  out.since = p.seen->script_missing_since;
  out.wait = scene.options.at_once ? BootTime{} : scene.options.stale_debounce;
  out.severity =
      role == Role::cli ? Severity::info : (p.seen->sockets.empty() ? Severity::warning : Severity::critical);
  const bool no_cwd = p.seen->script.state == STRAY_SCRIPT_CWD_GONE;
  out.claim = "runs code that no longer exists: " + p.seen->script.entry +
              (no_cwd ? ", and its working directory was deleted" : "");
  out.evidence.push_back(
      {no_cwd ? "cwd-deleted" : "script-missing",
       p.seen->script.entry + " does not exist" + (no_cwd ? ", its working directory was deleted" : "")});
  if (!p.seen->script_first.path.empty())
    out.evidence.push_back(
        {"script-was", "it was " + p.seen->script_first.path + " when it was first observed"});
  append(out.evidence, origin_evidence(scene, p));
  cost_evidence(scene, p, out);
  return out;
}

}  // namespace

extern const KindRow kStaleScript;
const KindRow kStaleScript{
    .kind = Kind::stale_script,
    .name = "stale-script",
    .message_id = "50fcc64982ec47e6a3bcaaa1c2f6a57c",
    .when = "it runs a script whose file, or working directory, no longer exists",
    .wait = "10 s, two observations",
    .impact =
        "It serves code that is no longer on disk: no fix that is deployed reaches it, nobody can read what "
        "it runs, and after the next crash or reboot it cannot start again.",
    .unsupervised = Remedy::end,
    .supervised = Remedy::note,
    .reason = "Its code no longer exists: it can be neither updated nor started again.",
    .hint = "if it is still needed: start what package.json names (main, scripts.start) under a supervisor",
    .of_launch = true,
    .needs = Needs::files,
    .judge = judge};

}  // namespace stray
