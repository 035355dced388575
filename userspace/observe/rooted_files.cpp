// SPDX-License-Identifier: Apache-2.0
#include "observe/rooted_files.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <optional>

#include "procfs/read.hpp"

namespace stray {
namespace {

constexpr std::string_view kDeleted = " (deleted)";

// openat2 came with Linux 5.6 and stray needs 5.10. Where a sandbox refuses it the file counts as not looked
// at.
Descriptor open_path(int dir, const std::string& path, unsigned long long resolve, unsigned flags = 0) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC | flags;
  how.resolve = resolve | RESOLVE_NO_MAGICLINKS;
  return Descriptor(static_cast<int>(::syscall(SYS_openat2, dir, path.c_str(), &how, sizeof how)));
}

// What a directory is, with the mount it is reached through: a private mount namespace has the same root
// directory but other mounts below it. The mount id needs Linux 5.8. Not synced: a dead network server must
// not stop us.
std::optional<struct statx> identity(int dir, const char* path) {
  struct statx out;
  constexpr unsigned kWanted = STATX_BASIC_STATS | STATX_MNT_ID;
  if (::statx(dir, path, AT_EMPTY_PATH | AT_STATX_DONT_SYNC, kWanted, &out) != 0) return std::nullopt;
  return out;
}

bool same_file(const struct statx& a, const struct statx& b) {
  return a.stx_ino == b.stx_ino && a.stx_dev_major == b.stx_dev_major && a.stx_dev_minor == b.stx_dev_minor;
}

ProcessFiles::Place place_of(const struct statx& d) {
  return {std::uint64_t{d.stx_dev_major} << 32 | d.stx_dev_minor, d.stx_ino, d.stx_mnt_id};
}

std::string link_text(int dir, const char* name) {
  proc::LinkReader link;
  return link.read(dir, name) ? std::string(link.text()) : std::string();
}

bool strip_deleted(std::string& path) {
  if (!path.ends_with(kDeleted)) return false;
  path.resize(path.size() - kDeleted.size());
  return true;
}

}  // namespace

ProcessFiles::ProcessFiles(int process_dir)
    : process_dir_(process_dir), cwd_text_(link_text(process_dir, "cwd")) {
  static const auto ours = identity(AT_FDCWD, "/");
  auto top = identity(process_dir, "root");
  const auto here = identity(process_dir, "cwd");
  if (!top || !here) return;
  if (!ours || !same_file(*top, *ours) || top->stx_mnt_id != ours->stx_mnt_id) {
    root_ = Descriptor(::openat(process_dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root_) return;
    top = identity(root_.get(), "");
    if (!top) return;
  }
  readable_ = true;
  root_place_ = place_of(*top), cwd_place_ = place_of(*here);
  own_root_ = !root_;
  // Only the link count tells: a directory may really be named "x (deleted)".
  cwd_gone_ = here->stx_nlink == 0;
  if (cwd_gone_) strip_deleted(cwd_text_);
  if (own_root_) return;
  root_text_ = link_text(process_dir, "root");
  const Descriptor named = open_path(root(), cwd(), RESOLVE_IN_ROOT);
  const auto there = named ? identity(named.get(), "") : std::nullopt;
  cwd_named_ = there && same_file(*here, *there);
}

Descriptor ProcessFiles::open(const std::string& path) const {
  const bool absolute = path.starts_with('/');
  if (own_root_) return open_path(absolute ? root() : cwd_directory(), path, 0);
  if (absolute) return open_path(root(), path, RESOLVE_IN_ROOT);
  if (cwd_named_) return open_path(root(), cwd() + '/' + path, RESOLVE_IN_ROOT);
  return open_path(cwd_directory(), path, RESOLVE_BENEATH);  // EXDEV for what leads elsewhere
}

// Absolute paths begin at stray's own root, whatever directory they are opened in.
int ProcessFiles::root() const { return root_ ? root_.get() : AT_FDCWD; }

int ProcessFiles::cwd_directory() const {
  if (!cwd_) cwd_ = Descriptor(::openat(process_dir_, "cwd", O_PATH | O_DIRECTORY | O_CLOEXEC));
  return cwd_.get();
}

Descriptor ProcessFiles::open_link(const std::string& path) const {
  return open_path(root(), path, own_root_ ? 0 : RESOLVE_IN_ROOT, O_NOFOLLOW);
}

std::string ProcessFiles::path_of(int fd) const {
  char name[32];
  std::snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  return std::string(inside(link_text(AT_FDCWD, name)));
}

// After chroot the kernel names files from our root, the process from its own. In a container the mount tree
// ends at the container's root, and both names agree.
std::string_view ProcessFiles::inside(std::string_view path) const {
  if (root_text_.size() <= 1 || !path.starts_with(root_text_)) return path;
  const std::string_view rest = path.substr(root_text_.size());
  return rest.empty() ? "/" : rest.front() == '/' ? rest : path;
}

ProcessFiles::Executable ProcessFiles::executable(int process_dir) const {
  Executable out{.path = link_text(process_dir, "exe")};
  if (!out.path.ends_with(kDeleted)) return out;
  const auto file = identity(process_dir, "exe");
  if (!file) return out;
  out.deleted = file->stx_nlink == 0;
  if (!out.deleted) {
    // Another hard link is left (package stores make them), or the file is really named so.
    const Descriptor named = open(std::string(inside(out.path)));
    const auto there = named ? identity(named.get(), "") : std::nullopt;
    out.deleted = !there || !same_file(*file, *there);
  }
  if (!out.deleted) return out;
  strip_deleted(out.path);
  out.replaced = static_cast<bool>(open(std::string(inside(out.path))));
  return out;
}

}  // namespace stray
