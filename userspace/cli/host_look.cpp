// SPDX-License-Identifier: Apache-2.0
#include "cli/host_look.hpp"

#include <charconv>

namespace stray {

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

}  // namespace stray
