// SPDX-License-Identifier: Apache-2.0
// dev-tool: a development tool that was left running.
#include "findings/kinds.hpp"
#include "findings/rules.hpp"
#include "program/dev_tools.hpp"

namespace stray {
namespace {

std::optional<Condition> judge(const Scene& scene, const Process& p) {
  const Program& program = p.program();
  if (program.role != Role::dev_tool || helper_daemon(p)) return {};
  if (is_makeshift(program.name) && left_behind(p)) return {};
  bool below_dev_tool = false;
  Lineage::each_ancestor(p, [&](const Process& a) {
    below_dev_tool = a.program().role == Role::dev_tool && !a.program().ide;
    return !below_dev_tool;
  });
  if (below_dev_tool) return {};
  const Supervision who = supervise(scene.lineage, p);
  if (who.supervised()) return {};
  const auto& options = scene.options;

  Condition out;
  out.severity = Severity::warning;
  if (who.verdict == Verdict::login || program.ide) {
    out.wait = program.ide ? days(7) : options.interactive_max_age;
    out.human_limit = true;
    out.severity = Severity::info;
  } else {
    // A whole family may have been left: `npx prisma studio` is the orphan, the studio below it the tool.
    bool orphan = left_behind(p);
    Lineage::each_ancestor(p, [&](const Process& a) { return !orphan && !(orphan |= left_behind(a)); });
    const bool now = options.at_once && (orphan || (p.seen && !p.seen->sockets.empty()));
    out.wait = now ? BootTime{} : options.devtool_grace;
    if (age(scene, since_exec(p)) >= days(1) || exposed(p)) out.severity = Severity::critical;
    if (out.severity == Severity::warning) out.severity_until = since_exec(p) + days(1);
  }
  out.members = descendants(p);
  out.claim = std::string("was left running") +
              (program.data_explorer ? " and shows the whole database to whoever reaches it" : "");
  append(out.evidence, who.evidence);
  append(out.evidence, origin_evidence(scene, p));
  cost_evidence(scene, p, out);
  return out;
}

}  // namespace

extern const KindRow kDevTool;
const KindRow kDevTool{
    .kind = Kind::dev_tool,
    .name = "dev-tool",
    .message_id = "030786b79e3446a5b50f4ac9caacdacd",
    .when = "a development tool (prisma studio, vite, next dev, nodemon, …) was left running",
    .wait = "10 min; 8 h in a live terminal, 7 days for an IDE",
    .impact =
        "A development tool is made for one person at a desk: it has no login, often gives full access to "
        "data or source to whoever reaches its port, and watches files and holds memory without end.",
    .unsupervised = Remedy::end,
    .supervised = Remedy::note,
    .reason = "A development tool serves one person, and that person has left.",
    .hint = "start it when it is needed, bound to 127.0.0.1, and reach it with ssh -L",
    .of_launch = true,
    .needs = Needs::nothing_else,
    .judge = judge};

}  // namespace stray
