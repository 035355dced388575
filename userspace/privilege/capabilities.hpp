// SPDX-License-Identifier: Apache-2.0
// The capabilities that stray needs, what for, and which of them this thread holds.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stray::privilege {

using CapabilitySet = std::uint64_t;  // bit N: capability N of linux/capability.h

struct Needed {
  int number;
  std::string_view name, use;
  std::string_view without;  // what a view lacks without it; empty: nothing can be traced
};

std::span<const Needed> needed();

constexpr CapabilitySet bit(int capability) { return CapabilitySet{1} << capability; }

// What this thread may use now. Includes CAP_BPF and CAP_PERFMON where it has CAP_SYS_ADMIN, which stands for
// both.
CapabilitySet held();

// Those of needed() that are not in the set. `required`: only what nothing can be traced without, else only
// what limits the view.
std::vector<Needed> missing(CapabilitySet held, bool required);

// "CAP_BPF and CAP_PERFMON"; "none".
std::string names_of(const std::vector<Needed>& list);
std::string names_of(CapabilitySet set);

// How to give stray a capability that it lacks.
std::string advice_for(const std::vector<Needed>& list);

}  // namespace stray::privilege
