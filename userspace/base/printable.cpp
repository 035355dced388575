// SPDX-License-Identifier: Apache-2.0
#include "base/printable.hpp"

#include <cstdint>

#include "base/utf8.hpp"

namespace stray {
namespace {

// C1 controls, line and paragraph separators, and all characters of Unicode's property Bidi_Control.
bool hidden(char32_t code) {
  return (code >= 0x80 && code <= 0x9f) || code == 0x61c || code == 0x200e || code == 0x200f ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
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
  append_hex(out, code, code < 0x100 ? 2 : 4);  // the hidden ones end below U+10000
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
