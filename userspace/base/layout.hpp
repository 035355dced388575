// SPDX-License-Identifier: Apache-2.0
// Texts as lines and columns for people have them.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/utf8.hpp"

namespace stray {

// Puts a text behind others: "a, b".
inline void add_to(std::string& list, std::string_view text, std::string_view between = ", ") {
  if (!list.empty()) list += between;
  list += text;
}

// Texts, or what `text_of` makes of each, in one.
template <typename List, typename TextOf = std::identity>
std::string joined(const List& list, std::string_view between = ", ", TextOf&& text_of = {}) {
  std::string out;
  for (const auto& one : list) add_to(out, text_of(one), between);
  return out;
}

// Spaces up to a width; wider text stays whole.
inline std::string pad(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

// At most `most` bytes of it, whole characters, and "..." where that is not all.
inline std::string shortened(std::string_view text, std::size_t most) {
  const std::string_view front = cut_utf8(text, most);
  return std::string(front) + (front.size() < text.size() ? "..." : "");
}

}  // namespace stray
