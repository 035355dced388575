// SPDX-License-Identifier: Apache-2.0
// The clocks, and the record that says on which host and boot a trace was made.
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <fstream>
#include <string>

#include "event.h"
#include "kernel/kernel_source.hpp"
#include "record/wire.hpp"

namespace stray {
namespace {

std::uint64_t clock_ns(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

std::string first_line(const char* path) {
  std::string line;
  std::getline(std::ifstream(path), line);
  return line;
}

// "0f1e…-…" to its 16 bytes; what does not parse stays zero.
void parse_boot_id(std::string text, __u8 (&out)[16]) {
  std::erase(text, '-');
  for (std::size_t i = 0; i < sizeof out && 2 * i + 2 <= text.size(); ++i)
    std::from_chars(text.data() + 2 * i, text.data() + 2 * i + 2, out[i], 16);
}

std::uint32_t own_pid_namespace() {
  struct stat info {};
  return ::stat("/proc/self/ns/pid", &info) == 0 ? static_cast<std::uint32_t>(info.st_ino) : 0;
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
    parse_boot_id(first_line("/proc/sys/kernel/random/boot_id"), s.boot_id);
    s.contract = STRAY_CONTRACT;
    s.cpus = static_cast<std::uint32_t>(::sysconf(_SC_NPROCESSORS_ONLN));
    s.ticks_per_second = static_cast<std::uint32_t>(::sysconf(_SC_CLK_TCK));
    s.pidns = own_pid_namespace();
  });
  record.add(&stray_session::host, system.nodename)
      .add(&stray_session::kernel, system.release)
      .add(&stray_session::version, STRAY_VERSION)
      .add(&stray_session::machine_id, first_line("/etc/machine-id"));
  const RawRecord bytes = record.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace stray
