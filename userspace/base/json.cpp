// SPDX-License-Identifier: Apache-2.0
#include "base/json.hpp"

#include <charconv>

#include "base/utf8.hpp"

namespace stray {
namespace {

// Printable ASCII without quotes and backslashes, as nearly all texts are: eight bytes at a step, by the
// classic tests for a byte that is below a bound or equal to one (Bit Twiddling Hacks).
bool needs_no_escape(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
  const auto zero_byte = [](std::uint64_t x) { return (x - ones) & ~x & high; };
  const auto odd = [&](std::uint64_t x) {
    return ((x | (x - ones * 0x20)) & high) | zero_byte(x ^ ones * 0x7f) | zero_byte(x ^ ones * '"') |
           zero_byte(x ^ ones * '\\');
  };
  std::uint64_t eight;
  std::size_t i = 0;
  for (; i + sizeof eight <= text.size(); i += sizeof eight) {
    std::memcpy(&eight, text.data() + i, sizeof eight);
    if (odd(eight)) return false;
  }
  eight = ones * 'a';
  std::memcpy(&eight, text.data() + i, text.size() - i);
  return odd(eight) == 0;
}

}  // namespace

bool Json::string(std::string_view text) {
  comma();
  if (needs_no_escape(text)) return quote(text), true;
  bool valid = true;
  out_ += '"';
  std::size_t done = 0;  // what stands before is written
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
      ++i;
      continue;
    }
    if (c >= 0x80)
      if (const Character one = first_character(text.substr(i)); one.code != kNotUtf8) {
        i += one.bytes;
        continue;
      }
    out_.append(text, done, i - done);
    done = ++i;
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += static_cast<char>(c);
    } else if (c >= 0x80) {
      out_ += "\xef\xbf\xbd";
      valid = false;
    } else {
      static constexpr char kHex[] = "0123456789abcdef";
      out_ += "\\u00";
      out_ += kHex[c >> 4];
      out_ += kHex[c & 15];
    }
  }
  out_.append(text, done);
  out_ += '"';
  return valid;
}

void Json::append_number(std::int64_t number) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, number);
  out_.append(text, end.ptr);
}

std::string base64(std::string_view bytes) {
  static constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t k) -> std::uint32_t {
      return k < bytes.size() ? static_cast<unsigned char>(bytes[k]) : 0;
    };
    const std::uint32_t group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    out += kLetters[group >> 18];
    out += kLetters[group >> 12 & 63];
    out += i + 1 < bytes.size() ? kLetters[group >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? kLetters[group & 63] : '=';
  }
  return out;
}

}  // namespace stray
