// SPDX-License-Identifier: Apache-2.0
#include "record/host.hpp"

namespace stray {
void Host::learn(const Event& event) {
  if (const auto* session = std::get_if<Session>(&event.what)) {
    boot = session->boot_id;
    boot_id.clear();
    static constexpr char kHex[] = "0123456789abcdef";
    for (std::size_t i = 0; i < boot.size(); ++i) {
      if (i == 4 || i == 6 || i == 8 || i == 10) boot_id += '-';
      boot_id += kHex[boot[i] >> 4];
      boot_id += kHex[boot[i] & 15];
    }
    name = session->host, kernel = session->kernel, version = session->version,
    machine_id = session->machine_id;
    memory = session->memory, cpus = session->cpus, pidns = session->pidns;
    real_offset_ns = static_cast<std::int64_t>(session->real_ns - event.time.count());
  } else if (const auto* ready = std::get_if<Ready>(&event.what)) {
    missing_kinds = ready->missing_kinds;
    missing_capabilities = ready->missing_capabilities;
    unwatched_from = ready->unwatched_from < event.time ? ready->unwatched_from : BootTime{};
  } else if (const auto* clock = std::get_if<Clock>(&event.what)) {
    real_offset_ns = static_cast<std::int64_t>(clock->real_ns - event.time.count());
  }
}

}  // namespace stray
