// SPDX-License-Identifier: Apache-2.0
// Seed records made from /proc: of a process that the task iterator does not show, or of all of them where no
// kernel program may run. The start time has the grain of /proc/PID/stat, one clock tick: ids made of it are
// not those of the same process in a trace. Not in /proc, and so not in the record: who is a subreaper, but
// for systemd's managers, which all are one (PR_SET_CHILD_SUBREAPER in systemd's main.c).
#pragma once

#include <functional>

#include "procfs/process.hpp"
#include "record/event.hpp"

namespace stray::proc {

using SeedSink = std::function<void(RawRecord)>;

// Of a process that is open under this key. `parent`: tgid 0 where it is not known.
void feed_seed(const Process& process, FileReader& reader, ProcessKey key, ProcessKey parent, BootTime now,
               const SeedSink& sink);

// One seed for every process of /proc, parents before their children where both were there at the same time.
// Of a zombie with its parent alone, flagged as in the snapshot of the kernel. Read one after the other: one
// that begins meanwhile may be missing.
void feed_all_seeds(BootTime now, const SeedSink& sink);

}  // namespace stray::proc
