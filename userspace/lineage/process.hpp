// SPDX-License-Identifier: Apache-2.0
// What is known of one process, alive or dead but still needed by a living descendant. Every field here is
// saved in lineage/saved_fields.hpp: a new one needs a line there.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "event.h"
#include "program/program.hpp"
#include "record/event.hpp"

namespace stray {

// How a link between two processes is known.
enum class Edge : std::uint8_t {
  none,      // there is no such process (init, kthreadd)
  observed,  // a record of that very moment
  snapshot,  // seen as it stood at a snapshot: the true creator may be another
  inferred,  // read by the observer later
  broken,    // records were lost: not known
  evicted,   // was known, given up for the memory bound
};
std::string_view to_string(Edge edge);

// Counts the bytes of detail that lineage holds, for its bound.
struct Account {
  std::size_t bytes = 0;
};

// What one piece of detail has in the Account, for as long as it lives. A copy is charged anew by its owner.
class Charge {
 public:
  Charge() = default;
  Charge(const Charge&) {}
  Charge& operator=(const Charge&) { return *this; }
  ~Charge() { set(nullptr, 0); }
  void set(Account* account, std::size_t bytes) {
    if (account_) account_->bytes -= bytes_;
    account_ = account, bytes_ = bytes;
    if (account_) account_->bytes += bytes_;
  }

 private:
  Account* account_ = nullptr;
  std::size_t bytes_ = 0;
};

// One program image: what an exec brought. Shared by the processes that were forked from it.
struct Image {
  BootTime time{};      // of the exec, or of the snapshot
  bool at_exec = true;  // seen at its exec; false: read from a snapshot later
  std::string exe, cwd, name, interp;
  std::string argv;  // NUL separated, as StringList; cut where flags say STRAY_EXEC_ARGV_CUT
  std::string env;   // the allowed names only, once observed
  bool env_known = false;
  std::uint32_t argc = 0, argv_bytes = 0, flags = 0;  // flags: STRAY_EXEC_*
  std::uint64_t inode = 0;
  std::uint32_t dev_major = 0, dev_minor = 0, nlink = 1;
  std::uint32_t execs = 0;                 // as in struct stray_exec: tells two execs of one process apart
  bool observed = false;                   // its file was looked at, for what follows
  Runtime content = Runtime::none;         // by what the file exports, whatever its name is
  std::uint32_t owner = 0, owner_uid = 0;  // owner: enum stray_owner
  std::string owned;                       // the file that owner is about
  std::string comm;
  Tty tty;  // controlling terminal and session at the exec
  std::uint32_t sid = 0;
  Program program;
  Charge charge;

  // The file that it runs: device and inode.
  using File = std::pair<std::uint64_t, std::uint64_t>;
  File file() const { return {std::uint64_t{dev_major} << 32 | dev_minor, inode}; }

  StringList arguments() const { return StringList(argv); }
  StringList environment() const { return StringList(env); }
  std::size_t footprint() const {
    // Lengths, not capacities: those depend on how a text came about, and the figure is part of the output.
    return sizeof *this + exe.size() + cwd.size() + name.size() + interp.size() + argv.size() + env.size() +
           owned.size() + program.entry.size() + program.name.size();
  }
};

// Who sent a signal, kept as text too: the sender may be long gone.
struct SignalSeen {
  BootTime time{};
  std::uint32_t signal = 0;
  bool from_kernel = false;
  ProcessKey sender;
  std::string sender_name;  // short: "bash", "npm run dev"
  std::uint32_t sender_uid = 0;
};

struct Ended {
  BootTime time{};
  std::uint32_t status = 0;  // as wait(2)
  std::uint64_t user_ns = 0, system_ns = 0, runtime_ns = 0, max_rss = 0;
  std::optional<SignalSeen> killer;
  ProcessKey reaper;      // who got its children
  bool inferred = false;  // its exit record was lost
  bool oom = false;

  int signal() const { return static_cast<int>(status & 0x7f); }
  int code() const { return static_cast<int>(status >> 8 & 0xff); }
  bool core() const { return (status & 0x80) != 0; }
};

struct ScriptSeen {
  BootTime time{};
  std::uint32_t state = 0;  // enum stray_script_state
  std::string entry, path;
  std::uint64_t inode = 0, bytes = 0, mtime_ns = 0, ctime_ns = 0, hash = 0;
  std::uint32_t dev_major = 0, dev_minor = 0;
  std::uint64_t birth_ns = 0, link_ctime_ns = 0;
  std::string link, target;  // the last symbolic link on the way, and where it leads
  std::string package;       // the name in its package.json
};

// One hour's memory of a process: what its usual range is read from.
struct MemoryHour {
  std::uint64_t hour = 0;  // since boot
  std::uint64_t sum = 0;   // bytes, of all looks
  std::uint32_t looks = 0;
  std::uint64_t mean() const { return looks ? sum / looks : 0; }
};

// What a process had used of CPU at one look.
struct CpuSample {
  BootTime time{};
  std::uint64_t ns = 0;  // user and system since its start
};

// A child that lived for less than half a minute below a supervisor.
struct ShortLife {
  BootTime began{}, ended{};
  std::uint32_t status = 0;  // as wait(2)
  std::string what;          // the same for each start of the same service: argv and directory, or the unit
  std::string name;          // for people
};

// From which count on, and since when, the zombies below a process have become more.
struct ZombieRise {
  BootTime since{};
  std::uint32_t from = 0;
};

struct Listening {
  std::uint16_t family = 0, port = 0;
  std::array<std::uint8_t, 16> address{};
  bool loopback() const;
  std::string text() const;  // "127.0.0.1:5555", "[::]:3000", "unix"
  auto operator<=>(const Listening&) const = default;
};

// What the observer read; each part with the time it was read.
struct Observed {
  BootTime process_time{}, usage_time{}, sockets_time{};
  bool gone = false;
  std::array<std::uint8_t, 3> stdio{};  // enum stray_stdio
  std::uint32_t flags = 0;              // STRAY_SAW_*
  Tty stdio_tty;                        // the terminal among them, also when it is gone
  std::string cwd, exe, user, login, pidfile, pm2, title;
  ScriptSeen script;        // the latest look
  ScriptSeen script_first;  // the first look that found the file: what runs
  BootTime script_missing_since{};
  BootTime script_changed_since{};                 // the first look that found other code than the one before
  std::uint32_t exe_state = 0;                     // enum stray_exe_state
  std::uint32_t boot = 0, saved = 0, restart = 0;  // enum stray_boot, stray_saved, stray_restart
  std::string boot_by;
  std::uint64_t rss = 0, anon = 0, swap = 0, cpu_ns = 0, peak = 0;
  std::uint64_t memory_limit = 0, memory_used = 0, memory_available = 0;  // of its cgroup, of the host
  std::vector<MemoryHour> hours;                                          // the latest, oldest first
  std::vector<CpuSample> cpu_samples;  // of the last hour, oldest first: the first look, then minutes apart
  BootTime children_time{};
  std::uint32_t children = 0, zombies = 0;
  ZombieRise zombie_rise;
  std::uint32_t pid_limit = 0, pids = 0, host_limit = 0, host_pids = 0;  // as in struct stray_saw_children
  std::string gpu;                                                       // a device that it has open
  std::vector<Listening> sockets;
  Charge charge;

  std::size_t footprint() const {
    std::size_t bytes = sizeof *this + sockets.size() * sizeof(Listening) +
                        hours.size() * sizeof(MemoryHour) + cpu_samples.size() * sizeof(CpuSample) +
                        boot_by.size() + script.link.size() + script.target.size() + script.package.size() +
                        script_first.package.size();
    for (const std::string* text : {&cwd, &exe, &user, &login, &pidfile, &pm2, &title, &gpu, &script.entry,
                                    &script.path, &script_first.entry, &script_first.path})
      bytes += text->size();
    return bytes;
  }
};

struct Process {
  ProcessKey key;
  std::uint32_t ns_pid = 0, pidns = 0, mntns = 0;
  std::uint32_t uid = 0, sid = 0, pgid = 0;
  std::uint32_t loginuid = kNoLogin, audit_session = kNoLogin;
  Tty tty;
  std::uint64_t cgroup_id = 0;
  std::shared_ptr<const std::string> cgroup_path;  // of the unified hierarchy; shared along the family

  Process* parent = nullptr;   // current parent; nullptr: none or not known (see parent_edge)
  Process* origin = nullptr;   // original parent (real_parent at fork)
  Process* creator = nullptr;  // who called clone
  ProcessKey parent_key;       // known even when the process itself is not
  Edge parent_edge = Edge::none, origin_edge = Edge::none;
  BootTime reparented{};  // when the current parent became it; 0: it always was

  std::shared_ptr<Image> image;              // now
  std::vector<std::shared_ptr<Image>> past;  // before it, oldest first; first and the latest are kept
  std::uint32_t images = 0;                  // how many in all

  bool kthread = false, subreaper = false, namespace_init = false;
  bool seeded = false;      // alive before stray looked
  bool oom = false;         // marked by the OOM killer
  bool skeleton = false;    // dead, and its detail was given up for the memory bound
  std::uint8_t unread = 0;  // bit N: the latest Look N could not read it
  std::optional<Ended> ended;
  std::optional<SignalSeen> last_signal;
  std::unique_ptr<Observed> seen;
  std::uint32_t unreaped_most = 0;     // ended children at most that it has not waited for
  std::vector<ShortLife> short_lives;  // of a supervisor: the latest, oldest first

  // Links kept by Lineage.
  Process *first_child = nullptr, *last_child = nullptr, *next = nullptr, *previous = nullptr;
  std::uint32_t live_children = 0;
  std::uint32_t needed_by = 0;  // processes whose origin or creator this is
  std::uint64_t death = 0;      // number of its end, in the order of ends

  bool alive() const { return !ended; }
  const Program& program() const;
  std::string_view cgroup() const {
    return cgroup_path ? std::string_view(*cgroup_path) : std::string_view("/");
  }
  std::string_view exe() const { return image ? std::string_view(image->exe) : std::string_view(); }
  StringList argv() const { return image ? image->arguments() : StringList(); }
  StringList env() const { return image ? image->environment() : StringList(); }
  std::string label() const;    // short, for people: "npm run dev", "node dist/index.js"
  std::string command() const;  // argv joined by spaces, printable, or the exe or comm
};

}  // namespace stray
