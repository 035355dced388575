// SPDX-License-Identifier: Apache-2.0
// Secrets that show what they are wherever they stand: tokens of known services, private keys, hashes of
// passwords.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "redact/found.hpp"

namespace re2 {
class RE2;
}

namespace stray {

class Shapes {
 public:
  Shapes();
  ~Shapes();
  Shapes(Shapes&&) noexcept;
  Shapes& operator=(Shapes&&) noexcept;

  void find(std::string_view text, Found& found) const;

 private:
  std::unique_ptr<re2::RE2> tokens_, blocks_;
};

// A pattern that matches in each text in which a Shapes finds something; small, for a filter.
std::string shape_beginnings();

// What groups of the pattern match, or all of the match where it has none. Linear: RE2.
void find_matches(const re2::RE2& pattern, std::string_view text, Found& found);

// Arguments are bytes, not UTF-8: a stray byte in a password must not end the match. Throws
// std::invalid_argument for what is no pattern.
std::unique_ptr<re2::RE2> compile_pattern(std::string_view text);

}  // namespace stray
