// SPDX-License-Identifier: Apache-2.0
// How bun, deno and electron read their command lines.
#pragma once

#include "program/languages/node_argv.hpp"

namespace stray {

struct OtherCommand {
  EntryKind kind = EntryKind::none;
  std::string_view entry;  // script or file, "npm:vite" of deno
  std::size_t rest = 0;
  Role role = Role::app;  // as far as the command line alone decides it
  std::string name;       // of what is no app
  bool watcher = false;
  bool ide = false;
  Inspector inspector;
};

OtherCommand parse_bun(const Words& words);
OtherCommand parse_deno(const Words& words);
OtherCommand parse_electron(const Words& words);

}  // namespace stray
