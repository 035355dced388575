// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace stray {

// A list of NUL separated strings. The last NUL may be missing (a cut argv).
class StringList {
 public:
  StringList() = default;
  explicit StringList(std::string_view bytes) : bytes_(bytes) {}
  std::string_view bytes() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  template <typename F>
  void each(F&& f) const {
    for (std::string_view rest = bytes_; !rest.empty();) {
      const auto end = rest.find('\0');
      f(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
  }

 private:
  std::string_view bytes_;
};

}  // namespace stray
