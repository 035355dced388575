// SPDX-License-Identifier: Apache-2.0
// What the rules of kinds/ share: facts about a process, and how they are put into words. Pure functions of
// the lineage at one moment.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time_text.hpp"
#include "base/units.hpp"
#include "findings/finding.hpp"
#include "findings/origin.hpp"
#include "findings/scene.hpp"
#include "supervision/supervision.hpp"

namespace stray {

inline constexpr std::uint32_t kManyUnreaped = 50;

// Why a rule is silent about a process that looks like one of its own: for `stray explain` (quiet.cpp).
std::vector<std::string> exclusions(const Scene& scene, const Process& process);

// ---- words and judgements (rules.cpp) ----

bool is_app(const Process& process);             // a server of its own, or evaluated code that listens
bool parent_answers(const Process& process);     // a worker or child of a living parent
bool serves_one_client(const Process& process);  // that started it, and whom it serves on its standard files
bool in_ci(const Process& process);
bool production(const Process& process);
std::string quoted(const Process& process);   // its command line, shortened, for a message
std::string user_of(const Process& process);  // its name, or "uid 1000"
// The name of its user, from whichever process of that user above it was observed; empty: none was.
std::string_view account_name(const Process& process);
std::string subject_text(const Process& process);  // "node server `node dist/index.js`"
BootTime age(const Scene& scene, BootTime since);
bool script_gone(const Process& process);  // its script, or its working directory, no longer exists
void cost_evidence(const Scene& scene, const Process& process, Condition& out);
void append(std::vector<Evidence>& to, std::vector<Evidence> more);

// ---- jobs (jobs.cpp) ----

bool started_with_nohup(const Scene& scene, const Process& process);
bool is_batch(const Process& process);  // runs a program whose work comes to its end by itself
// How long this and what descends from it may take, if it is work that comes to its end by itself.
std::optional<BootTime> job_limit(const Scene& scene, const Process& process);

// ---- CPU (cpu_use.cpp) ----

// What was used of one CPU: 1000 permille is all of it, several threads use more.
struct CpuUse {
  std::uint64_t ns = 0;
  BootTime over{};  // until the last look
  bool since_start = false;
  std::uint64_t permille() const { return over.count() < 1000 ? 0 : ns / (over.count() / 1000); }
};
// Over a window that ends at the last look, or as much of it as was observed; since its start, where it was
// looked at only once. Nothing: never looked at.
std::optional<CpuUse> cpu_use(const Process& process, BootTime window);
std::uint64_t group_cpu(const Scene& scene, const Process& process);  // permille, with all below, lately
bool busy_for(const Scene& scene, const Process& process,
              BootTime window);                      // nearly all of a CPU, with all below
std::string cpu_share_text(std::uint64_t permille);  // "98 % of a CPU"
void cpu_evidence(const Scene& scene, const Process& process, Condition& out);

// ---- facts (facts.cpp) ----

bool is_watched(const Program& program);        // a runtime, wrapper or dev tool
bool covered_by_above(const Process& process);  // an app or dev tool further up answers for it
bool left_behind(const Process& process);       // the process that started it has exited and a reaper has it
std::vector<Evidence> accident_evidence(const Scene& scene, const Process& process);  // A1 to A9
std::optional<Evidence> daemon_evidence(const Scene& scene, const Process& process);  // D1, D2, D3, D5, D6
bool helper_daemon(const Process& process);  // started by its own client, which finds it again
bool ide_server(const Process& process);     // the server of an IDE itself, which an editor reconnects to
bool detached_like_daemon(const Process& process);            // D4
std::vector<ProcessKey> descendants(const Process& process);  // alive, nearest first, bounded
BootTime since_exec(const Process& process);                  // when its present image began
bool on_open_terminal(const Process& process, Tty tty);       // its standard files are on it; 0: on any
bool exposed(const Process& process);                         // listens on an address that is not loopback
std::string ports_text(const Process& process);               // "127.0.0.1:5555", or empty
std::uint64_t memory_peak(
    const Process& process);  // bytes: the most it had resident, as far as it was observed
std::string group_gpu(const Scene& scene, const Process& process);  // a device that it or its group has open
// Means of its anonymous and swapped memory, an hour each, as far as it was observed (48 hours at most).
struct MemoryTrend {
  std::uint64_t least = 0, most = 0;  // bytes
  std::vector<MemoryHour> hours;      // oldest first; the last is not over yet
};
MemoryTrend memory_trend(const Process& process);
std::uint64_t group_memory(const Scene& scene, const Process& process);
std::vector<Evidence> origin_evidence(const Scene& scene, const Process& process);  // who, from where, when
std::string role_word(const Process& process);  // "node server", "dev tool prisma studio"

}  // namespace stray
