// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace stray {

// All of it to standard output, at the pace of its reader (a pager waits for its person). Throws OutputError
// that says how much could not be written.
void print(std::string_view text);

}  // namespace stray
