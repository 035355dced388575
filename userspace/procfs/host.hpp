// SPDX-License-Identifier: Apache-2.0
// What /proc says of the host and of stray itself.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace stray::proc {

std::string first_line(const char* path);  // empty where it cannot be read

// Of the running kernel; what cannot be read or parsed stays zero.
std::array<std::uint8_t, 16> boot_id();

// The number of a namespace of stray's own: "pid", "net". 0: not to be had.
std::uint64_t own_namespace(const char* kind);

}  // namespace stray::proc
