// SPDX-License-Identifier: Apache-2.0
// The place in a capture that is shown, and how keys and playing move it. Pure: the time that has passed is
// given.
#pragma once

#include <chrono>
#include <string>

#include "base/moment.hpp"
#include "top/model.hpp"
#include "top/snapshot.hpp"

namespace stray::top {

class TimeCursor {
 public:
  // At its end.
  TimeCursor(std::int64_t begin, std::int64_t end);

  // Takes a key's action. Returns what is wrong with a time that was typed; empty: nothing.
  std::string take(const Action& action);
  void play(std::chrono::nanoseconds passed);  // nothing while it does not play
  std::int64_t at() const { return place_.at; }
  const Place& place() const { return place_; }

 private:
  void go(std::int64_t at);
  Place place_;
};

}  // namespace stray::top
