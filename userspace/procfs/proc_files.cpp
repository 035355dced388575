// SPDX-License-Identifier: Apache-2.0
#include "procfs/proc_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "observe/rooted_files.hpp"

namespace stray::proc {
namespace {

constexpr std::uint32_t kExiting = 0x4;  // PF_EXITING of include/linux/sched.h, field 9 of /proc/PID/stat
constexpr std::size_t kThreadsLookedAt = 4096;

template <typename T>
bool parse_number(std::string_view text, T& out) {
  return std::from_chars(text.data(), text.data() + text.size(), out).ec == std::errc();
}

// Linux' dev_t as user space sees it (new_encode_dev): minor bits on both sides of the major.
Tty tty_of(std::uint32_t device) {
  return {.major = (device >> 8) & 0xfff, .minor = (device & 0xff) | ((device >> 12) & 0xfff00)};
}

}  // namespace

std::optional<std::string_view> FileReader::read(int dir, const char* name, std::size_t limit) {
  const Descriptor file(::openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return note_starved(), std::nullopt;
  return read(file.get(), limit);
}

void FileReader::note_starved() { starved_ |= errno == EMFILE || errno == ENFILE || errno == ENOMEM; }

std::optional<std::string_view> FileReader::read(int fd, std::size_t limit) {
  std::size_t used = 0;
  while (used < limit) {
    if (used == capacity_) grow(used, std::min(limit, std::max(kSmall, 2 * capacity_)));
    const ssize_t got = ::read(fd, data_.get() + used, std::min(capacity_, limit) - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && used == 0) return std::nullopt;
    if (got <= 0) break;
    used += static_cast<std::size_t>(got);
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

bool exists(const std::string& path) {
  struct stat facts;
  return ::lstat(path.c_str(), &facts) == 0;
}

bool LinkReader::read(int dir, const char* name) {
  const ssize_t size = ::readlinkat(dir, name, data_, sizeof data_);
  size_ = size > 0 ? static_cast<std::size_t>(size) : 0;
  return size >= 0;
}

bool Stat::ended() const { return state == 'Z' || state == 'X' || state == 'x' || (flags & kExiting) != 0; }

std::optional<Stat> parse_stat(std::string_view text) {
  const auto name_end = text.rfind(')');  // the name itself may hold any character
  if (name_end == std::string_view::npos || name_end + 2 >= text.size()) return std::nullopt;
  Stat out;
  std::string_view rest = text.substr(name_end + 2);
  out.state = rest.front();
  std::array<std::int64_t, 23> field{};  // by the numbers of proc(5)
  std::size_t at = 3;
  for (; at < field.size(); ++at) {
    if (at > 3 && !parse_number(rest, field[at])) return std::nullopt;
    const auto space = rest.find(' ');
    if (space == std::string_view::npos) break;
    rest.remove_prefix(space + 1);
  }
  if (at < 22) return std::nullopt;
  out.ppid = static_cast<std::uint32_t>(field[4]);
  out.pgid = static_cast<std::uint32_t>(field[5]);
  out.sid = static_cast<std::uint32_t>(field[6]);
  out.tty = tty_of(static_cast<std::uint32_t>(field[7]));
  out.flags = static_cast<std::uint32_t>(field[9]);
  out.user_ticks = static_cast<std::uint64_t>(field[14]);
  out.system_ticks = static_cast<std::uint64_t>(field[15]);
  out.threads = static_cast<std::uint32_t>(field[20]);
  out.start_ticks = static_cast<std::uint64_t>(field[22]);
  return out;
}

std::string_view status_field(std::string_view status, std::string_view name) {
  for (auto at = status.find(name); at != std::string_view::npos; at = status.find(name, at + 1)) {
    const auto end = at + name.size();
    if ((at != 0 && status[at - 1] != '\n') || end >= status.size() || status[end] != ':') continue;
    const std::string_view value = status.substr(end + 1, status.find('\n', end) - end - 1);
    return value.substr(std::min(value.find_first_not_of(" \t"), value.size()));
  }
  return {};
}

std::optional<std::uint64_t> number_at(std::string_view text, std::size_t index) {
  for (;; --index) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (index == 0) break;
    text.remove_prefix(std::min(text.find_first_of(" \t"), text.size()));
  }
  std::uint64_t out = 0;
  return parse_number(text, out) ? std::optional(out) : std::nullopt;
}

std::string_view cgroup_path(std::string_view text) {
  std::string_view unified, systemd;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    constexpr std::string_view kUnified = "0::", kSystemd = ":name=systemd:";
    if (line.starts_with(kUnified)) unified = line.substr(kUnified.size());
    if (const auto at = line.find(kSystemd); at != std::string_view::npos)
      systemd = line.substr(at + kSystemd.size());
  }
  // A hybrid host mounts the unified hierarchy too, but places nothing in it.
  return unified.size() <= 1 && systemd.size() > 1 ? systemd : unified.empty() ? systemd : unified;
}

std::uint64_t tick_ns() {
  static const std::uint64_t value = 1'000'000'000ULL / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  return value;
}

Process::Lookup Process::open(ProcessKey key, FileReader& reader) {
  char path[32];
  std::snprintf(path, sizeof path, "/proc/%u", key.tgid);
  leader_ = Descriptor(::open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
  thread_.reset();
  if (!leader_) return errno == ENOENT || errno == ESRCH ? Lookup::gone : Lookup::failed;
  if (!still_alive(reader)) return Lookup::gone;
  return stat_.start_ticks == key.start.count() / tick_ns() ? Lookup::found : Lookup::gone;
}

bool Process::read_stat(FileReader& reader) {
  const auto text = reader.read(leader_.get(), "stat");
  const auto parsed = text ? parse_stat(*text) : std::nullopt;
  if (parsed) stat_ = *parsed;
  return parsed.has_value();
}

bool Process::still_alive(FileReader& reader) {
  if (!read_stat(reader)) return false;
  if (!stat_.ended()) return true;
  if (stat_.threads <= 1) return false;
  // The leader may end before its threads (pthread_exit in main): the process lives on in them.
  thread_.reset();
  for_each_entry(leader_.get(), "task", kThreadsLookedAt, [&](int tasks, const char* tid) {
    Descriptor thread(::openat(tasks, tid, O_PATH | O_DIRECTORY | O_CLOEXEC));
    const auto text = thread ? reader.read(thread.get(), "stat") : std::nullopt;
    const auto stat = text ? parse_stat(*text) : std::nullopt;
    if (!stat || stat->ended()) return true;
    stat_.state = stat->state;
    thread_ = std::move(thread);
    return false;
  });
  return static_cast<bool>(thread_);
}

}  // namespace stray::proc
