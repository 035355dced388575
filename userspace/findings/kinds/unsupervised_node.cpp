// SPDX-License-Identifier: Apache-2.0
// unsupervised-node: a JavaScript server that no supervisor restarts, limits or starts after a reboot.
#include <algorithm>

#include "findings/kinds.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

void pm2_evidence(const Scene& scene, const Process& p, Condition& out) {
  if (!scene.lineage.supervisors("pm2").empty())
    out.evidence.push_back({"pm2", "PM2 runs on this host, but not this"});
  if (p.seen && !p.seen->pm2.empty())
    out.evidence.push_back({"ecosystem", "a PM2 configuration is there: " + p.seen->pm2});
}

std::string_view where_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::login:
      return "in an open terminal";
    case Verdict::multiplexer:
      return "in a terminal multiplexer";
    case Verdict::job:
      return "as a job";
    default:
      return "by hand";
  }
}

// A script that starts it in a loop, or another program that started it and lives, may start it again.
const Process* may_restart(const Process& p) {
  if (left_behind(p) || !p.parent || p.parent->namespace_init || p.parent->subreaper) return nullptr;
  const Program& above = p.parent->program();
  const bool session = above.breaker != Breaker::none || p.parent->tty;
  return session || above.role == Role::wrapper ? nullptr : p.parent;
}

std::optional<Condition> judge(const Scene& scene, const Process& p) {
  if (!is_app(p) || p.program().ide || parent_answers(p) || covered_by_above(p)) return {};
  if (helper_daemon(p) || serves_one_client(p)) return {};
  const Supervision who = supervise(scene.lineage, p);
  if (who.supervised()) return {};
  const bool listening = p.seen && !p.seen->sockets.empty();
  const bool orphan = left_behind(p);
  const auto& options = scene.options;

  Condition out;
  if (who.verdict == Verdict::login) {
    out.human_limit = true;
    if (production(p) && listening) {
      out.wait = options.interactive_production_grace;
    } else {
      out.wait = options.interactive_max_age;
      out.severity = Severity::info;
    }
  } else {
    BootTime wait =
        listening || orphan ? options.unsupervised_grace_listening : options.unsupervised_grace_quiet;
    if (who.verdict == Verdict::multiplexer) wait = std::max(wait, options.multiplexer_grace);
    if (who.verdict == Verdict::job || (in_ci(p) && !orphan)) wait = options.batch_max_age;
    const bool now = options.at_once && (listening || orphan) && who.verdict == Verdict::nobody;
    out.wait = now ? BootTime{} : wait;
  }
  if (out.severity == Severity::notice &&
      (production(p) || exposed(p) || age(scene, since_exec(p)) >= days(1)))
    out.severity = Severity::warning;
  if (out.severity == Severity::notice) out.severity_until = since_exec(p) + days(1);

  out.claim = "runs " + std::string(where_text(who.verdict)) +
              " without a supervisor: no known restart after a crash or reboot, no memory limit";
  out.evidence.push_back({"supervision", "no live supervisor is among its ancestors"});
  if (const Process* above = may_restart(p))
    out.evidence.push_back({"may-restart", above->label() + " (pid " + std::to_string(above->key.tgid) +
                                               ") started it and lives: it may start it again"});
  append(out.evidence, who.evidence);
  append(out.evidence, origin_evidence(scene, p));
  if (!p.program().entry.empty()) out.evidence.push_back({"entry", "runs " + p.program().entry});
  cost_evidence(scene, p, out);
  if (production(p)) out.evidence.push_back({"production", "NODE_ENV=production"});
  pm2_evidence(scene, p, out);
  return out;
}

}  // namespace

extern const KindRow kUnsupervisedNode;
const KindRow kUnsupervisedNode{
    .kind = Kind::unsupervised_node,
    .name = "unsupervised-node",
    .message_id = "19009459b9df4ba98001595bcdc3c0f9",
    .when = "a Node.js, Bun or Deno server runs under no supervisor",
    .wait = "60 s when it listens or is orphaned, else 10 min; 8 h in a live terminal",
    .impact =
        "It runs only for as long as nothing goes wrong: unless something that stray does not know starts it "
        "again, it is down after a crash or a reboot until a person notices. Without a memory limit it can "
        "take the host with it.",
    .unsupervised = Remedy::move,
    .supervised = Remedy::note,
    .reason =
        "It serves. Under a supervisor it is restarted after a crash, limited in memory, logged, and started "
        "after a reboot.",
    .hint = "",
    .of_launch = true,
    .needs = Needs::nothing_else,
    .judge = judge};

}  // namespace stray
