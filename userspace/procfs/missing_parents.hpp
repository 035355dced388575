// SPDX-License-Identifier: Apache-2.0
// A seed record made from /proc, for a process that the task iterator does not show although others name it
// as their parent. Hardened hosts hide their init like this.
#pragma once

#include <functional>
#include <vector>

#include "record/event.hpp"

namespace stray::proc {

// Watches the seeds of one snapshot go by and makes those that are missing at its end.
class MissingParents {
 public:
  void saw(RawRecord seed);
  // Feeds a seed, read at `now`, for every parent named but not seen, as far as /proc knows the same process.
  void make(BootTime now, const std::function<void(RawRecord)>& sink);

 private:
  std::vector<ProcessKey> seen_, named_;
};

}  // namespace stray::proc
