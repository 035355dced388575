// SPDX-License-Identifier: Apache-2.0
#include "base/printable.hpp"

#include <cstdint>

namespace stray {
namespace {

constexpr char32_t kInvalid = 0xffffffff;

struct Character {
  char32_t code;
  std::size_t bytes;
};

// The first character of a text that is not empty. kInvalid, one byte: not UTF-8 (overlong forms, surrogates
// and what lies beyond U+10FFFF included).
Character first(std::string_view text) {
  const auto lead = static_cast<std::uint8_t>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {kInvalid, 1};
  char32_t code = lead & (0x7fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<std::uint8_t>(text[i]);
    if ((next & 0xc0) != 0x80) return {kInvalid, 1};
    code = code << 6 | (next & 0x3f);
  }
  const bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (overlong || surrogate || code > 0x10ffff) return {kInvalid, 1};
  return {code, bytes};
}

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
    const auto [code, bytes] = first(text);
    if (code == kInvalid || code < 0x20 || code == 0x7f || ambiguous(text)) {
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
