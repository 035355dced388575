// SPDX-License-Identifier: Apache-2.0
// A command is one file in cli/commands/ and one row in cli/commands.cpp: its options, how they are declared,
// and what it does.
#pragma once

#include <functional>
#include <span>
#include <string_view>

namespace stray {

class Arguments;

using Action = std::function<int()>;  // returns the exit code

struct Command {
  std::string_view name;
  std::string_view summary;  // one line of `stray --help`
  std::string_view example;
  // Declares its arguments; what it returns runs the command after they were read. It owns the options.
  Action (*declare)(Arguments& arguments) = nullptr;
  std::span<const Command* const> commands = {};  // of its own, as in `stray config show`; then no declare
};

}  // namespace stray
