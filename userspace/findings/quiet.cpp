// SPDX-License-Identifier: Apache-2.0
// Why a rule is silent about a process that looks like one of its own.
#include "findings/kinds.hpp"
#include "findings/rules.hpp"

namespace stray {

std::vector<std::string> exclusions(const Scene& scene, const Process& p) {
  std::vector<std::string> out;
  const Supervision who = supervise(scene.lineage, p);
  if (left_behind(p) && !row_of(Kind::orphan).judge(scene, p)) {
    if (const auto daemon = daemon_evidence(scene, p))
      out.push_back("not an orphan: " + daemon->text);
    else if (who.supervised())
      out.push_back("not an orphan: managed by " + who.name);
    else
      out.push_back("not an orphan: nothing indicates that it was left by accident");
  }
  if (is_app(p)) {
    if (p.program().ide)
      out.push_back("not unsupervised: an IDE's server");
    else if (serves_one_client(p))
      out.push_back("not unsupervised: it serves the one client that started it");
    else if (parent_answers(p))
      out.push_back("not unsupervised: it is a worker of its parent");
    else if (covered_by_above(p))
      out.push_back("not unsupervised: it is part of an app or development tool above it");
    else if (who.supervised())
      out.push_back("not unsupervised: managed by " + who.name);
  }
  if (is_app(p) && p.program().entry_kind == EntryKind::file && covered_by_above(p))
    out.push_back("not old code: its ancestor restarts it by itself");
  const bool limited = p.seen && p.seen->usage_time != BootTime{} && is_app(p);
  if (limited && has_live_terminal(scene.lineage, p) &&
      p.seen->anon + p.seen->swap > scene.options.memory_limit)
    out.push_back("no memory finding: its terminal is open, and nothing limits its memory");
  if (p.program().inspector && !row_of(Kind::inspector_open).judge(scene, p))
    out.push_back("inspector: " + p.program().inspector_address +
                  " is closed, or reachable from this host only and not in production");
  return out;
}

}  // namespace stray
