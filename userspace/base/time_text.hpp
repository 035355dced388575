// SPDX-License-Identifier: Apache-2.0
// Times and durations as people and documents read them: the one place that formats them.
#pragma once

#include <cstdint>
#include <string>

#include "base/boot_time.hpp"

namespace stray {

// The zone of all times that one output shows: of the environment in what a person reads at once (--utc makes
// that UTC too), UTC in documents. The core makes times, and no texts of them.
struct TimeStyle {
  bool utc = false;
};
inline constexpr TimeStyle kUtc{.utc = true};

std::string date_text(std::int64_t real_ns, TimeStyle style);   // "2026-10-21 06:05:06 CEST"
std::string exact_text(std::int64_t real_ns, TimeStyle style);  // "2026-10-21 06:05:06.250 CEST"
std::string second_text(std::int64_t real_ns);                  // "2026-10-21T04:05:06Z"
std::string clock_text(std::int64_t real_ns, TimeStyle style);  // "06:05:06.250"

// How long something lasted, in its two largest units: "31 d 4 h", "12 s", "350 ms".
std::string age_text(BootTime age);

// RFC 3339, UTC, nanoseconds: "2026-10-21T04:05:06.123456789Z". Caches the last second.
class Rfc3339 {
 public:
  void append(std::string& out, std::int64_t real_ns);

 private:
  std::int64_t second_ = -1;
  char text_[20] = {};
};

}  // namespace stray
