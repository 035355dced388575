// SPDX-License-Identifier: Apache-2.0
// The questions of many hosts to the store, as SQL over its tables (docs/fleet/clickhouse.sql), and what
// comes back. A shard's part that is missing is said by ShardAnswer; what came is untrusted, as everything
// that hosts say.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "fleet/answers.hpp"
#include "fleet/engine.hpp"

namespace stray {

// ---- SQL ----

std::string sql_where(const std::string& pattern);  // a row a process: by script, exe or command line
// `who`: a pid or an id of a process that was alive at the host's latest inventory.
std::string sql_process(const std::string& host, const std::string& who);
std::string sql_findings_of(const std::string& host, const std::string& who);
std::string sql_raised_since(std::int64_t seconds);  // CLOCK_REALTIME
std::string sql_open();                              // findings that are open, of the boot that runs
// What each host's newest answer about that policy ("": about every one) says, a row a line of it.
std::string sql_policy(const std::string& policy);
std::string sql_hosts();  // every host, with its newest row

// ---- rows ----

struct HostSeen {
  std::string host, boot;
  std::int64_t seen = 0;  // CLOCK_REALTIME of that host, seconds
  std::vector<std::string> limits;
};
// A host that sends under one name from two machines is two, named "web01 (machine id)".
std::vector<HostSeen> hosts_in(const std::vector<ShardAnswer>& shards);

// One line of a policy that is not met, with the hosts that say so, each with what it found.
struct Unmet {
  std::string policy, rule, expected, level;
  std::vector<std::pair<std::string, std::string>> hosts;
};
struct PolicyAnswers {
  std::vector<Unmet> unmet;  // critical ones first, then those of the most hosts
  std::size_t hosts = 0;     // that answered
  std::int64_t oldest = 0;   // of their answers; seconds, CLOCK_REALTIME of that host
};
PolicyAnswers policy_in(const std::vector<ShardAnswer>& shards);

// The strays of all hosts from rows of sql_open() and sql_hosts(), as if each had answered a scan. Hosts
// whose newest row is older than `oldest` (seconds) count as cut off.
Answers answers_in(const std::vector<ShardAnswer>& open, const std::vector<ShardAnswer>& hosts,
                   std::int64_t oldest);

// One column of a row, a list joined by ", " (argv by spaces); empty where there is none.
std::string column(const std::string& row, const char* name);

}  // namespace stray
