// SPDX-License-Identifier: Apache-2.0
// Events by name.
#pragma once

#include <string_view>

#include "record/event.hpp"

namespace stray {

// The name of an event's action (event.action), or nothing for records that are no event of their own.
std::string_view action_of(const Event& event);

}  // namespace stray
