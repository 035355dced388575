// SPDX-License-Identifier: Apache-2.0
// Who supervises a process: a verdict with the evidence for it. A pure function of the lineage.
#pragma once

#include <string>
#include <vector>

#include "lineage/lineage.hpp"
#include "program/program.hpp"
#include "supervision/evidence.hpp"
#include "supervision/owner.hpp"

namespace stray {

enum class Verdict : std::uint8_t {
  kernel,  // a kernel thread, or init itself
  container,
  systemd,  // a service of the system or a user manager
  pm2,
  supervisor,   // another that restarts what it starts
  login,        // a live terminal or login session: a person, for now
  multiplexer,  // below a tmux or screen server
  job,          // a job of cron or at, while it runs
  nobody,
};
std::string_view to_string(Verdict verdict);

struct Supervision {
  Verdict verdict = Verdict::nobody;
  std::string name;  // unit, app, container id, "pts/3", …
  Restarts restarts = Restarts::no;
  ProcessKey by;                // the supervisor's process, when it is one
  Owner owner = Owner::system;  // who can change that program, and
  std::string whose;            // where that is not root alone: "of user eve, from /home/eve/bin/runsv"
  std::vector<Evidence> evidence;

  // Managed by a program, and not just watched by a person for now.
  bool supervised() const {
    return verdict == Verdict::kernel || verdict == Verdict::container || verdict == Verdict::systemd ||
           verdict == Verdict::pm2 || verdict == Verdict::supervisor;
  }
};

Supervision supervise(const Lineage& lineage, const Process& process);

// Whether it runs again after a reboot, without anybody's doing.
enum class Reboot : std::uint8_t { unknown, yes, no };
std::string_view to_string(Reboot reboot);

struct AfterReboot {
  Reboot verdict = Reboot::unknown;
  std::vector<Evidence> evidence;
};
// From what the observer read of its unit and of PM2's dump: unknown before the first look.
AfterReboot after_reboot(const Lineage& lineage, const Process& process, const Supervision& who);

// The leader of its session is alive and has a terminal: a person can still act on it.
bool has_live_terminal(const Lineage& lineage, const Process& process);

// What its environment says started it: "pm2", "supervisord", "monit", or empty.
std::string_view environment_supervisor(const Process& process);

// "pts/3" for a controlling terminal, "tty1", or empty.
std::string tty_name(Tty tty);

}  // namespace stray
