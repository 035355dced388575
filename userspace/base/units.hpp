// SPDX-License-Identifier: Apache-2.0
// Times and sizes as people write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/boot_time.hpp"
#include "base/errors.hpp"

namespace stray {

// "90s", "10min", "1h30m", "7d", "250ms"; a bare number is an error, except 0. Throws UsageError that begins
// with `where`.
BootTime parse_duration(std::string_view text, std::string_view where);

// As parse_duration reads it: "1h30min", "0".
std::string duration_text(BootTime time);

// "64KiB", "8MiB", "4GiB", "1000B"; a bare number is an error, except 0. Throws UsageError that begins with
// `where`.
std::uint64_t parse_size(std::string_view text, std::string_view where);

// As parse_size reads it: "1GiB", "1000B".
std::string size_text(std::uint64_t bytes);

// For people: "145 MiB", and "12.5 GiB" from 10 GiB on.
std::string memory_text(std::uint64_t bytes);
// With its share of the host's memory, where that is known: "145 MiB (3.6 %)".
std::string memory_text(std::uint64_t bytes, std::uint64_t host);

}  // namespace stray
