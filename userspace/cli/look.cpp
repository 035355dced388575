// SPDX-License-Identifier: Apache-2.0
// scan, tree and explain: a look at the host as it is now, from one snapshot of the kernel's tasks.
#include "cli/commands.hpp"
#include "cli/host_look.hpp"
#include "cli/print.hpp"
#include "output/text.hpp"

#include <unistd.h>

namespace stray {
namespace {

Style style_of(const CommonOptions& common) { return Style{use_color(common, STDOUT_FILENO)}; }

void put_findings(std::string& out, HostLook& look, Ecs& ecs, const std::vector<Finding>& open) {
  for (const Finding& finding : open)
    ecs.finding(out, finding, look.scene(), look.pipeline().lineage().find(finding.process),
                look.pipeline().lost());
}

}  // namespace

int scan_command(const CommonOptions& common) {
  HostLook look(common);
  const auto open = look.open();
  std::string out;
  if (common.json) {
    Ecs ecs(look.pipeline().host());
    put_findings(out, look, ecs, open);
    ecs.summary(out, look.pipeline().summary());
  } else {
    out = Text(look.pipeline().host(), style_of(common)).findings(open, look.scene());
  }
  print(out);
  return open.empty() ? kFine : kFindings;
}

int tree_command(const CommonOptions& common, const std::string& who) {
  HostLook look(common);
  look.live().look_at_all();
  const Process* root = who.empty() ? nullptr : &process_named(look, who);
  std::string out;
  if (common.json) {
    Ecs ecs(look.pipeline().host());
    for (const Process* p : look.pipeline().lineage().live_by_key()) {
      bool below = !root || p == root;
      if (!below) Lineage::each_ancestor(*p, [&](const Process& a) { return !(below = &a == root); });
      if (below) ecs.seed(out, *p, look.pipeline().time(), look.pipeline().lost());
    }
  } else {
    out = Text(look.pipeline().host(), style_of(common))
              .tree(look.pipeline().lineage(), root, look.scene(), look.open());
  }
  print(out);
  return kFine;
}

int explain_command(const CommonOptions& common, const std::string& who) {
  HostLook look(common);
  look.live().look_at_all();
  const Process& process = process_named(look, who);
  std::string out;
  if (common.json) {
    Ecs ecs(look.pipeline().host());
    ecs.explain(out, process, look.scene(), look.pipeline().lost());
    std::vector<Finding> mine;
    for (const Finding& f : look.open())
      if (f.process == process.key) mine.push_back(f);
    put_findings(out, look, ecs, mine);
  } else {
    out = Text(look.pipeline().host(), style_of(common)).explain(process, look.scene(), look.open());
  }
  print(out);
  return kFine;
}

}  // namespace stray
