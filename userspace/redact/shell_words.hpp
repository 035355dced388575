// SPDX-License-Identifier: Apache-2.0
// The words of a text as a shell would split it; more lenient, since the text may be code or prose.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace stray {

struct ShellWord {
  enum class Kind : std::uint8_t { word, end, pipe } kind = Kind::word;  // end: ; & && || ( ) { } newline
  std::string_view raw;                                                  // as it stands
  std::string_view text;                                                 // without quotes around all of it
};

std::vector<ShellWord> shell_words(std::string_view text);

}  // namespace stray
