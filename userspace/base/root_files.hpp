// SPDX-License-Identifier: Apache-2.0
// Files that root writes, and paths that root may run: no link is followed and no folder on the way belongs
// to anybody else.
#pragma once

#include <string>
#include <string_view>

#include "base/descriptor.hpp"

namespace stray {

// Opens a folder by its absolute path, name by name, without following a link. Each must be root's and
// writable by root alone; with `create`, missing ones are made (0755, the last one `mode`). Throws
// std::runtime_error that says which name is not so.
Descriptor root_folder(const std::string& path, bool create = false, unsigned mode = 0755);

// A new file in such a folder; one that is there, or a link, is never written to. Throws std::runtime_error.
void write_root_file(const Descriptor& folder, const std::string& name, std::string_view content,
                     unsigned mode);

// Empty, or why a file should not be run as root: somebody else can exchange or change it. Names on the way
// must be root's; a folder that others may write to must be sticky.
std::string root_may_run(const std::string& path);

}  // namespace stray
