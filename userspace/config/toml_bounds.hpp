// SPDX-License-Identifier: Apache-2.0
// How large and how deep a TOML file may be. The parser behind TomlReader recurses once for each level of
// nesting, also for each part of a dotted key, and would exhaust the stack. Held against the bytes before it
// sees them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stray {

constexpr std::size_t kLargestToml = 1u << 20;  // bytes
constexpr std::size_t kDeepestToml = 32;        // parts of a key, and brackets within one another

struct TomlExcess {
  std::uint32_t line = 0;
  std::string what;
};

// Nothing when the text may be parsed; whether it is TOML is the parser's question. Linear in its size.
std::optional<TomlExcess> toml_excess(std::string_view text);

}  // namespace stray
