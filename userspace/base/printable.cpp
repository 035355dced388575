// SPDX-License-Identifier: Apache-2.0
#include "base/printable.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "base/utf8.hpp"

namespace stray {
namespace {

struct Range {
  char32_t first, last;
};

// What has no picture of its own: controls, format characters (Unicode's categories Cc, Zl, Zp and Cf, up to
// version 15), and what is drawn as nothing (Default_Ignorable_Code_Point: fillers, variation selectors, and
// the places kept free for more of them).
constexpr Range kHidden[] = {
    {0x80, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},     {0x600, 0x605},     {0x61c, 0x61c},
    {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},     {0x8e2, 0x8e2},     {0x115f, 0x1160},
    {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},
    {0x3164, 0x3164},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},
    {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
    {0xe0000, 0xe0fff},
};

bool hidden(char32_t code) {
  const auto* range =
      std::ranges::lower_bound(kHidden, code, {}, &Range::last);  // the first that does not end before it
  return range != std::end(kHidden) && code >= range->first;
}

void append_hex(std::string& out, std::uint32_t value, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += "0123456789abcdef"[value >> shift & 0xf];
}

void append_byte(std::string& out, char byte) {
  out += "\\x";
  append_hex(out, static_cast<std::uint8_t>(byte), 2);
}

void append_code(std::string& out, char32_t code) {
  out += "\\u{";
  append_hex(out, code, code < 0x100 ? 2 : code < 0x10000 ? 4 : 5);  // the hidden ones end below U+100000
  out += '}';
}

// A backslash stays, unless it would read as the start of an escape. So each output has one meaning.
bool ambiguous(std::string_view text) {
  return text[0] == '\\' && text.size() > 1 && (text[1] == 'x' || text[1] == 'u');
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [code, bytes] = first_character(text);
    if (code == kNotUtf8 || code < 0x20 || code == 0x7f || ambiguous(text)) {
      append_byte(out, text[0]);
    } else if (hidden(code)) {
      append_code(out, code);
    } else {
      out += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  return out;
}

}  // namespace stray
