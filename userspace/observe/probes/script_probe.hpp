// SPDX-License-Identifier: Apache-2.0
// The state of a process's entry script: which file an entry leads to, and what that file is now.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "event.h"
#include "observe/rooted_files.hpp"
#include "procfs/stat.hpp"

namespace stray {

struct ScriptFacts {
  stray_script_state state = STRAY_SCRIPT_UNKNOWN;
  std::string path;  // as the process sees it, links resolved
  std::uint64_t inode = 0, bytes = 0, mtime_ns = 0, ctime_ns = 0, hash = 0;
  std::uint32_t dev_major = 0, dev_minor = 0;
  std::uint64_t birth_ns = 0;
  std::string link, target;  // the last symbolic link on the way, and where it leads now
  std::uint64_t link_ctime_ns = 0;
  std::string package;  // the name in the nearest package.json beside or above the file
};

// Resolves as Node's loader of the main module does, with the suffixes of tsx and ts-node besides. `logical`:
// the working directory by the name it was entered with (PWD), for links on the way to a relative entry.
ScriptFacts look_at_script(const ProcessFiles& files, std::string_view entry, std::string_view logical,
                           proc::FileReader& reader);

// Whether the executable's path still leads to the file that runs.
stray_exe_state look_at_executable(const ProcessFiles& files, int process_dir);

// "file:///a%20b" -> "/a b"; anything else unchanged.
std::string entry_path(std::string_view entry);

// A hash of the first MiB of a file's content; 0 when it could not be read. Not against an adversary (who
// owns the file may change it as he likes): it tells a redeployed file from a changed one.
std::uint64_t content_hash(int fd, proc::FileReader& reader);

}  // namespace stray
