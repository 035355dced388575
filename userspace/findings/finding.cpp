// SPDX-License-Identifier: Apache-2.0
#include "findings/finding.hpp"

namespace stray {

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

std::optional<Severity> severity_of(std::string_view name) {
  for (const Severity one : {Severity::info, Severity::notice, Severity::warning, Severity::critical})
    if (to_string(one) == name) return one;
  return {};
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
