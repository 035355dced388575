// SPDX-License-Identifier: Apache-2.0
#include "config/kind_name.hpp"

#include <array>
#include <vector>

#include "base/errors.hpp"
#include "base/layout.hpp"
#include "base/nearest.hpp"

namespace stray {
namespace {

constexpr std::array kSeverities{Severity::info, Severity::notice, Severity::warning, Severity::critical};

}  // namespace

std::string kind_names() {
  return joined(kKinds, ", ", [](Kind kind) { return to_string(kind); });
}

std::string not_a_kind(std::string_view name) {
  std::vector<std::string> names;
  for (const Kind kind : kKinds) names.emplace_back(to_string(kind));
  return "\"" + std::string(name) + "\" is not a kind of finding" + did_you_mean(name, names) +
         "; kinds: " + kind_names();
}

Kind parse_kind(std::string_view name, std::string_view where) {
  if (const auto kind = kind_of(name)) return *kind;
  throw UsageError(std::string(where) + ": " + not_a_kind(name));
}

Severity parse_severity(std::string_view name, std::string_view where) {
  for (const Severity one : kSeverities)
    if (to_string(one) == name) return one;
  throw UsageError(std::string(where) + ": \"" + std::string(name) +
                   "\" is not info, notice, warning or critical");
}

}  // namespace stray
