// SPDX-License-Identifier: Apache-2.0
// Texts kept once each and named by a number: a storm runs the same few commands again and again.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace stray {

class Strings {
 public:
  using Id = std::uint32_t;  // 0: the empty text
  Strings() { add(""); }
  Strings(Strings&&) = default;  // a deque keeps its texts where they are: the views into them hold
  Strings& operator=(Strings&&) = default;

  Id add(std::string_view text) {
    if (const auto it = ids_.find(text); it != ids_.end()) return it->second;
    const auto id = static_cast<Id>(texts_.size());
    texts_.emplace_back(text);
    ids_.emplace(texts_.back(), id);
    bytes_ += text.size() + kOverhead;
    return id;
  }
  const std::string& operator[](Id id) const { return texts_[id]; }
  std::size_t size() const { return texts_.size(); }
  std::size_t bytes() const { return bytes_; }  // about what it takes, with its index

 private:
  static constexpr std::size_t kOverhead = 80;
  std::deque<std::string> texts_;
  std::unordered_map<std::string_view, Id> ids_;
  std::size_t bytes_ = 0;
};

}  // namespace stray
