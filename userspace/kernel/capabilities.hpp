// SPDX-License-Identifier: Apache-2.0
// What this kernel and host offer stray, found by trying: for `stray doctor`.
#pragma once

#include <string>
#include <vector>

namespace stray {

enum class Offer {
  ok,
  limited,  // stray runs, but sees less or cannot use it
  missing,  // stray cannot trace
  info,     // a fact, not needed
};

struct Capability {
  std::string name;
  Offer offer = Offer::ok;
  std::string detail;
  std::string advice;  // empty when there is nothing to do
};

// Loads every kernel program once, alone, attaches none. Takes some tens of milliseconds; never throws
// SetupError.
std::vector<Capability> capabilities();

}  // namespace stray
