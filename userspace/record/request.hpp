// SPDX-License-Identifier: Apache-2.0
// What the core asks the observer to look at. The answer is a record like any other.
#pragma once

#include <cstdint>
#include <string>

#include "record/event.hpp"

namespace stray {

enum class Look : std::uint8_t { process = 0, script = 1, usage = 2, sockets = 3, children = 4 };

struct Request {
  ProcessKey process;
  Look look = Look::process;
  std::string entry;  // for Look::script: the entry as the runtime resolved it from argv
};

}  // namespace stray
