// SPDX-License-Identifier: Apache-2.0
// Whom a program with the name of a supervisor belongs to, and for which processes it is therefore believed:
// anybody can give a file the name of one (docs/decisions/0009-believed-supervisors.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lineage/process.hpp"

namespace stray {

enum class Owner : std::uint8_t {
  system,  // root runs it, and nobody else can change it
  user,    // a user runs it, or can change what root runs
  unknown  // root runs it; who can change it was not observed
};
std::string_view to_string(Owner owner);

Owner owner_of(const Process& supervisor);

// "of user eve, from /home/eve/bin/runsv"; empty: it is the system's.
std::string whose(const Process& supervisor);

// Root's supervises anybody's processes, a user's its user's alone.
bool may_supervise(const Process& supervisor, const Process& process);

}  // namespace stray
