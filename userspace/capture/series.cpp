// SPDX-License-Identifier: Apache-2.0
#include "capture/series.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "base/write_all.hpp"

namespace stray::capture {
namespace {

std::string name_of(const std::string& path, std::uint64_t number) {
  if (number == 0) return path;
  char suffix[24];
  std::snprintf(suffix, sizeof suffix, ".%06llu", static_cast<unsigned long long>(number));
  return path + suffix;
}

}  // namespace

Series::Series(std::string path, std::uint64_t total_bytes, const std::vector<std::string>& earlier)
    : path_(std::move(path)), bound_(total_bytes) {
  for (const std::string& file : earlier) {
    struct stat status {};
    if (::lstat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    closed_.push_back({.path = file,
                       .device = status.st_dev,
                       .inode = status.st_ino,
                       .size = static_cast<std::uint64_t>(status.st_size)});
    closed_bytes_ += closed_.back().size;
  }
}

void Series::open_next() {
  for (;; ++next_) {
    current_ = {.path = name_of(path_, next_)};
    // Not only created anew but also not through a link: the directory may be another's.
    const int fd = ::open(current_.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0) {
      file_ = Descriptor(fd);
      break;
    }
    // A numbered file of an earlier run stays; hours into a run is no time to stop for it.
    if (errno != EEXIST || next_ == 0) fail(errno, "create");
  }
  ++next_;
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) fail(errno, "stat");
  current_.device = status.st_dev;
  current_.inode = status.st_ino;
  // Tells readers that the file grows. Goes with the descriptor, so also when this process is killed. A file
  // system without locks only lets a growing file look torn.
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  ::fcntl(file_.get(), F_OFD_SETLK, &lock);
}

void Series::write(std::string_view bytes) {
  if (const std::size_t done = write_all(file_.get(), bytes); done < bytes.size()) {
    const int error = errno;
    if (done > 0 && ::ftruncate(file_.get(), static_cast<off_t>(current_.size)) != 0) {
      // The file keeps a torn tail, which readers know how to take.
    }
    fail(error, "write");
  }
  current_.size += bytes.size();
  keep_bound();
}

void Series::sync() {
  // EINVAL, EROFS: a file system that has no such thing.
  if (::fdatasync(file_.get()) != 0 && errno != EINVAL && errno != EROFS) fail(errno, "sync");
}

void Series::close() {
  file_.reset();
  closed_bytes_ += current_.size;
  closed_.push_back(std::exchange(current_, {}));
}

void Series::keep_bound() {
  while (bound_ != 0 && total() > bound_ && !closed_.empty()) {
    const File oldest = std::move(closed_.front());
    closed_.pop_front();
    closed_bytes_ -= oldest.size;
    struct stat status {};
    if (::lstat(oldest.path.c_str(), &status) == 0 && status.st_dev == oldest.device &&
        status.st_ino == oldest.inode)
      ::unlink(oldest.path.c_str());
  }
}

void Series::fail(int error, const char* doing) const {
  throw std::system_error(error, std::generic_category(), std::string(doing) + " " + current_.path);
}

}  // namespace stray::capture
