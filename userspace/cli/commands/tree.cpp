// SPDX-License-Identifier: Apache-2.0
// stray tree: the process tree of this host now, or at one moment of a capture.
#include <unistd.h>

#include <memory>

#include "base/columns.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/standard_output.hpp"
#include "sinks/text.hpp"
#include "sources/host_state.hpp"

namespace stray {
namespace {

struct TreeOptions {
  CommonOptions common;
  CaptureChoice capture;  // with files: instead of this host
  std::string who;        // "": all
  bool kernel_threads = false;
};

std::string documents(HostLook& look, const Process* root) {
  std::string out;
  Ecs ecs(look.pipeline().host());
  for (const Process* p : look.lineage().live_by_key()) {
    bool below = !root || p == root;
    if (!below) Lineage::each_ancestor(*p, [&](const Process& a) { return !(below = &a == root); });
    if (below) ecs.seed(out, *p, look.pipeline().time(), look.pipeline().lost());
  }
  return out;
}

int tree(const TreeOptions& options) {
  HostLook look(config_of(options.common), options.capture);
  look.observe_all();
  const Process* root = options.who.empty() ? nullptr : &look.named(options.who);
  use_utf8();
  const TreeView view{.kernel_threads = options.kernel_threads,
                      .columns = columns_of_terminal(STDOUT_FILENO)};
  const Style style{use_color(options.common, STDOUT_FILENO)};
  print(options.common.json
            ? documents(look, root)
            : Text(look.pipeline().host(), style).tree(root, look.scene(), look.strays(), view));
  return look.exit_code(kFine);
}

Action declare(Arguments& arguments) {
  const auto options = std::make_shared<TreeOptions>();
  arguments.value("who", options->who, "Only this process (a pid or an id) and its descendants", "PID|ID");
  arguments.flag("--all", options->kernel_threads, "Show the threads of the kernel too");
  declare_format(arguments, options->common, kEcsLines);
  declare_config(arguments, options->common);
  declare_times(arguments, options->common);
  declare_source(arguments, options->capture);
  return [options] { return tree(*options); };
}

}  // namespace

extern const Command kTree{"tree", "Show the process tree with supervisors, ages and findings",
                           "sudo stray tree 1234", declare};

}  // namespace stray
