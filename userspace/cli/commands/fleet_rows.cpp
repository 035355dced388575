// SPDX-License-Identifier: Apache-2.0
// stray fleet rows: what a host sends to the store of many hosts.
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/words.hpp"
#include "cli/arguments.hpp"
#include "cli/commands/fleet.hpp"
#include "cli/options.hpp"
#include "cli/policy_input.hpp"
#include "cli/standard_output.hpp"
#include "fleet/rows.hpp"
#include "sources/host_state.hpp"

namespace stray {
namespace {

struct RowsOptions {
  CommonOptions common;
  CaptureChoice capture;
  std::string policy;
};

// What the file is called on every host.
std::string policy_name(const std::string& path) {
  const std::string_view name = file_name(path);
  return std::string(name.substr(0, name.rfind(".toml")));
}

void policy_rows(HostLook& look, const std::string& path, const Policy& policy, RowSink& sink) {
  std::vector<PolicyLine> lines;
  for (const Outcome& one :
       check_policy(policy, look.scene(), look.open(), static_cast<std::uint32_t>(::getpid())).outcomes)
    lines.push_back(
        {one.rule, one.what, one.is, one.level == Level::warning ? "warning" : "critical", one.met});
  sink.policy(look.pipeline(), policy_name(path), lines);
}

// The rows of this host now, or of a capture's end.
int rows(const RowsOptions& options) {
  const Config config = config_of(options.common);
  std::optional<Policy> policy;
  if (!options.policy.empty())
    policy = read_policy_for(options.policy, config, options.capture.files.empty());
  HostLook look(config, options.capture);
  look.observe_all();
  RowSink sink;
  for (const Finding& finding : look.open())
    sink.finding(look.pipeline().view(), finding, look.lineage().find(finding.process));
  if (policy) policy_rows(look, options.policy, *policy, sink);
  sink.inventory(look.pipeline());
  print(sink.take());
  return look.exit_code(kFine);
}

Action declare_rows(Arguments& arguments) {
  const auto options = std::make_shared<RowsOptions>();
  arguments.value("--policy", options->policy, "Whether this host is as this policy says, too", "FILE");
  declare_config(arguments, options->common);
  declare_times(arguments, options->common);
  declare_source(arguments, options->capture);
  return [=] { return rows(*options); };
}

}  // namespace

extern const Command kFleetRows{"rows", "Print what this host, or a capture, has for the store",
                                "sudo stray fleet rows", declare_rows};

}  // namespace stray
