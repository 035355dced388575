// SPDX-License-Identifier: Apache-2.0
#include "findings/finding.hpp"

#include <vector>

#include "base/words.hpp"

namespace stray {

bool says_the_same(const Condition& a, const Condition& b) {
  const auto steady = [](const Condition& c) {
    std::vector<Evidence> out;
    for (const Evidence& e : c.evidence)
      if (!one_of("started|client|memory|cpu|members|alike|zombie-rate|pids", e.code)) out.push_back(e);
    return out;
  };
  return a.severity == b.severity && steady(a) == steady(b);
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
