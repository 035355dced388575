// SPDX-License-Identifier: Apache-2.0
// The options of the detectors. A value, made by the command line and the configuration file.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/boot_time.hpp"
#include "findings/finding.hpp"
#include "findings/kind.hpp"
#include "program/host_programs.hpp"

namespace stray {

// Findings that are known and accepted. Empty fields match all.
struct Allow {
  std::vector<std::string> exe;       // shell patterns (fnmatch): the path or its last part, any of them
  std::string argv, user, unit;       // the same; argv against the joined line
  std::vector<Kind> kinds;            // only these
  std::optional<std::int64_t> until;  // CLOCK_REALTIME, ns: not from then on
  std::string reason;
};

struct DetectOptions {
  // Defaults: docs/configuration.md lists them.
  BootTime orphan_grace = seconds(30);
  BootTime unsupervised_grace_listening = seconds(60);
  BootTime unsupervised_grace_quiet = minutes(10);
  BootTime multiplexer_grace = minutes(15);
  BootTime devtool_grace = minutes(10);
  BootTime ide_grace = minutes(10);  // beyond the 5 min for which an editor reconnects after it was closed
  BootTime stale_debounce = seconds(10);
  BootTime supervisor_lost_grace = seconds(5);
  BootTime interactive_max_age = hours(8);
  BootTime interactive_production_grace = minutes(15);
  BootTime batch_max_age = hours(6);
  BootTime cli_max_age = hours(2);
  BootTime stale_interval = seconds(60);
  BootTime sample_interval = seconds(30);
  BootTime inspector_grace = seconds(10);
  BootTime zombie_grace = seconds(60);
  BootTime hoard_interval = minutes(5);
  std::uint32_t hoard_children = 10;
  BootTime storm_window = seconds(60);
  std::uint32_t storm_execs = 5;
  BootTime storm_calm = minutes(10);        // one life as long as this ends a restart storm
  BootTime memory_calm = minutes(5);        // below 90 % of the limit for so long ends it
  std::uint32_t memory_samples = 3;         // looks in a row, sample_interval apart
  std::uint64_t memory_limit = 1ull << 30;  // of a process that nothing else limits
  BootTime old_code_warn_age = days(1);
  BootTime orphan_warn_age = hours(1);
  BootTime orphan_critical_age = days(7);
  BootTime oom_keep = hours(24);
  BootTime min_age{};  // nothing is said of a younger process

  // --after KIND=DURATION: replaces the waiting time of a kind (not the limits for live terminals). A kind
  // that is off by default (container-unsupervised) is on once it has a time.
  PerKind<std::optional<BootTime>> after{};

  // Replaces the severity that the rule of a kind would give.
  PerKind<std::optional<Severity>> severity{};

  // What the configuration says of programs; nullptr: nothing. Lineage is given it too (set_rules).
  std::shared_ptr<const ProgramRules> programs;

  bool at_once = false;  // scan: what is orphaned or listens now is raised now

  std::vector<Allow> allow;

  BootTime wait(Kind kind, const Condition& condition) const {
    return condition.human_limit ? condition.wait : after[kind].value_or(condition.wait);
  }
};

}  // namespace stray
