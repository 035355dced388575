// SPDX-License-Identifier: Apache-2.0
// Two processes make a live view. The one that was started keeps its rights, sees no name of any process, and
// waits: it passes signals on, runs `stray stop` and `stray allow` for the view, and gives the terminal back
// where the view could not, since it crashed or was killed. The view is its child, which confines itself.
#pragma once

#include <string>

#include "base/descriptor.hpp"
#include "top/model.hpp"

namespace stray::top {

// Returns in the view's process, with the way to ask the other; that one does not return, and ends as the
// view does. `config`: for the commands; "": the default. Throws std::system_error.
Descriptor guard_terminal(const std::string& config);

// Asks for it, and waits until the person is done with it. False: it failed, or nothing was done.
bool ask_guard(const Descriptor& channel, const Action& action);

// The command that an action stands for; empty: none. `request`: as ask_guard() sends it.
std::vector<std::string> command_of(std::string_view request, const std::string& config);
std::string request_of(const Action& action);

}  // namespace stray::top
