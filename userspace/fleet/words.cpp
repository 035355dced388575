// SPDX-License-Identifier: Apache-2.0
#include "fleet/words.hpp"

#include "base/layout.hpp"
#include "base/units.hpp"

namespace stray {
namespace {

constexpr std::size_t kHostsNamed = 8;  // the documents have all

}  // namespace

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}
std::string hosts_text(std::size_t count) { return counted(count, "host", "hosts"); }

std::string names_of(const StrayGroup& group) {
  std::string out;
  std::size_t named = 0;
  for (std::size_t i = 0; i < group.strays.size();) {
    std::size_t end = i;
    while (end < group.strays.size() && group.strays[end].host == group.strays[i].host) ++end;
    if (++named <= kHostsNamed) {
      out += (out.empty() ? "" : ", ") + *group.strays[i].host;
      if (end - i > 1) out += " (" + std::to_string(end - i) + ")";
    }
    i = end;
  }
  return out + (named > kHostsNamed ? " and " + std::to_string(named - kHostsNamed) + " more" : "");
}

std::string names_of(const RuleGroup& group) {
  std::string out;
  for (std::size_t i = 0; i < group.hosts.size() && i < kHostsNamed; ++i)
    out += (i ? ", " : "") + *group.hosts[i].host + " (" + group.hosts[i].rule->found + ")";
  if (group.hosts.size() > kHostsNamed)
    out += " and " + std::to_string(group.hosts.size() - kHostsNamed) + " more";
  return out;
}

std::string kinds_text(const StrayGroup& group) { return joined(group.kinds); }

std::string rule_text(const HostRule& rule) { return rule.rule + ": " + rule.expected; }

std::string headline_of(const FleetTable& table) {
  const std::size_t asked = table.answered + table.silent.size();
  std::string out = table.silent.empty()
                        ? hosts_text(asked) + " answered"
                        : std::to_string(table.answered) + " of " + hosts_text(asked) + " answered";
  out += "; " + totals_text(table.totals, 0);
  if (!table.groups.empty())
    out += "; " + counted(table.groups.size(), "group", "groups") + " on " + hosts_text(table.with_strays);
  if (table.totals.frees) out += "; stopping frees up to " + memory_text(table.totals.frees);
  if (!table.rules.empty())
    out += "; " + counted(table.rules.size(), "line of the policy is", "lines of the policy are") +
           " not met on " + hosts_text(table.with_rules);
  return out;
}

}  // namespace stray
