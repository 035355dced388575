// SPDX-License-Identifier: Apache-2.0
// Whether a list of arguments may hold a secret at all. Most do not, and are through after one pass.
#pragma once

#include <memory>
#include <string_view>

namespace re2 {
class RE2;
}

namespace stray {

class Prefilter {
 public:
  Prefilter();
  ~Prefilter();
  Prefilter(Prefilter&&) noexcept;
  Prefilter& operator=(Prefilter&&) noexcept;

  // False: no rule of stray finds anything in these NUL separated strings.
  bool may_hold_secret(std::string_view strings) const;

 private:
  std::unique_ptr<re2::RE2> any_;
};

}  // namespace stray
