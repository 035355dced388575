// SPDX-License-Identifier: Apache-2.0
// How a fuzzer says that a promise does not hold, and promises that several of them check.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace stray::fuzz {

[[noreturn]] inline void broken(const char* promise, const std::string& text) {
  std::fprintf(stderr, "%s: %s\n", promise, text.c_str());
  std::abort();
}

// No byte that moves the cursor of a terminal.
inline void check_text(std::string_view text) {
  const auto moves = [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), moves)) broken("a control character in text", std::string(text));
}

}  // namespace stray::fuzz
