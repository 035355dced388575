// SPDX-License-Identifier: Apache-2.0
#include "redact/own_patterns.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "redact/shapes.hpp"

namespace stray {
namespace {

// The value of an option may be its next argument; --no-password has none, and an option is no value.
bool takes_next(std::string_view option, std::string_view next) {
  return option.starts_with('-') && option.find('=') == std::string_view::npos &&
         !option.starts_with("--no-") && !next.empty() && !next.starts_with('-');
}

}  // namespace

OwnPatterns::OwnPatterns(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) patterns_.push_back(compile_pattern(pattern));
}
OwnPatterns::~OwnPatterns() = default;
OwnPatterns::OwnPatterns(OwnPatterns&&) noexcept = default;
OwnPatterns& OwnPatterns::operator=(OwnPatterns&&) noexcept = default;

void OwnPatterns::find(std::span<const std::string_view> arguments, Found& found) const {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    const std::size_t known = found.size();
    for (const auto& pattern : patterns_) find_matches(*pattern, argument, found);
    if (found.size() != known || i + 1 == arguments.size() || !takes_next(argument, arguments[i + 1]))
      continue;
    const std::string_view next = arguments[i + 1];
    const std::string pair = std::string(argument) + "=" + std::string(next);
    Found in_pair(pair);
    for (const auto& pattern : patterns_) find_matches(*pattern, pair, in_pair);
    // A whole match takes in the option: only its value goes, and the NUL between them stays.
    in_pair.each([&](std::size_t start, std::size_t end) {
      start = std::max(start, argument.size() + 1);
      if (start < end) found.add(next.substr(start - argument.size() - 1, end - start));
    });
  }
}

}  // namespace stray
