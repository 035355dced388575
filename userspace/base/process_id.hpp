// SPDX-License-Identifier: Apache-2.0
// What names a process: its start and pid together, and the short id derived from them.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "base/boot_time.hpp"

namespace stray {

// A process: never named by its pid alone.
struct ProcessKey {
  BootTime start{};
  std::uint32_t tgid = 0;

  auto operator<=>(const ProcessKey&) const = default;
  explicit operator bool() const { return tgid != 0 || start.count() != 0; }
};

struct ProcessKeyHash {
  std::size_t operator()(const ProcessKey& key) const noexcept {
    return static_cast<std::size_t>((key.start.count() ^ (std::uint64_t{key.tgid} << 40)) *
                                    0x9e3779b97f4a7c15ULL);
  }
};

// 64 bits that name a process of a boot, as evenly spread as the bits of a random number.
std::uint64_t process_hash(const std::array<std::uint8_t, 16>& boot, ProcessKey key);

// The short printable name of a process: 12 letters and digits, derived from boot id, start and tgid, so that
// two observers agree and it stays over exec and over a restart of stray. docs/output.md has the recipe.
std::string process_id(const std::array<std::uint8_t, 16>& boot, ProcessKey key);

}  // namespace stray

template <>
struct std::hash<stray::ProcessKey> : stray::ProcessKeyHash {};
