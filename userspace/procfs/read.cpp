// SPDX-License-Identifier: Apache-2.0
#include "procfs/read.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace stray::proc {
std::optional<std::string_view> FileReader::read(int dir, const char* name, std::size_t limit) {
  const Descriptor file(::openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return note_starved(), std::nullopt;
  return read(file.get(), limit);
}

void FileReader::note_starved() { starved_ |= errno == EMFILE || errno == ENFILE || errno == ENOMEM; }

std::optional<std::string_view> FileReader::read_piece(int dir, const char* name, std::size_t limit) {
  const Descriptor file(::openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return note_starved(), std::nullopt;
  return read(file.get(), limit, Whole::in_one_piece);
}

std::optional<std::string_view> FileReader::read_again(int fd, std::size_t limit) {
  return read(fd, limit, Whole::in_one_piece);
}

std::optional<std::string_view> FileReader::read(int fd, std::size_t limit) {
  return read(fd, limit, Whole::by_its_end);
}

std::optional<std::string_view> FileReader::read(int fd, std::size_t limit, Whole whole) {
  std::size_t used = 0;
  while (used < limit) {
    if (used == capacity_) grow(used, std::min(limit, std::max(kSmall, 2 * capacity_)));
    const std::size_t room = std::min(capacity_, limit) - used;
    const ssize_t got = whole == Whole::in_one_piece
                            ? ::pread(fd, data_.get() + used, room, static_cast<off_t>(used))
                            : ::read(fd, data_.get() + used, room);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && used == 0) return std::nullopt;
    if (got <= 0) break;
    used += static_cast<std::size_t>(got);
    if (whole == Whole::in_one_piece && static_cast<std::size_t>(got) < room) break;
  }
  return std::string_view(data_.get(), used);
}

std::optional<std::string_view> FileReader::read_regular(const std::string& path, std::size_t limit) {
  const Descriptor place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!place) return note_starved(), std::nullopt;
  struct stat facts;
  if (::fstat(place.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return std::nullopt;
  if (facts.st_size == 0) return std::string_view();
  const Descriptor file = reopen_for_reading(place.get());
  if (!file) return note_starved(), std::nullopt;
  return read(file.get(), limit);
}

void FileReader::grow(std::size_t used, std::size_t wanted) {
  auto bigger = std::make_unique_for_overwrite<char[]>(wanted);
  if (used != 0) std::memcpy(bigger.get(), data_.get(), used);
  data_ = std::move(bigger);
  capacity_ = wanted;
}

Descriptor reopen_for_reading(int path_fd) {
  char name[32];
  std::snprintf(name, sizeof name, "/proc/self/fd/%d", path_fd);
  // Not blocking: a lease on the file would hold us up for 45 s (fcntl(2), F_SETLEASE).
  return Descriptor(::open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
}

bool exists(const std::string& path) {
  struct stat facts;
  return ::lstat(path.c_str(), &facts) == 0;
}

bool LinkReader::read(int dir, const char* name) {
  const ssize_t size = ::readlinkat(dir, name, data_, sizeof data_);
  size_ = size > 0 ? static_cast<std::size_t>(size) : 0;
  return size >= 0;
}

}  // namespace stray::proc
