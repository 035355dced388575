// SPDX-License-Identifier: Apache-2.0
#include "plan/login_session.hpp"

#include <algorithm>
#include <iterator>

namespace stray {
namespace {

constexpr std::string_view kPrefixes[] = {"SSH_",  "XDG_",   "DBUS_",   "SUDO_",
                                          "TERM_", "KITTY_", "VSCODE_", "BASH_FUNC_"};
// clang-format off
constexpr std::string_view kNames[] = {
    "TERM", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "COLORTERM", "COLUMNS", "LINES", "WINDOWID", "VTE_VERSION",
    "_", "OLDPWD", "SHLVL", "PS1", "HISTFILE", "LS_COLORS", "LESSOPEN", "LESSCLOSE", "PAGER", "EDITOR", "VISUAL",
    "MAIL", "TMUX", "TMUX_PANE", "STY", "WINDOW", "GPG_AGENT_INFO", "GPG_TTY", "INIT_CWD",
    // what systemd gives each service anew
    "INVOCATION_ID", "JOURNAL_STREAM", "LISTEN_FDS", "LISTEN_PID", "NOTIFY_SOCKET", "MAINPID", "MANAGERPID",
    "WATCHDOG_PID", "WATCHDOG_USEC", "SYSTEMD_EXEC_PID"};
// clang-format on

}  // namespace

bool of_login_session(std::string_view name) {
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames) ||
         std::any_of(std::begin(kPrefixes), std::end(kPrefixes),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

std::string login_session_pattern() {
  std::string out = "^(";
  for (const std::string_view prefix : kPrefixes) out.append(prefix) += '|';
  out += '(';
  for (const std::string_view name : kNames) out.append(name) += '|';
  out.back() = ')';
  return out + "=)";
}

}  // namespace stray
