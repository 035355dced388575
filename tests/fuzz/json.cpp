// SPDX-License-Identifier: Apache-2.0
#include "json.hpp"

#include <algorithm>
#include <cstddef>

namespace stray::fuzz {
namespace {

class Json {
 public:
  static bool accepts(std::string_view text) {
    Json json(text);
    return json.value() && (json.space(), json.text_.empty());
  }

 private:
  static constexpr int kDeepest = 64;
  explicit Json(std::string_view text) : text_(text) {}

  void space() {
    while (!text_.empty() && std::string_view(" \t\r\n").find(text_[0]) != std::string_view::npos)
      text_.remove_prefix(1);
  }
  bool take(char c) {
    space();
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool word(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  bool digits() {
    const auto end = std::min(text_.find_first_not_of("0123456789"), text_.size());
    text_.remove_prefix(end);
    return end > 0;
  }
  bool number() {
    word("-");
    if (!word("0") && !digits()) return false;
    if (word(".") && !digits()) return false;
    if (!word("e") && !word("E")) return true;
    if (!word("+")) word("-");
    return digits();
  }
  bool escape() {
    if (text_.empty()) return false;
    const char c = text_[0];
    text_.remove_prefix(1);
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    const bool four = text_.size() >= 4 && text_.substr(0, 4).find_first_not_of("0123456789abcdefABCDEF") ==
                                               std::string_view::npos;
    if (four) text_.remove_prefix(4);
    return four;
  }
  // The bytes behind the first of a character in UTF-8; shortest form, no surrogates, at most U+10FFFF.
  bool character() {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text_[i]); };
    const unsigned char first = at(0);
    const std::size_t size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (size == 0 || first > 0xf4 || size > text_.size()) return false;
    for (std::size_t i = 1; i < size; ++i)
      if ((at(i) & 0xc0) != 0x80) return false;
    if (size > 2 && ((first == 0xe0 && at(1) < 0xa0) || (first == 0xed && at(1) > 0x9f) ||
                     (first == 0xf0 && at(1) < 0x90) || (first == 0xf4 && at(1) > 0x8f)))
      return false;
    text_.remove_prefix(size);
    return true;
  }
  bool string() {
    if (!take('"')) return false;
    while (!text_.empty()) {
      if (word("\"")) return true;
      if (static_cast<unsigned char>(text_[0]) < 0x20) return false;
      if (!(word("\\") ? escape() : character())) return false;
    }
    return false;
  }
  // Of an object or an array, behind its first bracket.
  bool members(char close, bool named) {
    if (take(close)) return true;
    do {
      if (named && !(string() && take(':'))) return false;
      if (!value()) return false;
    } while (take(','));
    return take(close);
  }
  bool value() {
    if (++depth_ > kDeepest) return false;
    space();
    const bool good = take('{')                                       ? members('}', true)
                      : take('[')                                     ? members(']', false)
                      : text_.starts_with('"')                        ? string()
                      : word("true") || word("false") || word("null") ? true
                                                                      : number();
    --depth_;
    return good;
  }

  std::string_view text_;
  int depth_ = 0;
};

}  // namespace

bool is_json(std::string_view text) { return Json::accepts(text); }

}  // namespace stray::fuzz
