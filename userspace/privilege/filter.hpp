// SPDX-License-Identifier: Apache-2.0
// The system calls of each role, as a seccomp filter of the calling thread.
#pragma once

#include "privilege/confine.hpp"

namespace stray::privilege {

// False: not possible here. Needs no_new_privs.
bool load_filter(Role role);

}  // namespace stray::privilege
