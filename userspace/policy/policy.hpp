// SPDX-License-Identifier: Apache-2.0
// What a host should be like, as a small file, and whether it is so. docs/policy.md describes the file.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "findings/finding.hpp"
#include "findings/rules.hpp"

namespace stray {

enum class Level : std::uint8_t { warning, critical };  // what it is worth when it is not met

// Shell patterns; all that are given must match. `exe`: the path or its base name, any of them.
struct PolicyMatch {
  std::vector<std::string> exe;
  std::string argv, cwd, user;
};

struct AppRule {
  std::string name;
  PolicyMatch match;
  Level level = Level::critical;
  std::uint64_t least = 1, most = ~std::uint64_t{0};  // instances; most: no bound unless given
  std::optional<std::string> supervisor;      // "pm2", "systemd", "container", "supervisord", …, "nobody"
  std::optional<std::string> unit;            // pattern: the unit, the PM2 app, the container
  std::optional<std::uint64_t> memory_below;  // bytes, of each instance with all below it
  std::optional<bool> restarts, saved_for_reboot;
  std::vector<std::string> listens;  // "127.0.0.1:3000", "[::]:3000", "3000" (any address)
  std::optional<std::string> user;   // name or number
};

struct ForbidRule {
  PolicyMatch match;
  std::string reason;
  Level level = Level::critical;
};

struct FindingsRule {
  std::vector<Kind> kinds;  // none of these
  Level level = Level::critical;
};

struct Policy {
  std::vector<AppRule> apps;
  std::vector<ForbidRule> forbidden;
  std::optional<FindingsRule> findings;
};

// One line of the policy, held against the host. Texts are untrusted.
struct Outcome {
  std::string rule;  // the app's name, "forbid", "findings"
  std::string what;  // "instances = 1"
  std::string is;    // what is so: "2 run: pid 12, 13"
  bool met = false;
  Level level = Level::critical;
};

// A figure for a graph.
struct Measure {
  std::string name;  // "web_memory"
  std::uint64_t value = 0;
  std::optional<std::uint64_t> limit;
  bool bytes = false;
};

struct Verdicts {
  std::vector<Outcome> outcomes;  // by their order in the policy
  std::vector<Measure> measures;
  std::size_t not_met() const;
};

// What a policy may name besides what stray knows by itself.
struct PolicyNames {
  std::vector<std::string> supervisors;  // of the configuration
  // Whether this host has a user of that name; empty: not known, as of a capture's host.
  std::function<bool(const std::string&)> is_user;
  std::vector<std::string> users;  // some of them, to suggest
};

// All that is wrong with the file, "FILE:LINE:COLUMN: what"; then `out` is of no use.
std::vector<std::string> read_policy(const std::string& path, const PolicyNames& names, Policy& out);
std::vector<std::string> read_policy_text(std::string_view text, Policy& out);

// Every process should have been observed before. `self`: a pid that nothing matches; the name of a policy on
// its own command line is no app.
Verdicts check_policy(const Policy& policy, const Scene& scene, const std::vector<Finding>& open,
                      std::uint32_t self);

}  // namespace stray
