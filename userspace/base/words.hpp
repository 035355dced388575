// SPDX-License-Identifier: Apache-2.0
// Small tools for paths and command lines. Everything works on borrowed text.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/string_list.hpp"

namespace stray {

using Words = std::vector<std::string_view>;

// Longer command lines are cut here: what decides stands at the front.
inline constexpr std::size_t kMostWords = 1024;

inline std::string_view file_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// "vite.js" -> "vite". Only what JavaScript runtimes load without a word about it.
inline std::string_view without_script_suffix(std::string_view name) {
  for (const std::string_view suffix : {".js", ".cjs", ".mjs"})
    if (name.size() > suffix.size() && name.ends_with(suffix))
      return name.substr(0, name.size() - suffix.size());
  return name;
}

inline bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

inline bool is_option(std::string_view word) { return word.size() > 1 && word.front() == '-'; }

// True for "--watch" and "--watch=x" when option is "--watch".
inline bool is_option_named(std::string_view word, std::string_view option) {
  return word.starts_with(option) && (word.size() == option.size() || word[option.size()] == '=');
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Calls f with each part of a list such as "dev|serve|preview" until it returns true.
template <typename F>
bool any_part(std::string_view list, char separator, F&& f) {
  for (std::string_view rest = list; !rest.empty();) {
    const auto end = rest.find(separator);
    if (f(rest.substr(0, end))) return true;
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return false;
}

// Is the word a part of the list? Asked of most words of most command lines, so parts are not cut out.
inline bool one_of(std::string_view list, std::string_view word) {
  if (word.empty() || word.find('|') != std::string_view::npos) return false;
  for (auto at = list.find(word); at != std::string_view::npos; at = list.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || list[at - 1] == '|') && (end == list.size() || list[end] == '|')) return true;
  }
  return false;
}

inline Words split(std::string_view text, char separator) {
  Words out;
  any_part(text, separator, [&](std::string_view part) {
    if (!part.empty()) out.push_back(part);
    return out.size() == kMostWords;
  });
  return out;
}

inline Words words_of(StringList list) {
  Words out;
  out.reserve(std::min<std::size_t>(kMostWords, list.bytes().size() / 4 + 1));
  any_part(list.bytes(), '\0', [&](std::string_view word) {
    out.push_back(word);
    return out.size() == kMostWords;
  });
  return out;
}

}  // namespace stray
