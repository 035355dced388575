// SPDX-License-Identifier: Apache-2.0
// When a loss of records began: not when it was noticed.
//
// A record's head carries the ring's total at its own moment, so what found no room was lost after the record
// before the first one with a larger total. Other losses (program runs skipped by recursion) are only in the
// total that is asked for, which may be a second old: they began after the look before the last one.
#pragma once

#include <algorithm>
#include <cstdint>

#include "event.h"
#include "record/event.hpp"

namespace stray {

class LossSpan {
 public:
  // Each record of the kernel, in ring order.
  void record(const stray_head& head) {
    if (head.lost > in_heads_) {
      if (begun_ == BootTime{}) begun_ = last_;
      in_heads_ = head.lost;
    }
    last_ = std::max(last_, BootTime{head.time_ns});
  }
  // The total was looked at, and nothing was lost that has not been reported.
  void nothing_lost() { before_ = at_look_, at_look_ = last_; }
  // The last record before the loss could begin.
  BootTime from(std::uint64_t lost_since) const {
    const bool in_heads = begun_ != BootTime{};
    if (in_heads && in_heads_ - told_in_heads_ == lost_since) return begun_;
    return in_heads ? std::min(before_, begun_) : before_;
  }
  // What was lost up to here was reported.
  void reported() {
    begun_ = BootTime{};
    told_in_heads_ = in_heads_;
    before_ = at_look_ = last_;
  }

 private:
  BootTime last_{}, begun_{}, at_look_{}, before_{};
  std::uint64_t in_heads_ = 0, told_in_heads_ = 0;
};

}  // namespace stray
