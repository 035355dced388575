// SPDX-License-Identifier: Apache-2.0
// The live source: loads and attaches the kernel programs, reads the task snapshot and the ring buffer.
//
// Ownership: owns the skeleton, the ring and their descriptors; nothing stays in the kernel after
// destruction. Errors: setting up throws SetupError (what failed, where, what to do; exit code 4 for "not
// possible here"). Threads: none; all members are called by the one pipeline thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "record/event.hpp"

namespace stray {

// Set-up failed: shown as one line, the process ends with exit_code (2: usage, 4: not possible here, 5:
// internal or I/O).
struct SetupError : std::runtime_error {
  int exit_code;
  SetupError(int code, const std::string& text) : std::runtime_error(text), exit_code(code) {}
};

using RecordSink = std::function<void(RawRecord)>;

struct KernelOptions {
  std::uint32_t ring_bytes = 4u << 20;  // a power of two, at least a page
  bool probes = true;                   // false: only the snapshot (scan, tree, explain)
  bool bpf = true;                      // false: the snapshot is read from /proc, and nothing is loaded
};

class KernelSource {
 public:
  explicit KernelSource(const KernelOptions& options);  // loads; attaches probes when asked for
  ~KernelSource();
  KernelSource(const KernelSource&) = delete;
  KernelSource& operator=(const KernelSource&) = delete;

  // One seed record for every process that is alive during the whole call. Seeds are to be fed before the
  // ring is drained for the first time: an exit in the ring then always comes after the seed of its process.
  void snapshot(const RecordSink& sink);

  // Feeds what is in the ring, at most some ten thousand records, so that under a storm the caller gets to
  // its other work; returns how many. Never waits. What the sink throws is thrown here; that record counts as
  // read.
  std::size_t drain(const RecordSink& sink);

  // Sleeps until the ring has something, `extra_fd` (or -1) is readable, or the time is over. Asks the kernel
  // programs to wake it: they only do so for a sleeping consumer (a wakeup costs more than all the rest of a
  // record). May come back early without a reason.
  void wait(std::chrono::nanoseconds at_most, int extra_fd = -1);

  // Detaches the probes: no new records; drain() still gives what is in the ring.
  void detach();

  // Bit N: this kernel offers no records of kind N (enum stray_kind), although probes were asked for; that of
  // STRAY_SEED: the snapshot is from /proc.
  std::uint32_t missing_kinds() const;

  // Records the kernel could not hand over, so far: no room in the ring, and program runs skipped by
  // recursion (these are asked for at most once a second).
  std::uint64_t lost() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

BootTime boot_now();           // CLOCK_BOOTTIME
std::uint64_t real_now();      // CLOCK_REALTIME, ns
std::string session_record();  // bytes of the stray_session record of this host and boot

}  // namespace stray
