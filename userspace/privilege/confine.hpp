// SPDX-License-Identifier: Apache-2.0
// Takes from the calling thread what its part of stray does not need: capabilities, the way back to them, and
// system calls. docs/privileges.md has the reasons.
//
// Threads and processes that it starts later inherit the rest, so what needs more has to be started before,
// or by a Starter. Each confines itself, first thing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "privilege/capabilities.hpp"

namespace stray::privilege {

enum class Role : std::uint8_t {
  pipeline,  // the main thread of run, scan and the others that look at this host, once the programs are
             // loaded
  reporter,  // the same, with a file that goes again when it cannot be finished
  observer,  // reads the files of processes
  starter,   // starts observers
  output,    // writes to descriptors that are open
  capture,   // writes the files of a capture
  reader,    // reads a capture or a journal, and prints
  exporter,  // the same, and writes a file
  files,     // writes the files of --output
  metrics,   // replaces the file of a run's metrics
  screen,    // draws on a terminal, and reads what is typed
};
inline constexpr int kRoles = 11;

// What must stay possible. Root without capabilities cannot read what only its owner may read, nor write into
// a directory of another: then the one capability for it is kept. "" and "-" are no files.
struct Files {
  std::vector<std::string> read;  // files, or a directory with its files
  std::string written;            // a file that will be made
};

// For good. False: the kernel offers no system call filter, or this build has none; the rest is done
// nevertheless.
bool confine(Role role, const Files& files = {});

// For a process of one thread that starts programs: gives up all other capabilities. `programs`: those may
// gain rights by their file, as mail programs do; else nothing does any more.
void keep_only(CapabilitySet kept, bool programs);

std::string_view name_of(Role role);
CapabilitySet kept_by(Role role);  // at most: what is not held is not gained
// System calls that a role may make whatever their arguments are, and those that depend on them. By name,
// separated by blanks.
std::string calls_of(Role role);

// What a thread has, read back from the kernel.
struct Confinement {
  CapabilitySet effective = 0, permitted = 0, bounding = 0;
  bool no_new_privs = false;
  int seccomp = 0;  // 2: a filter
};
Confinement confinement_now();

}  // namespace stray::privilege
