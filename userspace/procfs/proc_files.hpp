// SPDX-License-Identifier: Apache-2.0
// Reading and parsing /proc: whole small files, links, directories, and one process held open.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/descriptor.hpp"
#include "record/event.hpp"

namespace stray::proc {

// Reads files into one buffer that is used again and again. A result is a view that holds until the next
// read.
class FileReader {
 public:
  static constexpr std::size_t kSmall = 16384;  // far more than stat, status or cgroup ever have

  // At most `limit` bytes of a file. Nothing when it cannot be opened or read: errno says why.
  std::optional<std::string_view> read(int dir, const char* name, std::size_t limit = kSmall);
  std::optional<std::string_view> read(int fd, std::size_t limit);

  // The same of a regular file alone, at an absolute path: where others may put what they like, a device must
  // not even be opened (it can do things), and a FIFO or a socket has nothing to say. An empty one is not
  // opened either: those of procfs and tracefs say that they are, and reading some takes away (kmsg).
  std::optional<std::string_view> read_regular(const std::string& path, std::size_t limit = kSmall);

  // Some file could not be opened for want of descriptors or memory since the last forget(): what was not
  // read says nothing about a process.
  bool starved() const { return starved_; }
  void forget() { starved_ = false; }

 private:
  void grow(std::size_t used, std::size_t wanted);
  void note_starved();  // by errno

  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  bool starved_ = false;
};

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

// What stray uses of /proc/PID/stat (proc(5)); times in clock ticks.
struct Stat {
  char state = 0;
  std::uint32_t ppid = 0, pgid = 0, sid = 0, flags = 0, threads = 0;
  Tty tty;
  std::uint64_t user_ticks = 0, system_ticks = 0, start_ticks = 0;

  bool ended() const;  // a zombie, or on its way to become one: memory and descriptors are gone
};
std::optional<Stat> parse_stat(std::string_view text);

// The value of "Name:\tvalue\n" in /proc/PID/status, or empty. The process cannot forge a line: the kernel
// escapes newlines in its name.
std::string_view status_field(std::string_view status, std::string_view name);

// "1 \t22 333": the number at `index`, or nothing.
std::optional<std::uint64_t> number_at(std::string_view text, std::size_t index);

// The cgroup of /proc/PID/cgroup: of the unified hierarchy, else of name=systemd.
std::string_view cgroup_path(std::string_view text);

// Nanoseconds of one clock tick, the unit of /proc/PID/stat.
std::uint64_t tick_ns();

// A process held open. /proc/PID as a descriptor stays bound to this process: after its end reads fail, also
// when the pid was given to another one. So the start time is checked once, and everything read through dir()
// is of it.
class Process {
 public:
  enum class Lookup { found, gone, failed };  // failed: no descriptor left, or the like

  Lookup open(ProcessKey key, FileReader& reader);
  bool still_alive(FileReader& reader);
  // The directory to read from: of the leader, or of a live thread where the leader has ended before the
  // others.
  int dir() const { return thread_ ? thread_.get() : leader_.get(); }
  const Stat& stat() const { return stat_; }

 private:
  bool read_stat(FileReader& reader);

  Descriptor leader_, thread_;
  Stat stat_;
};

}  // namespace stray::proc
