// SPDX-License-Identifier: Apache-2.0
// UTF-8, decoded in one place.
#pragma once

#include <cstddef>
#include <string_view>

namespace stray {

inline constexpr char32_t kNotUtf8 = 0xffffffff;

struct Character {
  char32_t code = kNotUtf8;
  std::size_t bytes = 1;
};

// The first character of a text that is not empty. kNotUtf8, one byte: not UTF-8 (overlong forms, surrogates
// and what lies beyond U+10FFFF included).
Character first_character(std::string_view text);

bool is_utf8(std::string_view text);

// The longest beginning of at most `most` bytes that does not end within a character.
std::string_view cut_utf8(std::string_view text, std::size_t most);

}  // namespace stray
