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
  kPython = 64,      // run by python
  kGeneric = 32,     // a common word: counts only when it is installed as a package
  kMakeshift = 128,  // shows a folder for a moment: an orphan once it was left, and no tool
};

struct ToolRow {
  // Names of the command and of its packages, "eleventy|@11ty/eleventy", the shown one first; or the end of
  // the script's path, which has a "/" in it.
  std::string_view tool;
  std::string_view words = {};    // sub-commands, "dev|run dev"; empty: any; "~": none given
  std::string_view options = {};  // one of these options is there; empty: any
  Role role = Role::dev_tool;
  std::string_view name = {};  // shown; empty: the first name and the sub-command
  unsigned traits = 0;
  Desk desk = Desk::none;
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

// Of a title that is the name alone, with the arguments overwritten: may it be a dev server or a watcher, and
// no server in production (`strapi start`)?
bool may_be_dev_tool(std::string_view name);

// Of the name that is shown: a tool with kMakeshift.
bool is_makeshift(std::string_view name);

// What is installed as a package: the name of the package or of its command; empty: a file of the user's own.
std::string_view installed_name(std::string_view script);

}  // namespace stray
