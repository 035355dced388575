// SPDX-License-Identifier: Apache-2.0
// The secrets that were found in one text, as ranges of it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stray {

class Found {
 public:
  static constexpr std::string_view kReplacement = "<redacted>";

  // Of the text that all views given to add() are parts of.
  explicit Found(std::string_view whole) : whole_(whole) {}

  void add(std::string_view secret) {
    if (secret.empty() || secret.starts_with(kReplacement)) return;
    const auto start = static_cast<std::size_t>(secret.data() - whole_.data());
    ranges_.push_back({start, start + secret.size()});
  }

  bool empty() const { return ranges_.empty(); }
  std::size_t size() const { return ranges_.size(); }

  // Calls visit(start, end) for each.
  template <typename F>
  void each(F&& visit) const {
    for (const Range& range : ranges_) visit(range.start, range.end);
  }

  // The text with one replacement for each range; ranges that overlap are one.
  std::string replaced();

 private:
  struct Range {
    std::size_t start, end;
  };
  std::string_view whole_;
  std::vector<Range> ranges_;
};

}  // namespace stray
