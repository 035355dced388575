// SPDX-License-Identifier: Apache-2.0
// scan, tree and explain: a look at the host as it is now, or as a capture has it.
#include <unistd.h>

#include <csignal>

#include "cli/commands/commands.hpp"
#include "cli/commands/history.hpp"
#include "cli/standard_output.hpp"
#include "sinks/text.hpp"
#include "sources/host_state.hpp"

namespace stray {
namespace {

Style style_of(const CommonOptions& common) { return Style{use_color(common, STDOUT_FILENO)}; }

void put_findings(std::string& out, HostLook& look, Ecs& ecs, const std::vector<Finding>& open) {
  for (const Finding& finding : open)
    ecs.finding(out, finding, look.scene(), look.lineage().find(finding.process), look.pipeline().lost());
}

std::string explanation(const CommonOptions& common, const Host& host, const Scene& scene, std::uint64_t lost,
                        const Process& process, const std::vector<Finding>& open) {
  if (!common.json) return Text(host, style_of(common)).explain(process, scene, open);
  std::string out;
  Ecs ecs(host);
  ecs.explain(out, process, scene, lost);
  for (const Finding& f : open)
    if (f.process == process.key) ecs.finding(out, f, scene, &process, lost);
  return out;
}

// With its history: what led to the state that is explained.
int explain_in_capture(const CommonOptions& common, CaptureChoice capture, const std::string& who) {
  ::signal(SIGPIPE, SIG_IGN);
  HostLook look(common, capture);
  About about = about_of(who);
  about.kind.reset();
  HistoryHooks hooks;
  bool explained = false;
  if (const Process* process = look.find(who)) {
    print(explanation(common, look.pipeline().host(), look.scene(), look.pipeline().lost(), *process,
                      look.open()));
    about = {{}, process_id(look.pipeline().host().boot, process->key), {}};
    explained = true;
  }
  capture.told = capture.at.empty();  // else the state was read from a checkpoint on
  capture.until = std::exchange(capture.at, {});
  hooks.ended = [&](const View& view, const Process& process, const std::vector<Finding>& open) {
    if (std::exchange(explained, true) && !about.pid) return std::string();
    return "\n" + explanation(common, view.host, view.scene, view.lost, process, open) + "\n";
  };
  if (!common.json && explained) print("\nhistory\n");
  const bool whole = tell_history(common, capture, about, hooks);
  if (!explained)
    throw UsageError("the capture knows no \"" + who + "\"" +
                     (capture.until.empty() ? "" : " until " + capture.until));
  return whole ? kFine : kDamaged;
}

}  // namespace

int scan_command(const CommonOptions& common, const CaptureChoice& capture) {
  HostLook look(common, capture);
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
  return look.exit_code(open.empty() ? kFine : kFindings);
}

int tree_command(const CommonOptions& common, const CaptureChoice& capture, const std::string& who) {
  HostLook look(common, capture);
  look.observe_all();
  const Process* root = who.empty() ? nullptr : &look.named(who);
  std::string out;
  if (common.json) {
    Ecs ecs(look.pipeline().host());
    for (const Process* p : look.lineage().live_by_key()) {
      bool below = !root || p == root;
      if (!below) Lineage::each_ancestor(*p, [&](const Process& a) { return !(below = &a == root); });
      if (below) ecs.seed(out, *p, look.pipeline().time(), look.pipeline().lost());
    }
  } else {
    out =
        Text(look.pipeline().host(), style_of(common)).tree(look.lineage(), root, look.scene(), look.open());
  }
  print(out);
  return look.exit_code(kFine);
}

int explain_command(const CommonOptions& common, const CaptureChoice& capture, const std::string& who) {
  if (!capture.files.empty()) return explain_in_capture(common, capture, who);
  HostLook look(common, capture);
  look.observe_all();
  print(explanation(common, look.pipeline().host(), look.scene(), look.pipeline().lost(), look.named(who),
                    look.open()));
  return kFine;
}

}  // namespace stray
