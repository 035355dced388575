// SPDX-License-Identifier: Apache-2.0
#include "base/quote.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/utf8.hpp"

namespace stray {
namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

}  // namespace

std::string shell_quote(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+,-";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) return std::string(text);
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string shell_word(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+=,-";
  const bool needs = text.empty() || text.find_first_not_of(plain) != std::string_view::npos;
  return needs ? shell_quote(text) : std::string(text);
}

std::optional<std::string> js_quote(std::string_view text) {
  std::string out;
  Json json(out);
  if (!json.string(text)) return {};
  return out;
}

std::optional<std::string> systemd_argument(std::string_view text) {
  if (!is_utf8(text)) return {};
  static constexpr char digits[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_control(c))
      ((out += "\\x") += digits[byte >> 4]) += digits[byte & 15];
    else if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (c == '%' || c == '$')
      (out += c) += c;
    else
      out += c;
  }
  return out + '"';
}

std::optional<std::string> systemd_program(std::string_view path) {
  if (!path.starts_with('/') || path.find('$') != std::string_view::npos) return {};
  return systemd_argument(path);
}

std::optional<std::string> systemd_path(std::string_view path) {
  if (!path.starts_with('/') || path.ends_with(' ') || path.ends_with('\\') || !is_utf8(path) ||
      std::any_of(path.begin(), path.end(), is_control))
    return {};
  std::string out;
  for (const char c : path) out += c == '%' ? std::string("%%") : std::string(1, c);
  return out;
}

std::string plain_name(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 64)) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      (!out.empty() && (c == '-' || c == '_' || c == '.'));
    if (good)
      out += c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  while (!out.empty() && (out.back() == '-' || out.back() == '.')) out.pop_back();
  return out.empty() ? "app" : out;
}

}  // namespace stray
