// SPDX-License-Identifier: Apache-2.0
// What sinks know of the host that the records come from: the session record, and the wall clock beside boot
// time.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/time_text.hpp"
#include "record/event.hpp"

namespace stray {

struct Host {           // every field is saved in saved_pipeline.cpp: a new one needs a line there
  std::string boot_id;  // as /proc/sys/kernel/random/boot_id prints it
  std::array<std::uint8_t, 16> boot{};
  std::string name, kernel, version, machine_id;
  std::uint64_t memory = 0;
  std::uint32_t cpus = 0;
  std::int64_t real_offset_ns = 0;         // CLOCK_REALTIME - CLOCK_BOOTTIME
  std::uint32_t pidns = 0;                 // the one stray runs in; 0: not known
  std::uint32_t missing_kinds = 0;         // bit N: the kernel offers no records of kind N
  std::uint32_t missing_capabilities = 0;  // bit N: the observer lacked capability N
  BootTime
      unwatched_from{};  // nobody watched from then until the ready record; 0: not known, or no such time

  void learn(const Event& event);  // takes what session and clock records say
  bool in_own_pid_namespace() const {
    constexpr std::uint32_t kInitial = 0xEFFFFFFC;  // PROC_PID_INIT_INO, include/linux/proc_ns.h
    return pidns != 0 && pidns != kInitial;
  }
  std::int64_t real_ns(BootTime time) const { return real_time(time, real_offset_ns); }
};

}  // namespace stray
