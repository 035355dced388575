// SPDX-License-Identifier: Apache-2.0
// stray explain: one process, now or in a capture, and there with its history.
#include <unistd.h>

#include <csignal>
#include <memory>
#include <utility>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/commands/history.hpp"
#include "cli/options.hpp"
#include "cli/standard_output.hpp"
#include "sinks/text.hpp"
#include "sources/host_state.hpp"

namespace stray {
namespace {

struct ExplainOptions {
  CommonOptions common;
  CaptureChoice capture;  // with files: instead of this host
  std::string who;
};

std::string explanation(const CommonOptions& common, const View& view, const Process& process,
                        const std::vector<Stray>& strays) {
  if (!common.json)
    return Text(view.host, Style{use_color(common, STDOUT_FILENO)}).explain(process, view.scene, strays);
  std::string out;
  Ecs ecs(view.host);
  ecs.explain(out, process, view.scene, view.lost);
  for (const Stray& stray : strays)
    for (const Finding& f : stray.findings)
      if (f.process == process.key) ecs.finding(out, f, &stray, view.scene, &process, view.lost);
  return out;
}

// With its history: what led to the state that is explained.
int explain_in_capture(const ExplainOptions& options) {
  ::signal(SIGPIPE, SIG_IGN);
  const CommonOptions& common = options.common;
  CaptureChoice capture = options.capture;
  const Config config = config_of(common);
  HostLook look(config, capture);
  About about = about_of(options.who);
  about.kind.reset();
  HistoryHooks hooks;
  bool explained = false;
  if (const Process* process = look.find(options.who)) {
    print(explanation(common, look.pipeline().view(), *process, look.strays(process->key)));
    about = {{}, process_id(look.pipeline().host().boot, process->key), {}};
    explained = true;
  }
  capture.reported = capture.at.empty();  // else the state was read from a checkpoint on
  capture.until = std::exchange(capture.at, {});
  hooks.ended = [&](const View& view, const Process& process, const std::vector<Finding>& open) {
    if (std::exchange(explained, true) && !about.pid) return std::string();
    return "\n" + explanation(common, view, process, strays_of(view.scene, open)) + "\n";
  };
  if (!common.json && explained) print("\nhistory\n");
  const bool whole = print_history(common, config.detect, capture, about, hooks);
  if (!explained)
    throw NotFoundError("no process \"" + options.who + "\" in the capture" +
                        (capture.until.empty() ? "" : " until " + capture.until));
  return whole ? kFine : kDamaged;
}

int explain(const ExplainOptions& options) {
  if (!options.capture.files.empty()) return explain_in_capture(options);
  HostLook look(config_of(options.common), options.capture);
  look.observe_all();
  const Process& process = look.named(options.who);
  print(explanation(options.common, look.pipeline().view(), process, look.strays(process.key)));
  return kFine;
}

Action declare(Arguments& arguments) {
  const auto options = std::make_shared<ExplainOptions>();
  arguments.value("who", options->who, "A pid, or an id as findings show it", "PID|ID");
  arguments.needs("who", "PID or ID");
  declare_format(arguments, options->common, kEcsLines);
  declare_config(arguments, options->common);
  declare_times(arguments, options->common);
  declare_source(arguments, options->capture);
  return [options] { return explain(*options); };
}

}  // namespace

extern const Command kExplain{"explain", "Explain one process: its supervisor, its origin, what to do",
                              "sudo stray explain 1234", declare};

}  // namespace stray
