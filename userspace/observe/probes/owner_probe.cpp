// SPDX-License-Identifier: Apache-2.0
#include "observe/probes/owner_probe.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/words.hpp"

namespace stray {
namespace {

constexpr std::size_t kWordsTried = 8;  // of a command line, for its script

bool look(int fd, struct statx& out) {
  return fd >= 0 && ::statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &out) == 0;
}

// Adds what one file or directory says.
void add(ProgramOwner& owner, const struct statx& file) {
  const bool group = (file.stx_mode & S_IWGRP) && file.stx_gid != 0;
  if (file.stx_uid == 0 && !group && !(file.stx_mode & S_IWOTH)) return;
  owner.owner = STRAY_OWNER_USER;
  owner.uid = file.stx_uid != 0 ? file.stx_uid : kNoLogin;
}

ProgramOwner owner_of_file(int fd, const ProcessFiles& files, const std::string& path) {
  ProgramOwner out{STRAY_OWNER_ROOT, 0, path};
  struct statx file;
  if (!look(fd, file)) return {STRAY_OWNER_UNKNOWN, 0, path};
  add(out, file);
  for (auto end = path.rfind('/'); out.owner == STRAY_OWNER_ROOT && end != std::string::npos;
       end = end == 0 ? std::string::npos : path.rfind('/', end - 1)) {
    const Descriptor directory = files.open(path.substr(0, std::max<std::size_t>(end, 1)));
    if (!look(directory.get(), file)) return {STRAY_OWNER_UNKNOWN, 0, path};
    add(out, file);
  }
  return out;
}

// The script among the words of a command line, as the process would find it: the first that is a file.
ProgramOwner owner_of_script(const ProcessFiles& files, const ProgramView& view) {
  const Words words = words_of(view.argv);
  for (std::size_t i = 1; i < std::min(words.size(), kWordsTried); ++i) {
    if (words[i].empty() || is_option(words[i])) continue;
    const Descriptor script = files.open(std::string(words[i]));
    struct statx file;
    if (!look(script.get(), file) || !S_ISREG(file.stx_mode)) continue;
    return owner_of_file(script.get(), files, files.path_of(script.get()));
  }
  return {};
}

}  // namespace

ProgramOwner owner_of_program(int process_dir, const ProcessFiles& files, const std::string& exe,
                              const ProgramView& view) {
  const Program program = recognise(view);
  const bool manager = file_name(exe) == "systemd" || file_name(exe) == "systemd-executor";
  if (!program.supervisor && program.breaker == Breaker::none && !manager) return {};
  const Descriptor file(::openat(process_dir, "exe", O_PATH | O_CLOEXEC));
  ProgramOwner out = owner_of_file(file.get(), files, std::string(files.inside(exe)));
  if (!program.supervisor || !is_interpreter(exe)) return out;
  ProgramOwner script = owner_of_script(files, view);
  if (script.path.empty()) return out;
  // The script is what says whose supervisor it is.
  if (script.owner == STRAY_OWNER_ROOT && out.owner != STRAY_OWNER_ROOT)
    script.owner = out.owner, script.uid = out.uid;
  return script;
}

}  // namespace stray
