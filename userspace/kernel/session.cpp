// SPDX-License-Identifier: Apache-2.0
// The clocks, and the record that says on which host and boot a trace was made.
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "event.h"
#include "kernel/kernel_source.hpp"
#include "procfs/host.hpp"
#include "record/wire.hpp"

namespace stray {
namespace {

std::uint64_t clock_ns(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

BootTime boot_now() { return BootTime{clock_ns(CLOCK_BOOTTIME)}; }

std::uint64_t real_now() { return clock_ns(CLOCK_REALTIME); }

std::string session_record() {
  utsname system{};
  ::uname(&system);
  wire::Record<stray_session> record(wire::head(STRAY_SESSION, boot_now()));
  record.set([](stray_session& s) {
    s.real_ns = real_now();
    s.memory = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
               static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    std::ranges::copy(proc::boot_id(), s.boot_id);
    s.contract = STRAY_CONTRACT;
    s.cpus = static_cast<std::uint32_t>(::sysconf(_SC_NPROCESSORS_ONLN));
    s.ticks_per_second = static_cast<std::uint32_t>(::sysconf(_SC_CLK_TCK));
    s.pidns = static_cast<__u32>(proc::own_namespace("pid"));
  });
  record.add(&stray_session::host, system.nodename)
      .add(&stray_session::kernel, system.release)
      .add(&stray_session::version, STRAY_VERSION)
      .add(&stray_session::machine_id, proc::first_line("/etc/machine-id"));
  const RawRecord bytes = record.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace stray
