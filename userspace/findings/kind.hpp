// SPDX-License-Identifier: Apache-2.0
// The kinds of findings by name. What each one is, needs and judges stands in its own file of kinds/, in one
// row (kinds.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace stray {

// In the order in which findings of one process are listed. The last one gives the count.
enum class Kind : std::uint8_t {
  orphan,
  unsupervised_node,
  container_unsupervised,
  dev_tool,
  stale_script,
  supervisor_lost,
  oom_kill,
  stale_release,
  old_code,
  exe_replaced,
  duplicate,
  restart_storm,
  memory_high,
  inspector_open,
  child_hoard,
  zombie_leak,
};
inline constexpr std::size_t kKindCount = static_cast<std::size_t>(Kind::zombie_leak) + 1;

inline constexpr std::array<Kind, kKindCount> kKinds = [] {
  std::array<Kind, kKindCount> out{};
  for (std::size_t i = 0; i < kKindCount; ++i) out[i] = static_cast<Kind>(i);
  return out;
}();

// An array with one value a kind, indexed by the kind.
template <typename T>
struct PerKind : std::array<T, kKindCount> {
  using Base = std::array<T, kKindCount>;
  constexpr T& operator[](Kind kind) { return Base::operator[](static_cast<std::size_t>(kind)); }
  constexpr const T& operator[](Kind kind) const { return Base::operator[](static_cast<std::size_t>(kind)); }
};

// The name is part of what others see (rule.name): never renamed.
std::string_view to_string(Kind kind);
std::optional<Kind> kind_of(std::string_view name);

enum class Severity : std::uint8_t { info, notice, warning, critical };
std::string_view to_string(Severity severity);
std::optional<Severity> severity_of(std::string_view name);

}  // namespace stray
