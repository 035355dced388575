// SPDX-License-Identifier: Apache-2.0
// Secrets that a command line gives away by its order: options and what follows them, programs with options
// of their own, `echo X | sudo -S`. An argument that holds blanks is read as a command for a shell, and so is
// what it quotes. Linear in the length of the command line for each level of quotes; there are at most three.
#pragma once

#include <span>
#include <string_view>

#include "redact/found.hpp"

namespace stray {

void find_command_secrets(std::span<const std::string_view> arguments, Found& found);

}  // namespace stray
