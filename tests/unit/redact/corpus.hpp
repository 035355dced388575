// SPDX-License-Identifier: Apache-2.0
// Reads the lines of secret_forms.hpp and harmless_lines.hpp.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace stray::corpus {

// NUL separated arguments.
inline std::string arguments(std::string_view line) {
  std::string out;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '\\' && quote == '"' && i + 1 < line.size() && line[i + 1] == '"')
      out += line[++i];
    else if (c == '\\' && quote && i + 1 < line.size() && line[i + 1] == 'n')
      out += '\n', ++i;
    else if (quote ? c == quote : c == '"' || c == '\'')
      quote = quote ? 0 : c;
    else
      out += !quote && c == ' ' ? '\0' : c;
  }
  return out + '\0';
}

inline std::vector<std::string> lines(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (end > 0) out.push_back(arguments(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// Puts `by` for each marked secret, or what was marked where `by` is nothing.
inline std::string unmarked(std::string text, const char* by) {
  constexpr std::string_view open = "«", close = "»";
  for (auto at = text.find(open); at != std::string::npos; at = text.find(open)) {
    const auto end = text.find(close, at);
    const std::string inner = text.substr(at + open.size(), end - at - open.size());
    text.replace(at, end + close.size() - at, by ? by : inner);
  }
  return text;
}

}  // namespace stray::corpus
