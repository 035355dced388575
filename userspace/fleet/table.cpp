// SPDX-License-Identifier: Apache-2.0
#include "fleet/table.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/layout.hpp"

namespace stray {
namespace {

bool wanted(const HostStray& stray, const FleetFilter& filter) {
  if (stray.severity < filter.at_least) return false;
  return filter.kinds.empty() || std::any_of(stray.kinds.begin(), stray.kinds.end(), [&](const auto& kind) {
           return std::find(filter.kinds.begin(), filter.kinds.end(), kind) != filter.kinds.end();
         });
}

void count(StrayTotals& totals, const HostStray& stray) {
  const std::size_t all = 1 + stray.alike;
  totals.strays += all;
  totals.alike += stray.alike;
  totals.findings += stray.kinds.size();
  totals.processes += stray.processes;
  totals.memory += stray.memory, totals.frees += stray.frees;
  if (stray.action == "end")
    totals.end += all;
  else if (stray.action == "move")
    totals.move += all;
  else if (stray.action == "restart")
    totals.restart += all;
  else
    totals.note += all;
}

void add(StrayGroup& group, const std::string& host, const HostStray& stray, const HostScan& scan) {
  if (group.strays.empty() || *group.strays.back().host != host) ++group.hosts;
  group.strays.push_back({&host, &stray});
  group.count += 1 + stray.alike;
  group.severity = std::max(group.severity, stray.severity);
  group.memory += stray.memory, group.frees += stray.frees;
  if (stray.since && scan.at && *scan.at > *stray.since)
    group.oldest = std::max(group.oldest, BootTime(*scan.at - *stray.since));
  for (const std::string& kind : stray.kinds)
    if (std::find(group.kinds.begin(), group.kinds.end(), kind) == group.kinds.end())
      group.kinds.push_back(kind);
}

using GroupKey = std::tuple<std::string, std::string, std::string>;  // kind, title, program but for numbers

std::vector<StrayGroup> groups_of(const Answers& answers, const FleetFilter& filter, FleetTable& table) {
  std::map<GroupKey, StrayGroup> groups;
  for (const auto& [host, answer] : answers.hosts()) {
    if (!answer.scan) continue;
    bool any = false;
    for (const auto& [id, stray] : answer.scan->strays) {
      if (!wanted(stray, filter)) continue;
      any = true;
      count(table.totals, stray);
      add(groups[{stray.decided_by, stray.title, without_numbers(stray.program)}], host, stray, *answer.scan);
    }
    table.with_strays += any;
  }
  std::vector<StrayGroup> out;
  for (auto& [key, group] : groups) {
    std::stable_sort(group.strays.begin(), group.strays.end(),
                     [](const auto& a, const auto& b) { return a.stray->severity > b.stray->severity; });
    out.push_back(std::move(group));
  }
  std::stable_sort(out.begin(), out.end(), [](const StrayGroup& a, const StrayGroup& b) {
    return std::tuple(a.severity, a.hosts, a.count, a.memory) >
           std::tuple(b.severity, b.hosts, b.count, b.memory);
  });
  return out;
}

std::vector<RuleGroup> rules_of(const Answers& answers, FleetTable& table) {
  std::map<std::tuple<std::string, std::string, std::string>, RuleGroup>
      groups;  // "critical" before "warning"
  for (const auto& [host, answer] : answers.hosts()) {
    if (!answer.check) continue;
    bool any = false;
    for (const HostRule& rule : answer.check->rules) {
      if (rule.met) continue;
      any = true;
      groups[{rule.level, rule.rule, rule.expected}].hosts.push_back({&host, &rule});
    }
    table.with_rules += any;
  }
  std::vector<RuleGroup> out;
  for (auto& [key, group] : groups) out.push_back(std::move(group));
  return out;
}

std::string_view short_name(std::string_view host) { return host.substr(0, host.find('.')); }

// Whether one of them is this host: by the whole name, or by its first label where one of the two has no
// more.
bool is_among(const std::map<std::string, HostAnswer>& hosts, const std::string& expected) {
  if (hosts.count(expected)) return true;
  return std::any_of(hosts.begin(), hosts.end(), [&](const auto& one) {
    const bool bare = one.first.find('.') == std::string::npos || expected.find('.') == std::string::npos;
    return bare && short_name(one.first) == short_name(expected);
  });
}

std::string silence_of(const HostAnswer& answer) {
  std::string out = answer.said.empty() && (answer.scan || answer.check) ? "its answer was cut off" : "";
  return out + joined(answer.said, "; ");
}

}  // namespace

std::string without_numbers(std::string_view program) {
  std::string out;
  for (const char c : program) {
    if (c < '0' || c > '9')
      out += c;
    else if (out.empty() || out.back() != '#')
      out += '#';
  }
  return out;
}

FleetTable table_of(const Answers& answers, const std::vector<std::string>& expected,
                    const FleetFilter& filter) {
  FleetTable out;
  for (const auto& [host, answer] : answers.hosts()) {
    if (answer.complete())
      ++out.answered;
    else
      out.silent.push_back({host, silence_of(answer)});
    std::set<std::string> limits;
    if (answer.scan) limits.insert(answer.scan->limits.begin(), answer.scan->limits.end());
    if (answer.check) limits.insert(answer.check->limits.begin(), answer.check->limits.end());
    for (const std::string& limit : limits) out.limited.push_back({host, limit});
  }
  for (const std::string& host : expected)
    if (!is_among(answers.hosts(), host)) out.silent.push_back({host, ""});
  out.groups = groups_of(answers, filter, out);
  out.rules = rules_of(answers, out);
  return out;
}

}  // namespace stray
