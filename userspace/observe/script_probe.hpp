// SPDX-License-Identifier: Apache-2.0
// The state of a process's entry script: which file an entry leads to, and what that file is now.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "event.h"
#include "observe/proc_files.hpp"
#include "observe/process_files.hpp"

namespace stray {

struct ScriptFacts {
  stray_script_state state = STRAY_SCRIPT_UNKNOWN;
  std::string path;  // as the process sees it, links resolved
  std::uint64_t inode = 0, bytes = 0, mtime_ns = 0, ctime_ns = 0, hash = 0;
  std::uint32_t dev_major = 0, dev_minor = 0;
};

// Resolves as Node's loader of the main module does, with the suffixes of tsx and ts-node besides.
ScriptFacts look_at_script(const ProcessFiles& files, std::string_view entry, proc::FileReader& reader);

// "file:///a%20b" -> "/a b"; anything else unchanged.
std::string entry_path(std::string_view entry);

// A hash of the first MiB of a file's content; 0 when it could not be read. Not against an adversary (who
// owns the file may change it as he likes): it tells a redeployed file from a changed one.
std::uint64_t content_hash(int fd, proc::FileReader& reader);

}  // namespace stray
