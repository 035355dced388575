// SPDX-License-Identifier: Apache-2.0
// stray scan: what is wrong on this host now, or at one moment of a capture.
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/standard_output.hpp"
#include "cli/view_limits.hpp"
#include "config/kind_name.hpp"
#include "sinks/scan_view.hpp"
#include "sinks/text.hpp"
#include "sources/host_state.hpp"

namespace stray {
namespace {

struct ScanOptions {
  CommonOptions common;
  CaptureChoice capture;  // with files: instead of this host
  bool brief = false, findings = false;
  std::string severity;
  std::vector<std::string> kinds, users, units;
};

ScanView view_of(const ScanOptions& options) {
  ScanView out;
  out.brief = options.brief, out.findings = options.findings;
  if (options.brief && options.findings) throw UsageError("--brief and --findings exclude each other");
  if (!options.severity.empty()) out.at_least = parse_severity(options.severity, "--severity");
  for (const std::string& name : options.kinds) out.kinds.insert(parse_kind(name, "--kind"));
  out.users = options.users, out.units = options.units;
  return out;
}

// Strays with a finding that is wanted. Where findings are listed, the others of such a stray are left out.
std::vector<Stray> wanted(const ScanView& view, bool listed, const HostLook& look) {
  std::vector<Stray> out = look.strays();
  const auto unwanted = [&](const Finding& f) { return !view.wants(f, look.lineage().find(f.process)); };
  std::erase_if(out, [&](Stray& stray) {
    if (listed) std::erase_if(stray.findings, unwanted);
    return std::all_of(stray.findings.begin(), stray.findings.end(), unwanted);
  });
  return out;
}

std::string documents(HostLook& look, const std::vector<Stray>& strays) {
  std::string out;
  Ecs ecs(look.pipeline().host());
  std::vector<Finding> shown;
  for (const Stray& stray : strays)
    for (const Finding& f : stray.findings) {
      ecs.finding(out, f, &stray, look.scene(), look.lineage().find(f.process), look.pipeline().lost());
      shown.push_back(f);
    }
  Summary summary = look.pipeline().summary();
  summary.open = totals_of(shown, look.lineage());
  ecs.summary(out, summary);
  return out;
}

int scan(const ScanOptions& options) {
  ScanView view = view_of(options);
  HostLook look(config_of(options.common), options.capture);
  view.limits = look.limits();
  warn_of_limits(view.limits, options.common);
  const auto strays = wanted(view, options.common.json || options.findings, look);
  const Style style{use_color(options.common, STDOUT_FILENO)};
  print(options.common.json ? documents(look, strays)
                            : Text(look.pipeline().host(), style).strays(strays, look.scene(), view));
  return look.exit_code(limited_exit(view.limits, options.common, strays.empty() ? kFine : kFindings));
}

Action declare(Arguments& arguments) {
  const auto options = std::make_shared<ScanOptions>();
  arguments.flag("--brief", options->brief, "Print one line for each stray");
  arguments.flag("--findings", options->findings, "Print each finding with its evidence");
  arguments.value("--severity", options->severity,
                  "Only this severity and above: info, notice, warning, critical", "LEVEL");
  arguments.list("--kind", options->kinds, "Only findings of this kind", "KIND");
  arguments.list("--user", options->users, "Only processes of this user, by name or number", "USER");
  arguments.list("--unit", options->units, "Only processes of this systemd unit; * and ? are wildcards",
                 "PATTERN");
  declare_format(arguments, options->common, kEcsLines);
  declare_config(arguments, options->common);
  declare_times(arguments, options->common);
  declare_this_namespace(arguments, options->common);
  declare_source(arguments, options->capture);
  return [options] { return scan(*options); };
}

}  // namespace

extern const Command kScan{"scan", "Show what is wrong on this host right now; exit 1 if there are findings",
                           "sudo stray scan", declare};

}  // namespace stray
