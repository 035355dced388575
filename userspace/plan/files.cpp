// SPDX-License-Identifier: Apache-2.0
// The configuration that a plan proposes for a server: PM2's, or a systemd unit.
#include "base/quote.hpp"
#include "base/words.hpp"
#include "plan/plan.hpp"

namespace stray {
namespace {

std::string mib(std::uint64_t bytes) { return std::to_string(bytes >> 20) + "M"; }

// Joins quoted words; false when one of them cannot be written.
template <typename Quote>
bool append_words(std::string& out, const std::vector<std::string>& words, std::string_view between,
                  Quote&& quote) {
  for (const std::string& word : words) {
    const auto quoted = quote(word);
    if (!quoted) return false;
    out += (out.empty() || out.ends_with('[') ? std::string_view() : between);
    out += *quoted;
  }
  return true;
}

const char* const kUnwritable = "a path or an argument has bytes that this kind of file cannot hold";

bool possible(const Server& server, std::string& why_not) {
  if (server.script.empty() || server.cwd.empty())
    why_not = "its script or its working directory is not known";
  return why_not.empty();
}

}  // namespace

std::string ecosystem_file(const Server& server, std::string& why_not) {
  if (!possible(server, why_not)) return {};
  const auto script = js_quote(server.script), cwd = js_quote(server.cwd),
             interpreter = js_quote(server.interpreter), mode = js_quote(server.node_env);
  std::string args = "[", interpreter_args = "[";
  const bool words = append_words(args, server.args, ", ", js_quote) &&
                     append_words(interpreter_args, server.interpreter_args, ", ", js_quote);
  if (!script || !cwd || !interpreter || !mode || !words) return why_not = kUnwritable, std::string();
  const std::string name = "'" + server.name + "'";
  std::string out = "module.exports = {\n  apps: [{\n    name: " + name + ",\n    script: " + *script + ",\n";
  if (!server.args.empty()) out += "    args: " + args + "],\n";
  out += "    cwd: " + *cwd + ",\n    interpreter: " + *interpreter + ",\n";
  if (!server.interpreter_args.empty()) out += "    interpreter_args: " + interpreter_args + "],\n";
  out += "    instances: 1,\n    exec_mode: 'fork',\n";
  out += "    autorestart: true,\n    max_restarts: 10,\n    min_uptime: '10s',\n";
  out += "    max_memory_restart: '" + mib(server.memory_limit) + "',  // it uses " + mib(server.memory) +
         " now\n";
  if (!server.node_env.empty()) out += "    env: { NODE_ENV: " + *mode + " },\n";
  out += "    out_file: './logs/" + server.name + ".out.log',\n";
  out += "    error_file: './logs/" + server.name + ".err.log',\n";
  out += "    merge_logs: true,\n    log_date_format: 'YYYY-MM-DD HH:mm:ss Z',\n  }],\n};\n";
  return out;
}

std::string unit_file(const Server& server, std::string& why_not) {
  if (!possible(server, why_not)) return {};
  const auto program = systemd_program(server.interpreter), cwd = systemd_path(server.cwd),
             script = systemd_argument(server.script), mode = systemd_argument("NODE_ENV=" + server.node_env);
  std::string command = program.value_or("");
  const bool words = append_words(command, server.interpreter_args, " ", systemd_argument) &&
                     append_words(command, {server.script}, " ", systemd_argument) &&
                     append_words(command, server.args, " ", systemd_argument);
  const bool user = plain_name(server.user) == server.user;  // a name as useradd takes it, or a number
  if (!program || !cwd || !script || !mode || !words || !user) return why_not = kUnwritable, std::string();
  std::string out = "[Unit]\nDescription=" + server.name + "\nAfter=network-online.target\n" +
                    "Wants=network-online.target\nStartLimitIntervalSec=60\nStartLimitBurst=5\n\n[Service]\n";
  out += "User=" + server.user + "\nWorkingDirectory=" + *cwd + "\nExecStart=" + command + "\n";
  // Environment= knows specifiers, but no variables: a `$` is not doubled there.
  if (!server.node_env.empty() && server.node_env.find('$') == std::string::npos)
    out += "Environment=" + *mode + "\n";
  out += "Restart=on-failure\nRestartSec=2\n";
  out += "# It uses " + mib(server.memory) + " now.\n";
  out += "MemoryHigh=" + mib(server.memory_limit) +
         "\nMemoryMax=" + mib(server.memory_limit + server.memory_limit / 4) + "\n";
  out += "KillMode=control-group\nNoNewPrivileges=yes\nPrivateTmp=yes\nProtectSystem=full\n";
  out += "ProtectKernelTunables=yes\nProtectKernelModules=yes\nProtectControlGroups=yes\n";
  out += "RestrictSUIDSGID=yes\nLockPersonality=yes\n\n[Install]\nWantedBy=multi-user.target\n";
  return out;
}

}  // namespace stray
