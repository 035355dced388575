// SPDX-License-Identifier: Apache-2.0
#include "base/columns.hpp"

#include <clocale>
#include <cwchar>

#include "base/utf8.hpp"

namespace stray {
namespace {

struct Cell {
  std::string_view text;
  std::size_t columns;
};

// The first character of a text that is not empty, as it is drawn.
Cell first_cell(std::string_view text, std::size_t& bytes) {
  const Character one = first_character(text);
  bytes = one.bytes;
  const int width = one.code == kNotUtf8 ? -1 : ::wcwidth(static_cast<wchar_t>(one.code));
  if (width < 0) return {"?", 1};
  return {text.substr(0, one.bytes), static_cast<std::size_t>(width)};
}

template <typename F>
void each_cell(std::string_view text, F&& f) {
  std::size_t bytes = 0;
  for (; !text.empty(); text.remove_prefix(bytes))
    if (!f(first_cell(text, bytes))) return;
}

}  // namespace

void use_utf8() {
  if (!std::setlocale(LC_CTYPE, "C.UTF-8")) std::setlocale(LC_CTYPE, "");
}

std::size_t columns_of(std::string_view text) {
  std::size_t out = 0;
  each_cell(text, [&](const Cell& cell) { return out += cell.columns, true; });
  return out;
}

std::string clipped(std::string_view text, std::size_t columns) {
  std::string out;
  if (columns == 0) return out;
  std::size_t used = 0, bytes_before_last = 0;  // up to where the mark of a cut still fits
  bool whole = true;
  each_cell(text, [&](const Cell& cell) {
    if (used + cell.columns > columns) return whole = false;
    if (used + cell.columns <= columns - 1) bytes_before_last = out.size() + cell.text.size();
    out += cell.text, used += cell.columns;
    return true;
  });
  if (whole) return out;
  return out.substr(0, bytes_before_last) + "…";
}

std::string fitted(std::string_view text, std::size_t columns) {
  std::string out = clipped(text, columns);
  const std::size_t used = columns_of(out);
  return used < columns ? out.append(columns - used, ' ') : out;
}

std::string right_fitted(std::string_view text, std::size_t columns) {
  const std::string out = clipped(text, columns);
  return std::string(columns - columns_of(out), ' ') + out;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns, std::size_t indent) {
  if (columns < 2) columns = 2;
  if (indent > columns / 2) indent = 0;
  std::vector<std::string> out(1);
  std::size_t used = 0, space = 0;  // space: behind the last one of this line; 0: none
  each_cell(text, [&](const Cell& cell) {
    if (used + cell.columns > columns) {
      const std::size_t begin = out.size() > 1 ? indent : 0;
      std::string rest;
      if (space > begin) rest = out.back().substr(space), out.back().resize(space);
      out.push_back(std::string(indent, ' ') + rest);
      used = indent + columns_of(rest), space = 0;
    }
    out.back() += cell.text, used += cell.columns;
    if (cell.text == " ") space = out.back().size();
    return true;
  });
  return out;
}

}  // namespace stray
