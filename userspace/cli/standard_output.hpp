// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace stray {

// All of it to standard output, at the pace of its reader (a pager waits for its person). Throws OutputError
// that says how much could not be written, and ReaderGone when nobody reads it any more.
void print(std::string_view text);

// What `ls | head` does when head has ended.
void end_by_sigpipe();

}  // namespace stray
