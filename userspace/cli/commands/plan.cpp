// SPDX-License-Identifier: Apache-2.0
// stray plan: what to do about the strays, as a list of commands that a person reads, or runs as a file.
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
  std::vector<std::string> who;  // pids or ids; empty: all strays
};

int plan(const PlanOptions& options) {
  HostLook look(config_of(options.common), options.capture);
  std::set<ProcessKey> wanted;
  for (const std::string& one : options.who) wanted.insert(look.named(one).key);
  std::vector<Stray> strays = strays_of(look.scene(), look.open());
  if (!wanted.empty())
    std::erase_if(strays, [&](const Stray& stray) {
      return std::none_of(stray.members.begin(), stray.members.end(),
                          [&](const ProcessKey& key) { return wanted.contains(key); });
    });
  const Host& host = look.pipeline().host();
  const PlanHead head{host.name, Text(host, {}).date(look.pipeline().time()), host.boot_id, look.limits()};
  warn_of_limits(head.limits, options.common);
  print(options.common.json ? plan_json(strays, look.scene(), head)
                            : plan_script(strays, look.scene(), head));
  return look.exit_code(limited_exit(head.limits, options.common, strays.empty() ? kFine : kFindings));
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

extern const Command kPlan{"plan", "List what to do about the strays, as commands to read and run",
                           "sudo stray plan > plan.sh; less plan.sh; sudo sh plan.sh end", declare};

}  // namespace stray
