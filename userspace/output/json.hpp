// SPDX-License-Identifier: Apache-2.0
// Appends JSON to a string. For documents whose strings come from the kernel: any bytes go in, valid UTF-8
// comes out.
#pragma once

#include <cstdint>
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
    comma();
    out_ += '"';
    out_ += name;
    out_ += "\":";
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
    comma();
    out_ += '"', out_ += text, out_ += '"';
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

  std::string& out_;
  bool fresh_ = true;
};

std::string base64(std::string_view bytes);

// The length of the valid UTF-8 sequence at the start of text: 1 to 4, or 0 when there is none.
std::size_t utf8_length(std::string_view text);

}  // namespace stray
