// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fnmatch.h>

#include <algorithm>
#include <string>
#include <vector>

namespace stray {

// Shell patterns (fnmatch): `*` matches slashes too.
inline bool matches_glob(const std::string& pattern, const std::string& text) {
  return ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

inline bool matches_any_glob(const std::vector<std::string>& patterns, const std::string& text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches_glob(pattern, text); });
}

}  // namespace stray
