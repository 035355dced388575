// SPDX-License-Identifier: Apache-2.0
#include "base/words.hpp"
#include "program/program.hpp"

namespace stray {

std::optional<std::string_view> env_value(StringList env, std::string_view name) {
  std::optional<std::string_view> found;
  any_part(env.bytes(), '\0', [&](std::string_view entry) {
    if (entry.size() <= name.size() || entry[name.size()] != '=' || !entry.starts_with(name)) return false;
    found = entry.substr(name.size() + 1);
    return true;
  });
  return found;
}

const std::vector<std::string_view>& environment_allow_list() {
  // Marks of supervisors and of where a process came from, and what changes how a runtime runs. Nothing that
  // is made to hold a secret; SUDO_COMMAND and SUPERVISOR_SERVER_URL can, and nothing needs them.
  static const std::vector<std::string_view> names = {
      // PM2
      "pm_id", "name", "namespace", "pm_exec_path", "pm_cwd", "exec_mode", "PM2_HOME", "PM2_USAGE",
      "PM2_JSON_PROCESSING", "autorestart", "max_memory_restart", "max_restarts", "restart_time",
      // node
      "NODE_APP_INSTANCE", "NODE_CHANNEL_FD", "NODE_UNIQUE_ID", "NODE_ENV", "NODE_OPTIONS",
      "ELECTRON_RUN_AS_NODE", "PORT",
      // npm, yarn, pnpm
      "npm_lifecycle_event", "npm_lifecycle_script", "npm_package_name", "npm_package_json", "npm_command",
      "INIT_CWD",
      // other supervisors
      "SUPERVISOR_ENABLED", "SUPERVISOR_PROCESS_NAME", "SUPERVISOR_GROUP_NAME", "MONIT_SERVICE",
      "MONIT_EVENT", "MONIT_HOST", "INVOCATION_ID", "SYSTEMD_EXEC_PID", "JOURNAL_STREAM",
      // login, terminal, shell
      "SSH_CONNECTION", "SSH_TTY", "TMUX", "TMUX_PANE", "STY", "XDG_SESSION_ID", "TERM_PROGRAM", "TERM",
      "LOGNAME", "USER", "SUDO_USER", "PWD", "SHLVL", "_",
      // agents and editors
      "CLAUDECODE", "CODEX_THREAD_ID", "CODEX_SANDBOX", "GEMINI_CLI", "QWEN_CODE", "CURSOR_AGENT", "OPENCODE",
      "CURSOR_TRACE_ID", "NVIM", "TERMINAL_EMULATOR", "VSCODE_PID", "VSCODE_IPC_HOOK_CLI",
      // continuous integration: jobs that may take hours
      "CI", "GITHUB_ACTIONS", "GITLAB_CI", "BUILD_TAG"};
  return names;
}

}  // namespace stray
