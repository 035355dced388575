// SPDX-License-Identifier: Apache-2.0
// How often to try something that may be out of order for long: often while it makes progress, and ever less
// often while it makes none.
#pragma once

#include <algorithm>
#include <chrono>

namespace stray {

class Backoff {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kShortest{5}, kLongest{1000};

  bool due(Clock::time_point now) const { return now >= next_; }
  void tried(Clock::time_point now, bool progress) {
    pause_ = progress ? kShortest : std::min(pause_ * 2, kLongest);
    next_ = now + pause_;
  }
  // A short nap is worth it: the next try is near.
  bool soon() const { return pause_ <= std::chrono::milliseconds(100); }

 private:
  std::chrono::milliseconds pause_ = kShortest;
  Clock::time_point next_{};
};

}  // namespace stray
