// SPDX-License-Identifier: Apache-2.0
// Texts as wide as a terminal draws them: a character takes one column, two (East Asian, emoji) or none
// (combining marks). Needs a UTF-8 locale: use_utf8() once, at the start.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stray {

// Characters are UTF-8 from here on, whatever the environment says: LANG is C under many a sudo, and the
// terminals of today are UTF-8 all the same.
void use_utf8();

// Columns that a text takes. What a terminal cannot draw counts as the one that fitted() puts in its place.
std::size_t columns_of(std::string_view text);

// Exactly so wide: cut with "…" where it is wider, filled with spaces where it is not. What is no character,
// or moves the cursor, becomes "?": the last guard, behind printable().
std::string fitted(std::string_view text, std::size_t columns);
std::string right_fitted(std::string_view text, std::size_t columns);  // filled on the left
// The same without what fills it.
std::string clipped(std::string_view text, std::size_t columns);

// As lines of at most so many columns, broken at spaces where there are some; what follows the first line is
// indented by so many.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns, std::size_t indent);

}  // namespace stray
