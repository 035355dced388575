// SPDX-License-Identifier: Apache-2.0
// Which variables describe the login session that a process was started from, and not what it runs: they end
// with that session, and do not go along when the process moves under a supervisor.
#pragma once

#include <string>
#include <string_view>

namespace stray {

bool of_login_session(std::string_view name);

// The same as a regular expression for "NAME=value", for grep -E and for JavaScript. It holds no quote.
std::string login_session_pattern();

}  // namespace stray
