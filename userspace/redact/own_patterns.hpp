// SPDX-License-Identifier: Apache-2.0
// Redaction patterns of the configuration, see redact.hpp.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "redact/found.hpp"

namespace re2 {
class RE2;
}

namespace stray {

class OwnPatterns {
 public:
  // Throws std::invalid_argument for what is no pattern.
  explicit OwnPatterns(const std::vector<std::string>& patterns);
  ~OwnPatterns();
  OwnPatterns(OwnPatterns&&) noexcept;
  OwnPatterns& operator=(OwnPatterns&&) noexcept;

  // `arguments` are parts of the text of `found`.
  void find(std::span<const std::string_view> arguments, Found& found) const;

 private:
  std::vector<std::unique_ptr<re2::RE2>> patterns_;
};

}  // namespace stray
