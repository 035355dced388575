// SPDX-License-Identifier: Apache-2.0
// Which runtime an executable is, whatever its name: by what it exports. Native add-ons find these symbols in
// the program that loads them, so each node, bun and deno has them in its dynamic symbol table.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "event.h"
#include "observe/rooted_files.hpp"
#include "procfs/read.hpp"

namespace stray {

// Of an ELF file that is open for reading. A few dozen small reads, whatever its size.
stray_content content_of(int fd);

class ContentProbe {
 public:
  // Of a process's executable; of a loader, of the first program that it has mapped.
  stray_content of(int process_dir, const ProcessFiles& files, const std::string& exe,
                   proc::FileReader& reader);

 private:
  stray_content of_file(int dir, const char* name);  // "": what the descriptor is of
  stray_content of_mapped(int process_dir, const ProcessFiles& files, proc::FileReader& reader);

  using Identity = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::uint32_t, std::uint64_t>;
  std::map<Identity, stray_content> known_;  // by device, inode, time of change and size
};

}  // namespace stray
