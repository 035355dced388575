// SPDX-License-Identifier: Apache-2.0
#include "procfs/stat.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace stray::proc {
namespace {

constexpr std::uint32_t kKernelThread = 0x00200000;  // PF_KTHREAD
constexpr std::uint32_t kExiting = 0x4;  // PF_EXITING of include/linux/sched.h, field 9 of /proc/PID/stat

template <typename T>
bool parse_number(std::string_view text, T& out) {
  return std::from_chars(text.data(), text.data() + text.size(), out).ec == std::errc();
}

// Linux' dev_t as user space sees it (new_encode_dev): minor bits on both sides of the major.
Tty tty_of(std::uint32_t device) {
  return {.major = (device >> 8) & 0xfff, .minor = (device & 0xff) | ((device >> 12) & 0xfff00)};
}

}  // namespace

bool Stat::kernel_thread() const { return (flags & kKernelThread) != 0; }

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

std::optional<Stat> read_stat(FileReader& reader, const std::string& path) {
  const auto text = reader.read_piece(AT_FDCWD, path.c_str());
  return text ? parse_stat(*text) : std::nullopt;
}

std::optional<Stat> read_stat(FileReader& reader, std::uint32_t pid) {
  return read_stat(reader, "/proc/" + std::to_string(pid) + "/stat");
}

std::string_view stat_name(std::string_view text) {
  const auto open = text.find('('), close = text.rfind(')');
  return close == std::string_view::npos || close < open ? std::string_view()
                                                         : text.substr(open + 1, close - open - 1);
}

std::uint64_t tick_ns() {
  static const std::uint64_t value = 1'000'000'000ULL / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  return value;
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

std::optional<std::uint64_t> innermost_pid(std::string_view status) {
  const std::string_view line = status_field(status, "NSpid");
  const auto last = line.find_last_of(" \t");
  return number_at(last == std::string_view::npos ? line : line.substr(last), 0);
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

}  // namespace stray::proc
