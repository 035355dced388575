// SPDX-License-Identifier: Apache-2.0
// What agents, editors and test runs have at work for them, as far as a name or a folder says it.
#pragma once

#include <string_view>

#include "program/program.hpp"

namespace stray {

// By the name of a command, a package or a module: "mcp-server-git", "@playwright/mcp",
// "yaml-language-server".
Desk desk_by_name(std::string_view name);

// What lives in a folder of its own, whatever its file is called; nullptr: nothing known.
struct DeskFolder {
  std::string_view part;  // of the path
  std::string_view name;  // "VS Code server"
  Desk desk;              // agent or editor
};
const DeskFolder* desk_folder(std::string_view path);

// Of a browser's command line. `always`: this one never shows anything. Its renderers and zygotes are part of
// it, and no browser.
bool is_headless(StringList argv, bool always);

}  // namespace stray
