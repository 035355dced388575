// SPDX-License-Identifier: Apache-2.0
// Moments as people write them, in the time zone of the environment.
//
//   2026-11-23 02:13:05.250   a moment (also with T, with Z or +01:00 at the end; without the time: midnight)
//   02:13, 02:13:05           the last such moment that is not after the end of what is read
//   +10min                    after its beginning
//   -10min                    before its end
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stray {

struct TimeSpan {  // CLOCK_REALTIME, ns
  std::int64_t begin = 0;
  std::optional<std::int64_t> end;  // nothing: not known (a pipe)
};

// Throws UsageError that names `flag`.
std::int64_t parse_moment(std::string_view text, std::string_view flag, const TimeSpan& span);

// A moment written with its date, the first form; nothing for any other text.
std::optional<std::int64_t> parse_date(std::string_view text);

// As Rfc3339 of base/time_text.hpp writes it, of the years 1970 to 2199; nothing for any other text: 64 bits
// of nanoseconds do not hold every year.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

}  // namespace stray
