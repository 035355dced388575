// SPDX-License-Identifier: Apache-2.0
// stray plan: what to do about the findings, as a script that a person reads before running it.
#include "plan/plan.hpp"

#include <set>

#include "cli/commands/commands.hpp"
#include "cli/standard_output.hpp"
#include "sinks/text.hpp"
#include "sources/host_state.hpp"

namespace stray {

int plan_command(const CommonOptions& common, const CaptureChoice& capture,
                 const std::vector<std::string>& who) {
  HostLook look(common, capture);
  std::set<ProcessKey> wanted;
  for (const std::string& one : who) wanted.insert(look.named(one).key);
  auto open = look.open();
  if (!wanted.empty()) std::erase_if(open, [&](const Finding& f) { return !wanted.contains(f.process); });
  const Plan plan = make_plan(look.scene(), open);
  const Host& host = look.pipeline().host();
  print(common.json
            ? plan_json(plan)
            : plan_script(plan, host.name, Text(host, {}).date(look.pipeline().time()), host.boot_id));
  return look.exit_code(open.empty() ? kFine : kFindings);
}

}  // namespace stray
