// SPDX-License-Identifier: Apache-2.0
// stray scan: what is wrong on this host now, or at one moment of a capture.
#include <unistd.h>

#include <memory>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/standard_output.hpp"
#include "sinks/text.hpp"
#include "sources/host_state.hpp"

namespace stray {
namespace {

struct ScanOptions {
  CommonOptions common;
  CaptureChoice capture;  // with files: instead of this host
};

std::string documents(HostLook& look, const std::vector<Stray>& strays) {
  std::string out;
  Ecs ecs(look.pipeline().host());
  for (const Stray& stray : strays)
    for (const Finding& f : stray.findings)
      ecs.finding(out, f, &stray, look.scene(), look.lineage().find(f.process), look.pipeline().lost());
  ecs.summary(out, look.pipeline().summary());
  return out;
}

int scan(const ScanOptions& options) {
  HostLook look(config_of(options.common), options.capture);
  const auto strays = look.strays();
  const Style style{use_color(options.common, STDOUT_FILENO)};
  print(options.common.json ? documents(look, strays)
                            : Text(look.pipeline().host(), style).strays(strays, look.scene(), {}));
  return look.exit_code(strays.empty() ? kFine : kFindings);
}

Action declare(Arguments& arguments) {
  const auto options = std::make_shared<ScanOptions>();
  declare_format(arguments, options->common, kEcsLines);
  declare_config(arguments, options->common);
  declare_times(arguments, options->common);
  declare_source(arguments, options->capture);
  return [options] { return scan(*options); };
}

}  // namespace

extern const Command kScan{"scan", "Show what is wrong on this host right now; exit 1 if there are findings",
                           "sudo stray scan", declare};

}  // namespace stray
