// SPDX-License-Identifier: Apache-2.0
// stray plan: what to do about the findings, as a script that a person reads before running it.
#include "plan/plan.hpp"

#include <memory>
#include <set>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/standard_output.hpp"
#include "cli/view_limits.hpp"
#include "sinks/text.hpp"
#include "sources/host_state.hpp"

namespace stray {
namespace {

struct PlanOptions {
  CommonOptions common;
  CaptureChoice capture;         // with files: instead of this host
  std::vector<std::string> who;  // pids or ids; empty: all findings
};

int plan(const PlanOptions& options) {
  HostLook look(config_of(options.common), options.capture);
  std::set<ProcessKey> wanted;
  for (const std::string& one : options.who) wanted.insert(look.named(one).key);
  auto open = look.open();
  if (!wanted.empty()) std::erase_if(open, [&](const Finding& f) { return !wanted.contains(f.process); });
  Plan made = make_plan(look.scene(), open);
  made.limits = look.limits();
  warn_of_limits(made.limits, options.common);
  const Host& host = look.pipeline().host();
  print(options.common.json
            ? plan_json(made)
            : plan_script(made, host.name, Text(host, {}).date(look.pipeline().time()), host.boot_id));
  return look.exit_code(limited_exit(made.limits, options.common, open.empty() ? kFine : kFindings));
}

Action declare(Arguments& arguments) {
  const auto options = std::make_shared<PlanOptions>();
  arguments.many("who", options->who, "Only these processes", "PID|ID");
  declare_format(arguments, options->common, "Print the plan as one JSON object instead of a script");
  declare_config(arguments, options->common);
  declare_times(arguments, options->common);
  declare_this_namespace(arguments, options->common);
  declare_source(arguments, options->capture);
  return [options] { return plan(*options); };
}

}  // namespace

extern const Command kPlan{"plan", "Write a shell script of what to do about the findings, to read and run",
                           "sudo stray plan > plan.sh; less plan.sh; sudo sh plan.sh", declare};

}  // namespace stray
