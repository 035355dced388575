// SPDX-License-Identifier: Apache-2.0
// scan, tree and explain: a look at the host as it is now, from one snapshot of the kernel's tasks.
#include <charconv>

#include "cli/commands.hpp"
#include "cli/live.hpp"
#include "cli/print.hpp"
#include "output/text.hpp"

#include <unistd.h>

namespace stray {
namespace {

// A look at the host: the same pipeline as a run, with no probes and no waiting for what is already so.
class HostLook {
 public:
  explicit HostLook(const CommonOptions& common)
      : pipeline_(options(common), {}), live_(pipeline_, {.probes = false}) {
    const std::string session = session_record();
    live_.start(std::as_bytes(std::span(session.data(), session.size())));
    live_.settle();
  }
  Pipeline& pipeline() { return pipeline_; }
  Live& live() { return live_; }
  std::vector<Finding> open() const { return const_cast<Pipeline&>(pipeline_).detectors().open(); }
  Scene scene() { return pipeline_.detectors().scene(); }

 private:
  static DetectOptions options(const CommonOptions& common) {
    DetectOptions detect = detect_options(common);
    detect.at_once = true;
    return detect;
  }
  Pipeline pipeline_;
  Live live_;
};

Style style_of(const CommonOptions& common) { return Style{use_color(common, STDOUT_FILENO)}; }

void put_findings(std::string& out, HostLook& look, Ecs& ecs, const std::vector<Finding>& open) {
  for (const Finding& finding : open)
    ecs.finding(out, finding, look.scene(), look.pipeline().lineage().find(finding.process),
                look.pipeline().lost());
}

const Process& process_named(HostLook& look, const std::string& who) {
  const Lineage& lineage = look.pipeline().lineage();
  std::uint32_t pid = 0;
  const auto [end, error] = std::from_chars(who.data(), who.data() + who.size(), pid);
  if (error == std::errc{} && end == who.data() + who.size()) {
    if (const Process* p = lineage.live(pid)) return *p;
    throw UsageError("no process has pid " + who + " now");
  }
  // "kind:id", as findings name themselves, is fine too.
  const std::string id = who.substr(who.rfind(':') + 1);
  for (const Process* p : lineage.live_by_key())
    if (process_id(look.pipeline().host().boot, p->key) == id) return *p;
  throw UsageError("no live process has the id \"" + who +
                   "\"; `stray tree` and `stray scan` show what is there");
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
