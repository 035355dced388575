// SPDX-License-Identifier: Apache-2.0
// What was meant by a word that is not known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stray {

// The name that is spelled most like the word; empty: none is near. Case counts for nothing.
std::string nearest(std::string_view word, const std::vector<std::string>& names);

// "; did you mean NAME?", or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& names);

}  // namespace stray
