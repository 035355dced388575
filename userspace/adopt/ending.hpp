// SPDX-License-Identifier: Apache-2.0
// Ends processes through pidfds: a pid that was given to another process meanwhile is never hit.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "plan/end_group.hpp"

namespace stray {

// A process held by its pidfd, and what became of it.
struct Held {
  Ending ending;
  Descriptor fd;
  std::string how;  // "ended on SIGTERM"; empty: nothing yet
  bool left = false;

  // The pidfd is opened first: what has this start time now had the pid then too, so it is the one held.
  void hold();
  bool ended() const;
  void send(int signal);

 private:
  void fail(std::string why) { how = std::move(why), left = true; }
  friend void end_stage(std::vector<Held>&, std::chrono::nanoseconds, bool);
};

// A stage after the other: SIGTERM, so long to end, and with `force` SIGKILL for what is left.
std::vector<Held> end_all(const EndGroup& group, std::chrono::nanoseconds timeout, bool force);

bool any_left(const std::vector<Held>& all);

}  // namespace stray
