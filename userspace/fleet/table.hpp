// SPDX-License-Identifier: Apache-2.0
// The strays of many hosts in one table: what is the same on several hosts is one line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "findings/stray.hpp"
#include "fleet/answers.hpp"

namespace stray {

// Borrowed from the answers.
struct StrayOnHost {
  const std::string* host = nullptr;
  const HostStray* stray = nullptr;
};

// The same program with the same fault: the kind that decided, what to do, and the command line but for
// numbers.
struct StrayGroup {
  Severity severity = Severity::info;   // of the gravest
  std::vector<StrayOnHost> strays;      // by host; the gravest host's first
  std::vector<std::string> kinds;       // of all of them
  std::size_t hosts = 0, count = 0;     // strays, with those that their hosts only count
  std::uint64_t memory = 0, frees = 0;  // bytes
  BootTime oldest{};                    // how long the oldest finding holds, by its host's clock

  const HostStray& first() const { return *strays.front().stray; }
};

struct RuleOnHost {
  const std::string* host = nullptr;
  const HostRule* rule = nullptr;
};

// One line of a policy that some hosts do not meet.
struct RuleGroup {
  std::vector<RuleOnHost> hosts;
  const HostRule& first() const { return *hosts.front().rule; }
};

struct HostNote {
  std::string host, text;  // the text: of that host, not escaped
};

struct FleetTable {
  std::vector<StrayGroup> groups;  // gravest first
  std::vector<RuleGroup> rules;    // critical first
  StrayTotals totals;              // of all hosts
  std::size_t answered = 0, with_strays = 0,
              with_rules = 0;     // hosts; with_rules: that miss a line of a policy
  std::vector<HostNote> silent;   // hosts that did not answer, or not to the end, and what they said instead
  std::vector<HostNote> limited;  // hosts that could not see all
};

struct FleetFilter {
  Severity at_least = Severity::info;
  std::vector<std::string> kinds;  // empty: all
};

// `expected`: hosts that should answer. "web01" and "web01.example.com" are the same host where only one of
// the two is there. The table borrows from the answers.
FleetTable table_of(const Answers& answers, const std::vector<std::string>& expected,
                    const FleetFilter& filter);

// "node /srv/r/20261101/app.js --port 3001" -> "node /srv/r/#/app.js --port #": numbers differ from host to
// host.
std::string without_numbers(std::string_view program);

}  // namespace stray
