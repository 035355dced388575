// SPDX-License-Identifier: Apache-2.0
// Appends JSON to a string. For documents whose strings come from the kernel: any bytes go in, valid UTF-8
// comes out.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace stray {

class Json {
 public:
  explicit Json(std::string& out) : out_(out) {}

  void begin_object() { open('{'); }
  void begin_object(std::string_view name) { key(name), open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void begin_array(std::string_view name) { key(name), open('['); }
  void end_array() { close(']'); }

  // The name is a literal of ours: it needs no escaping.
  void key(std::string_view name) {
    char* at = grow(name.size() + (fresh_ ? 3 : 4));
    if (!fresh_) *at++ = ',';
    *at++ = '"';
    std::memcpy(at, name.data(), name.size());
    std::memcpy(at + name.size(), "\":", 2);
    fresh_ = true;
  }

  void field(std::string_view name, std::string_view text) { key(name), string(text); }
  void field(std::string_view name, const char* text) { key(name), string(text); }
  template <typename N>
  requires std::is_integral_v<N>
  void field(std::string_view name, N number) {
    key(name);
    value(number);
  }
  // A text of ours, known to need no escaping.
  void plain(std::string_view name, std::string_view text) {
    key(name);
    fresh_ = false;
    quote(text);
  }
  template <typename N>
  requires std::is_integral_v<N>
  void value(N number) {
    comma();
    if constexpr (std::is_same_v<N, bool>)
      out_ += number ? "true" : "false";
    else
      append_number(static_cast<std::int64_t>(number));
  }
  // Returns false when the text was not UTF-8: each bad byte became U+FFFD.
  bool string(std::string_view text);

  // For a value or a member that the caller writes itself: the comma, where one is due, stands already.
  std::string& here() {
    comma();
    return out_;
  }

 private:
  void comma() {
    if (!fresh_) out_ += ',';
    fresh_ = false;
  }
  void open(char bracket) { comma(), out_ += bracket, fresh_ = true; }
  void close(char bracket) { out_ += bracket, fresh_ = false; }
  void append_number(std::int64_t number);
  // Room for so many bytes at the end: one step instead of one for each piece.
  char* grow(std::size_t bytes) {
    const std::size_t size = out_.size();
    out_.resize(size + bytes);
    return out_.data() + size;
  }
  void quote(std::string_view text) {
    char* at = grow(text.size() + 2);
    *at = '"';
    std::memcpy(at + 1, text.data(), text.size());
    at[text.size() + 1] = '"';
  }

  std::string& out_;
  bool fresh_ = true;
};

std::string base64(std::string_view bytes);

}  // namespace stray
