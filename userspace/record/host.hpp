// SPDX-License-Identifier: Apache-2.0
// What sinks know of the host that the records come from: the session record, and the wall clock beside boot
// time.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "record/event.hpp"

namespace stray {

struct Host {           // every field is saved in saved_pipeline.cpp: a new one needs a line there
  std::string boot_id;  // as /proc/sys/kernel/random/boot_id prints it
  std::array<std::uint8_t, 16> boot{};
  std::string name, kernel, version, machine_id;
  std::uint64_t memory = 0;
  std::uint32_t cpus = 0;
  std::int64_t real_offset_ns = 0;  // CLOCK_REALTIME - CLOCK_BOOTTIME

  void learn(const Event& event);  // takes what session and clock records say
  std::int64_t real_ns(BootTime time) const {
    // Of a hostile capture both can be anything: unsigned sums have no overflow.
    return static_cast<std::int64_t>(time.count() + static_cast<std::uint64_t>(real_offset_ns));
  }
};

// 64 bits that name a process of a boot, as evenly spread as the bits of a random number.
std::uint64_t process_hash(const std::array<std::uint8_t, 16>& boot, ProcessKey key);

// The short printable name of a process: 12 letters and digits, derived from boot id, start and tgid, so that
// two observers agree and it stays over exec and over a restart of stray. docs/output.md has the recipe.
std::string process_id(const std::array<std::uint8_t, 16>& boot, ProcessKey key);

// RFC 3339, UTC, nanoseconds: "2026-10-21T04:05:06.123456789Z". Caches the last second.
class Rfc3339 {
 public:
  void append(std::string& out, std::int64_t real_ns);

 private:
  std::int64_t second_ = -1;
  char text_[20] = {};
};

}  // namespace stray
