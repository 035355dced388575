// SPDX-License-Identifier: Apache-2.0
#include "base/root_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "base/printable.hpp"
#include "base/write_all.hpp"

namespace stray {
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& why) {
  throw std::runtime_error(printable(path) + ": " + why);
}

bool others_can_write(const struct stat& facts) {
  return facts.st_uid != 0 || (facts.st_mode & (S_IWGRP | S_IWOTH));
}

}  // namespace

Descriptor root_folder(const std::string& path, bool create, unsigned mode) {
  Descriptor at(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (std::size_t begin = 1; begin < path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    const std::string name = path.substr(begin, end - begin), so_far = path.substr(0, end);
    begin = end + 1;
    if (create && ::mkdirat(at.get(), name.c_str(), end == path.size() ? mode : 0755) != 0 && errno != EEXIST)
      fail(so_far, std::strerror(errno));
    Descriptor next(::openat(at.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next)
      fail(so_far, errno == ELOOP || errno == ENOTDIR ? "is not a folder, or a link" : std::strerror(errno));
    struct stat facts {};
    if (::fstat(next.get(), &facts) != 0) fail(so_far, std::strerror(errno));
    if (others_can_write(facts)) fail(so_far, "others than root can write to it");
    at = std::move(next);
  }
  if (!at) fail(path, std::strerror(errno));
  return at;
}

void write_root_file(const Descriptor& folder, const std::string& name, std::string_view content,
                     unsigned mode) {
  const Descriptor file(
      ::openat(folder.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) fail(name, errno == EEXIST ? "is there already" : std::strerror(errno));
  if (::fchmod(file.get(), mode) == 0 && write_all(file.get(), content) == content.size() &&
      ::fsync(file.get()) == 0)
    return;
  const std::string why = std::strerror(errno);
  ::unlinkat(folder.get(), name.c_str(), 0);
  fail(name, why);
}

std::string root_may_run(const std::string& path) {
  char real[PATH_MAX];
  if (!::realpath(path.c_str(), real)) return printable(path) + ": " + std::strerror(errno);
  const std::string whole = real;
  for (std::size_t end = 0; end != std::string::npos;) {
    end = whole.find('/', end + 1);
    const std::string name = whole.substr(0, end);
    struct stat facts {};
    if (::lstat(name.c_str(), &facts) != 0) return printable(name) + ": " + std::strerror(errno);
    const bool sticky = S_ISDIR(facts.st_mode) && (facts.st_mode & S_ISVTX) && facts.st_uid == 0;
    if (others_can_write(facts) && !sticky) return "others than root can write to " + printable(name);
  }
  return {};
}

}  // namespace stray
