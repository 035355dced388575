// SPDX-License-Identifier: Apache-2.0
// Reading /proc and other small files: whole, into one buffer; links; the entries of directories.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"

namespace stray::proc {

// Reads files into one buffer that is used again and again. A result is a view that holds until the next
// read.
class FileReader {
 public:
  static constexpr std::size_t kSmall = 16384;  // far more than stat, status or cgroup ever have

  // At most `limit` bytes of a file. Nothing when it cannot be opened or read: errno says why.
  std::optional<std::string_view> read(int dir, const char* name, std::size_t limit = kSmall);
  std::optional<std::string_view> read(int fd, std::size_t limit);

  // The same of a file that the kernel gives in one piece, as stat, status, cgroup, comm, loginuid, cmdline
  // and environ are: a read that left room was the last, and no other asks for the end.
  std::optional<std::string_view> read_piece(int dir, const char* name, std::size_t limit = kSmall);

  // The same of one that is open, from its beginning: what it says now.
  std::optional<std::string_view> read_again(int fd, std::size_t limit = kSmall);

  // The same of a regular file alone, at an absolute path: where others may put what they like, a device must
  // not even be opened (it can do things), and a FIFO or a socket has nothing to say. An empty one is not
  // opened either: those of procfs and tracefs say that they are, and reading some takes away (kmsg).
  std::optional<std::string_view> read_regular(const std::string& path, std::size_t limit = kSmall);

  // Some file could not be opened for want of descriptors or memory since the last forget(): what was not
  // read says nothing about a process.
  bool starved() const { return starved_; }
  void forget() { starved_ = false; }
  void note_starved();  // by errno, when a file could not be opened

 private:
  enum class Whole : std::uint8_t { by_its_end, in_one_piece };
  std::optional<std::string_view> read(int fd, std::size_t limit, Whole whole);
  void grow(std::size_t used, std::size_t wanted);

  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  bool starved_ = false;
};

// Opens for reading what an O_PATH descriptor names. Look at it first: never a FIFO or a device.
Descriptor reopen_for_reading(int path_fd);

bool exists(const std::string& path);  // be it a link that leads nowhere

// The text of a symbolic link. Longer than PATH_MAX: not readable (the kernel gives ENAMETOOLONG).
class LinkReader {
 public:
  bool read(int dir, const char* name);
  std::string_view text() const { return {data_, size_}; }

 private:
  char data_[PATH_MAX];
  std::size_t size_ = 0;
};

// Calls visit(directory descriptor, name) for at most `limit` entries, until it returns false. A directory
// that cannot be read has no entries.
template <typename F>
void for_each_entry(int dir, const char* path, std::size_t limit, F&& visit) {
  const int fd = ::openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  const std::unique_ptr<DIR, int (*)(DIR*)> list(::fdopendir(fd), ::closedir);
  if (!list) {
    ::close(fd);
    return;
  }
  while (const dirent* entry = limit ? ::readdir(list.get()) : nullptr) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    --limit;
    if (!visit(fd, entry->d_name)) return;
  }
}

}  // namespace stray::proc
