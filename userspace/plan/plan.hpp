// SPDX-License-Identifier: Apache-2.0
// What to do about open findings: which processes end, in which order, and under which supervisor a server
// belongs. Pure functions of findings and lineage; script.cpp writes it down.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "findings/finding.hpp"
#include "findings/rules.hpp"
#include "lineage/view_limits.hpp"

namespace stray {

// One process to end, known by pid and start time, so that a pid that was given away is never hit.
struct Ending {
  ProcessKey process;
  std::string what;  // for people; untrusted bytes are not yet escaped
};

// A group that was left, in the order that was measured to end all of it: what restarts others first, then
// the programs, then the shells and wrappers above them, which mostly end by themselves.
struct EndGroup {
  std::vector<std::string> why;  // a line a finding; untrusted
  std::vector<std::vector<Ending>> stages;
  std::vector<std::string> then;  // what to do when it has ended; untrusted
};

// A server that nobody looks after, as it was seen to run.
struct Server {
  ProcessKey process;
  std::string name;  // for PM2 and units; plain letters
  std::string user;
  std::uint32_t uid = 0;
  std::string interpreter, script, cwd, node_env;
  std::vector<std::string> interpreter_args, args;
  bool args_known = true;
  bool redacted = false;           // a secret was taken out of the arguments
  std::string listens;             // "127.0.0.1:3000"
  std::uint64_t memory = 0;        // bytes used now
  std::uint64_t memory_limit = 0;  // proposed, bytes
  bool ended = false;              // a group of Plan::end ends it already
  EndGroup end;
};

struct Plan {
  std::vector<EndGroup> end;
  std::vector<Server> servers;
  std::vector<std::string> notes;  // what a supervisor has to do; a line each, untrusted
  ViewLimits limits;               // of the view that it was made from
};

Plan make_plan(const Scene& scene, const std::vector<Finding>& open);

// What ends with this process: its launch (wrappers above it) and all below it.
EndGroup end_group_of(const Scene& scene, const Process& process);

// What ends when this process ends with all below it, and nothing above.
EndGroup end_below(const Scene& scene, const Process& top);

// Twice what it uses, or what its heap limit asks for; at least 256 MiB, in steps of 64 MiB.
std::uint64_t memory_limit_for(std::uint64_t used, std::uint32_t heap_limit_mib);

// A POSIX shell script. `host` and `date` go into its head; it does nothing under another boot id, where pids
// and start times name other processes.
std::string plan_script(const Plan& plan, const std::string& host, const std::string& date,
                        const std::string& boot_id);

// As one JSON document.
std::string plan_json(const Plan& plan);

// The files a script proposes; an empty text: it cannot be written, and `why_not` says why.
std::string ecosystem_file(const Server& server, std::string& why_not);
std::string unit_file(const Server& server, std::string& why_not);

// Field 22 of /proc/PID/stat: the start in ticks of 10 ms (USER_HZ is 100 wherever stray runs).
inline std::uint64_t start_ticks(ProcessKey key) { return key.start.count() / 10'000'000; }

}  // namespace stray
