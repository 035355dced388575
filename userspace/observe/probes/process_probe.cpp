// SPDX-License-Identifier: Apache-2.0
#include "observe/probes/process_probe.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace stray {
namespace {

constexpr std::size_t kValueLimit = 4096;
constexpr std::size_t kEnvironmentLimit = 16384;  // with argv and the paths it fits a record
constexpr std::size_t kUsersKept = 4096;

bool is_terminal(std::string_view link, Tty device) {
  if (device.major >= 136 && device.major <= 143) return true;  // Documentation/admin-guide/devices.txt: pts
  if (device.major == 4 || device == Tty{5, 0} || device == Tty{5, 1})
    return true;  // ttyN, ttySN, tty, console
  return link.starts_with("/dev/tty") || link.starts_with("/dev/hvc");
}

std::uint32_t mode_of_anonymous(std::string_view link) {
  return link.starts_with("pipe:[") ? S_IFIFO : link.starts_with("socket:[") ? S_IFSOCK : 0;
}

}  // namespace

stray_stdio stdio_kind(std::string_view link, std::uint32_t mode, Tty device) {
  constexpr std::string_view kDeleted = " (deleted)";
  const bool deleted = link.ends_with(kDeleted);
  if (S_ISCHR(mode)) {
    if (device == Tty{1, 3}) return STRAY_STDIO_NULL;
    if (!is_terminal(link, device)) return STRAY_STDIO_OTHER;
    return deleted ? STRAY_STDIO_TTY_GONE : STRAY_STDIO_TTY;
  }
  if (S_ISSOCK(mode)) return STRAY_STDIO_SOCKET;
  if (S_ISFIFO(mode)) return STRAY_STDIO_PIPE;
  if (!S_ISREG(mode) || !link.starts_with('/')) return STRAY_STDIO_OTHER;
  if (deleted) link.remove_suffix(kDeleted.size());
  return link.ends_with("/nohup.out") ? STRAY_STDIO_NOHUP : STRAY_STDIO_FILE;
}

Stdio look_at_stdio(int process_dir) {
  Stdio out;
  proc::LinkReader link;
  for (std::size_t n = 0; n < out.kind.size(); ++n) {
    const char name[] = {'f', 'd', '/', static_cast<char>('0' + n), '\0'};
    if (!link.read(process_dir, name)) {
      // ENOENT also comes where there is no descriptor table; then the process is ending, which is found out
      // later.
      if (errno == ENOENT) out.kind[n] = STRAY_STDIO_CLOSED, out.readable = true;
      continue;
    }
    out.readable = true;
    // Anonymous ones are named by what they are; a path begins with a slash.
    if (const auto mode = mode_of_anonymous(link.text())) {
      out.kind[n] = stdio_kind(link.text(), mode, {});
      continue;
    }
    struct statx file;
    // Not synced: the file may lie on a network server that does not answer.
    if (::statx(process_dir, name, AT_STATX_DONT_SYNC, STATX_TYPE, &file) != 0) continue;
    const Tty device{file.stx_rdev_major, file.stx_rdev_minor};
    out.kind[n] = stdio_kind(link.text(), file.stx_mode, device);
    const bool terminal = out.kind[n] == STRAY_STDIO_TTY || out.kind[n] == STRAY_STDIO_TTY_GONE;
    if (terminal && !out.tty) out.tty = device;
  }
  return out;
}

void EnvironmentFilter::keep(std::string_view environment, std::string& out) const {
  out.clear();
  StringList(environment).each([&](std::string_view variable) {
    const auto equals = variable.find('=');
    if (equals == std::string_view::npos || !names_.contains(variable.substr(0, equals))) return;
    variable = variable.substr(0, equals + 1 + kValueLimit);
    if (out.size() + variable.size() < kEnvironmentLimit) out.append(variable).push_back('\0');
  });
}

const UserNames::Entry& UserNames::entry(std::uint32_t uid) {
  if (names_.size() >= kUsersKept) names_.clear();
  const auto [place, is_new] = names_.try_emplace(uid);
  if (!is_new) return place->second;
  char buffer[4096];
  passwd record{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &record, buffer, sizeof buffer, &found) == 0 && found)
    place->second = {found->pw_name, found->pw_dir};
  return place->second;
}

std::string_view without_padding(std::string_view argv) {
  const auto last = argv.find_last_not_of('\0');
  return last == std::string_view::npos ? std::string_view()
                                        : argv.substr(0, std::min(last + 2, argv.size()));
}

}  // namespace stray
