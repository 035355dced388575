// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace stray::fuzz {

// Whether a text is one JSON document (RFC 8259). Of the fuzzers' own: a library's parser would be most of
// what a run does, and of what libFuzzer searches for inputs.
bool is_json(std::string_view text);

}  // namespace stray::fuzz
