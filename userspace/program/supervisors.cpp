// SPDX-License-Identifier: Apache-2.0
#include "program/supervisors.hpp"

#include <algorithm>

namespace stray {
namespace {

constexpr SupervisorKind kSupervisors[] = {
    {.name = "pm2", .restarts = Restarts::yes, .restarts_children = true},
    {.name = "pm2-runtime", .restarts = Restarts::yes, .restarts_children = true},
    {.name = "forever", .restarts = Restarts::yes, .restarts_children = true},
    {.name = "supervisord", .restarts = Restarts::yes, .by_system = true, .restarts_children = true},
    {.name = "circus", .restarts = Restarts::yes, .by_system = true, .restarts_children = true},
    {.name = "runit", .restarts = Restarts::yes, .by_system = true, .restarts_children = true},
    {.name = "s6", .restarts = Restarts::yes, .by_system = true, .restarts_children = true},
    {.name = "daemontools", .restarts = Restarts::yes, .by_system = true, .restarts_children = true},
    {.name = "perp", .restarts = Restarts::yes, .by_system = true, .restarts_children = true},
    {.name = "nosh", .restarts = Restarts::yes, .by_system = true, .restarts_children = true},
    {.name = "openrc", .restarts = Restarts::yes, .by_system = true, .restarts_children = true},
    {.name = "daemon", .restarts = Restarts::yes, .restarts_children = true},  // daemon(1) --respawn
    {.name = "kubelet", .restarts = Restarts::yes, .by_system = true},
    {.name = "nomad", .restarts = Restarts::yes, .by_system = true},
    // monit starts by command and daemonises what it starts: it is found by MONIT_SERVICE, not above its
    // services.
    {.name = "monit", .restarts = Restarts::yes, .by_system = true, .by_pidfile = true},
    {.name = "containerd-shim", .restarts = Restarts::unknown, .by_system = true, .container = true},
    {.name = "conmon", .restarts = Restarts::unknown, .by_system = true, .container = true},
    {.name = "lxc", .restarts = Restarts::unknown, .by_system = true, .container = true},
    {.name = "systemd-nspawn", .restarts = Restarts::unknown, .by_system = true, .container = true},
};

}  // namespace

std::span<const SupervisorKind> all_supervisors() { return kSupervisors; }

const SupervisorKind* find_supervisor(std::string_view name) {
  const auto* row = std::find_if(std::begin(kSupervisors), std::end(kSupervisors),
                                 [&](const SupervisorKind& kind) { return kind.name == name; });
  return row == std::end(kSupervisors) ? nullptr : row;
}

bool is_pm2_title(std::string_view title) {
  constexpr std::string_view start = "PM2 v", rest = ": God Daemon (";
  if (!title.starts_with(start)) return false;
  title.remove_prefix(start.size());
  const auto version = title.find_first_not_of("0123456789.");
  return version != 0 && version != std::string_view::npos && title.substr(version).starts_with(rest);
}

}  // namespace stray
