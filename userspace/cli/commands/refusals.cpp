// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/refusals.hpp"

#include <unistd.h>

#include <string>

#include "base/errors.hpp"
#include "sources/host_state.hpp"

namespace stray {

void refuse_if_forbidden(HostLook& look, const Process& process) {
  const std::string pid = std::to_string(process.key.tgid);
  if (process.key.tgid == 1 || process.namespace_init) throw UsageError("pid " + pid + " is an init");
  if (process.kthread) throw UsageError("pid " + pid + " is a thread of the kernel");
  const Process* self = look.lineage().live(static_cast<std::uint32_t>(::getpid()));
  for (const Process* p = self; p; p = p->parent)
    if (p == &process) throw UsageError("stray itself is a descendant of pid " + pid);
}

}  // namespace stray
