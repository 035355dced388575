// SPDX-License-Identifier: Apache-2.0
// Nanoseconds of CLOCK_BOOTTIME: the only time the core knows.
#pragma once

#include <chrono>
#include <cstdint>

namespace stray {

using BootTime = std::chrono::duration<std::uint64_t, std::nano>;

inline constexpr BootTime milliseconds(std::uint64_t n) { return BootTime{n * 1'000'000}; }
inline constexpr BootTime seconds(std::uint64_t n) { return milliseconds(n * 1000); }
inline constexpr BootTime minutes(std::uint64_t n) { return seconds(n * 60); }
inline constexpr BootTime hours(std::uint64_t n) { return minutes(n * 60); }
inline constexpr BootTime days(std::uint64_t n) { return hours(n * 24); }
inline constexpr BootTime kNever{~std::uint64_t{0}};

// From one moment to a later one; nothing when the order is wrong, as in a hostile capture.
inline constexpr BootTime elapsed(BootTime from, BootTime to) { return to > from ? to - from : BootTime{}; }

// CLOCK_REALTIME of a moment, by what it is ahead. Of a hostile capture both can be anything: unsigned sums
// have no overflow.
inline constexpr std::int64_t real_time(BootTime time, std::int64_t real_offset_ns) {
  return static_cast<std::int64_t>(time.count() + static_cast<std::uint64_t>(real_offset_ns));
}

}  // namespace stray
