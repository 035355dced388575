// SPDX-License-Identifier: Apache-2.0
// The tools of the JavaScript world, one row each in tool_table.cpp: dev servers, watchers, wrappers,
// one-shot commands, and the supervisors among them.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/words.hpp"
#include "program/program.hpp"

namespace stray {

enum ToolTrait : unsigned {
  kWatcher = 1,   // restarts its child
  kExplorer = 2,  // shows the database
  kIde = 4,
  kDaemonTrait = 8,  // detaches on purpose
  kLoader = 16,      // runs the script named after it in its own process or as its child
  kGeneric = 32,     // a common word: counts only when it is installed as a package
};

struct ToolRow {
  std::string_view tool;          // name of the command or package; with "/" the end of the script's path
  std::string_view words = {};    // sub-commands, "dev|run dev"; empty: any; "~": none given
  std::string_view options = {};  // one of these options is there; empty: any
  Role role = Role::dev_tool;
  std::string_view name = {};  // shown; empty: tool and the sub-command
  unsigned traits = 0;
};

// All rows of one tool stand together; the first that matches decides.
std::span<const ToolRow> tool_table();

struct ToolMatch {
  const ToolRow* row;
  std::string name;
  std::size_t next = 0;  // index in `args` after the sub-command
  bool has(ToolTrait trait) const { return (row->traits & trait) != 0; }
};

// By the path of the script: ".../node_modules/.bin/prisma", ".../node_modules/vite/bin/vite.js",
// "/usr/bin/nodemon".
std::optional<ToolMatch> match_script(std::string_view path, const Words& args);

// By the command's name alone: binaries, titles ("ng serve"), "npm:" specifiers. `installed`: known to be a
// package.
std::optional<ToolMatch> match_command(std::string_view name, const Words& args, bool installed);

}  // namespace stray
