// SPDX-License-Identifier: Apache-2.0
// What many processes share, read once for all that are looked at in one pass over the host: a directory of
// pid files, the files of a unit.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <utility>

#include "record/event.hpp"

namespace stray {

template <typename Key, typename Value>
class ForAPass {
 public:
  // The value of the key, by read() where it was not read within the last moments. It holds until the next
  // call.
  template <typename Read>
  const Value& get(const Key& key, BootTime now, Read&& read) {
    const auto it = kept_.find(key);
    if (it != kept_.end() && now >= it->second.at && now - it->second.at <= kLife) return it->second.value;
    if (kept_.size() >= kMost) kept_.clear();
    Value value = read();
    return kept_.insert_or_assign(key, Kept{now, std::move(value)}).first->second.value;
  }

 private:
  static constexpr BootTime kLife = std::chrono::milliseconds(100);
  static constexpr std::size_t kMost = 256;
  struct Kept {
    BootTime at{};
    Value value;
  };
  std::map<Key, Kept> kept_;
};

}  // namespace stray
