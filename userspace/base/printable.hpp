// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace stray {

// A text for people in one line. Bytes that are no UTF-8, C0 controls and DEL become \xNN; C1 controls,
// U+2028, U+2029 and what is not drawn (bidirectional controls, characters of no width, tags, variation
// selectors) \u{…}. A backslash stays as it is, except before x or u, where it
// becomes \x5c: two texts never look the same.
std::string printable(std::string_view text);

}  // namespace stray
