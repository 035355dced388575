// SPDX-License-Identifier: Apache-2.0
// The rules: one function a kind of finding. Each judges one process at one moment from the lineage alone and
// says whether its condition holds, since when, how grave it is, why, and what to do. Waiting, raising and
// clearing is not their business (detectors.hpp).
#pragma once

#include <optional>

#include "findings/finding.hpp"
#include "findings/options.hpp"
#include "lineage/lineage.hpp"
#include "supervision/supervision.hpp"

namespace stray {

struct Scene {
  const Lineage& lineage;
  const DetectOptions& options;
  BootTime now;
  std::uint64_t host_memory;
  std::int64_t real_offset_ns;  // CLOCK_REALTIME - CLOCK_BOOTTIME
  bool open = false;            // the finding that is judged is open: some end later than they begin
};

std::optional<Condition> judge_orphan(const Scene& scene, const Process& process);
std::optional<Condition> judge_unsupervised(const Scene& scene, const Process& process);
std::optional<Condition> judge_container(const Scene& scene, const Process& process);
std::optional<Condition> judge_dev_tool(const Scene& scene, const Process& process);
std::optional<Condition> judge_stale_script(const Scene& scene, const Process& process);
std::optional<Condition> judge_supervisor_lost(const Scene& scene, const Process& process);
// rules_files.cpp: what runs against what is on disk
std::optional<Condition> judge_stale_release(const Scene& scene, const Process& process);
std::optional<Condition> judge_old_code(const Scene& scene, const Process& process);
std::optional<Condition> judge_exe_replaced(const Scene& scene, const Process& process);
// rules_service.cpp: servers beside each other, and open to others
std::optional<Condition> judge_duplicate(const Scene& scene, const Process& process);
std::optional<Condition> judge_inspector(const Scene& scene, const Process& process);
// rules_load.cpp: what is used up
std::optional<Condition> judge_restart_storm(const Scene& scene, const Process& process);
std::optional<Condition> judge_memory_high(const Scene& scene, const Process& process);
std::optional<Condition> judge_zombie_leak(const Scene& scene, const Process& process);
inline constexpr std::uint32_t kManyUnreaped = 50;

// Why a rule says nothing about a process that looks like one of its own: for `stray explain`.
std::vector<std::string> exclusions(const Scene& scene, const Process& process);

// ---- shared by the rules (rules.cpp) ----

bool is_app(const Process& process);          // a server of its own, or evaluated code that listens
bool parent_answers(const Process& process);  // a worker or child of a living parent
bool in_ci(const Process& process);
bool production(const Process& process);
std::string quoted(const Process& process);  // its command line, shortened, for a message
std::string used_memory(const Scene& scene, const Process& process);  // ", 145 MB (3.6 %)", or empty
void cost_evidence(const Scene& scene, const Process& process, Condition& out);
void append(std::vector<Evidence>& to, std::vector<Evidence> more);
std::vector<std::string> restart_it(const Scene& scene, const Process& process);  // remedy_restart.cpp
std::string shell_word(std::string_view text);  // quoted where a shell would read more into it

// ---- shared by the rules (facts.cpp) ----

bool is_watched(const Program& program);        // a runtime, wrapper or dev tool: see detection.md 5.2
bool covered_by_above(const Process& process);  // an app or dev tool further up answers for it
bool left_behind(const Process& process);       // its creator is gone and a reaper has it
std::vector<Evidence> accident_evidence(const Scene& scene, const Process& process);  // A1 to A9
std::optional<Evidence> daemon_evidence(const Scene& scene, const Process& process);  // D1, D2, D3, D5
bool detached_like_daemon(const Process& process);                                    // D4
std::vector<ProcessKey> descendants(const Process& process);  // alive, nearest first, bounded
BootTime since_exec(const Process& process);                  // when its present image began
bool on_open_terminal(const Process& process, Tty tty);       // its standard files are on it; 0: on any
bool exposed(const Process& process);                         // listens on an address that is not loopback
std::string ports_text(const Process& process);               // "127.0.0.1:5555", or empty
std::string age_text(BootTime age);                           // "31 d 4 h", "12 s"
std::string memory_text(std::uint64_t bytes, std::uint64_t host);  // "145 MB (3.6 %)"
std::uint64_t group_memory(const Scene& scene, const Process& process);
std::vector<Evidence> origin_evidence(const Scene& scene, const Process& process);  // who, from where, when
std::string role_word(const Process& process);  // "node server", "dev tool prisma studio"
// The topmost of the wrappers and shells directly above it, which belong to the same launch.
const Process& top_of_launch(const Process& process);
std::vector<std::string> remedy_of(Kind kind, const Scene& scene, const Process& process);

}  // namespace stray
