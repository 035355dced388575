// SPDX-License-Identifier: Apache-2.0
#include "config/toml_bounds.hpp"

#include <algorithm>

namespace stray {
namespace {

// The index behind the string that begins at `at`; of one that does not end, the end of its line, or of the
// text for one of several lines. The parser stops at such a string, and so does not see what follows.
std::size_t behind_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const bool several_lines = text.substr(at, 3) == std::string(3, quote);
  std::size_t i = at + (several_lines ? 3 : 1);
  for (; i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"')
      ++i;
    else if (several_lines && text.substr(i, 3) == std::string_view(text).substr(at, 3))
      break;
    else if (!several_lines && (text[i] == quote || text[i] == '\n'))
      return text[i] == '\n' ? i : i + 1;
  }
  if (i >= text.size()) return text.size();
  // Up to two quotes may stand before the three that close.
  for (i += 3; i < text.size() && text[i] == quote;) ++i;
  return i;
}

}  // namespace

std::optional<TomlExcess> toml_excess(std::string_view text) {
  if (text.size() > kLargestToml)
    return TomlExcess{1, "larger than " + std::to_string(kLargestToml >> 20) + " MiB"};
  const std::string most = std::to_string(kDeepestToml);
  std::uint32_t line = 1;
  std::size_t parts = 1, brackets = 0;
  for (std::size_t i = 0; i < text.size();) {
    switch (text[i]) {
      case '"':
      case '\'': {
        const std::size_t end = behind_string(text, i);
        line += static_cast<std::uint32_t>(std::ranges::count(text.substr(i, end - i), '\n'));
        i = end;
        continue;
      }
      case '#':
        i = std::min(text.find('\n', i), text.size());
        continue;
      case '.':
        if (++parts > kDeepestToml) return TomlExcess{line, "a key of more than " + most + " parts"};
        break;
      case '[':
      case '{':
        if (++brackets > kDeepestToml)
          return TomlExcess{line, "more than " + most + " brackets within one another"};
        parts = 1;
        break;
      case ']':
      case '}':
        brackets -= brackets > 0;
        parts = 1;
        break;
      case '\n':
        ++line;
        [[fallthrough]];
      case '=':
      case ',':
        parts = 1;
        break;
      default:
        break;
    }
    ++i;
  }
  return {};
}

}  // namespace stray
