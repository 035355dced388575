// SPDX-License-Identifier: Apache-2.0
#include "findings/finding.hpp"

namespace stray {

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::orphan:
      return "orphan";
    case Kind::unsupervised_node:
      return "unsupervised-node";
    case Kind::container_unsupervised:
      return "container-unsupervised";
    case Kind::dev_tool:
      return "dev-tool";
    case Kind::stale_script:
      return "stale-script";
    case Kind::supervisor_lost:
      return "supervisor-lost";
    case Kind::oom_kill:
      return "oom-kill";
    case Kind::stale_release:
      return "stale-release";
    case Kind::old_code:
      return "old-code";
    case Kind::exe_replaced:
      return "exe-replaced";
    case Kind::duplicate:
      return "duplicate";
    case Kind::restart_storm:
      return "restart-storm";
    case Kind::memory_high:
      return "memory-high";
    case Kind::inspector_open:
      return "inspector-open";
    case Kind::zombie_leak:
      return "zombie-leak";
  }
  return "unknown";
}

std::optional<Kind> kind_of(std::string_view name) {
  for (const Kind kind : kKinds)
    if (to_string(kind) == name) return kind;
  return {};
}

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::info:
      return "info";
    case Severity::notice:
      return "notice";
    case Severity::warning:
      return "warning";
    case Severity::critical:
      return "critical";
  }
  return "notice";
}

std::string_view to_string(Finding::Action action) {
  switch (action) {
    case Finding::Action::raised:
      return "raised";
    case Finding::Action::updated:
      return "updated";
    case Finding::Action::cleared:
      return "cleared";
  }
  return "raised";
}

}  // namespace stray
