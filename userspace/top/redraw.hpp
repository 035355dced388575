// SPDX-License-Identifier: Apache-2.0
// When to draw: at once after a quiet time, and at most ten times a second.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace stray::top {

class Redraw {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds kApart{100};

  void ask(Time now) {
    if (!due_) due_ = drawn_ ? std::max(now, *drawn_ + kApart) : now;
  }
  bool due(Time now) const { return due_ && *due_ <= now; }
  void done(Time now) { drawn_ = now, due_.reset(); }
  // Until the next; nothing: none is asked for.
  std::optional<std::chrono::milliseconds> wait(Time now) const {
    if (!due_) return {};
    return std::chrono::ceil<std::chrono::milliseconds>(std::max(*due_ - now, Time::duration::zero()));
  }

 private:
  std::optional<Time> drawn_, due_;
};

}  // namespace stray::top
