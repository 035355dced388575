// SPDX-License-Identifier: Apache-2.0
// The files that put a process under a supervisor: an ecosystem file of PM2, or a systemd unit.
#include "base/quote.hpp"
#include "base/words.hpp"
#include "plan/adoption.hpp"

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

bool possible(const Adoption& adoption, std::string& why_not) {
  if (!is_adoption_name(adoption.name))
    why_not = "its name is not one of letters, digits, \"-\", \"_\" and \".\"";
  else if (!adoption.interpreter.starts_with('/') || !adoption.cwd.starts_with('/'))
    why_not = "its executable or its working directory is not known";
  else if (!adoption.args_known)
    why_not = "its arguments are not known: it changed its title";
  return why_not.empty();
}

// Where systemd would show the service another folder.
bool in_temporary_folder(const Adoption& adoption) {
  for (const std::string* path : {&adoption.script, &adoption.cwd, &adoption.interpreter})
    if (path->starts_with("/tmp/") || path->starts_with("/var/tmp/")) return true;
  return false;
}

}  // namespace

std::string ecosystem_file(const Adoption& adoption, std::string& why_not) {
  if (!possible(adoption, why_not)) return {};
  const bool is_script = !adoption.script.empty();
  // PM2 joins it with the working directory. A name with a space would be a line for bash.
  const bool below = adoption.script.starts_with(adoption.cwd + "/");
  const std::string file = !is_script ? adoption.interpreter
                           : below    ? adoption.script.substr(adoption.cwd.size() + 1)
                                      : adoption.script;
  if (contains(file, " "))
    return why_not = "PM2 takes a script whose path has a space for a shell command", std::string();
  const auto script = js_quote(file), cwd = js_quote(adoption.cwd),
             interpreter = js_quote(is_script ? adoption.interpreter : "none");
  std::string args = "[", interpreter_args = "[";
  const bool words = append_words(args, adoption.args, ", ", js_quote) &&
                     append_words(interpreter_args, adoption.interpreter_args, ", ", js_quote);
  if (!script || !cwd || !interpreter || !words) return why_not = kUnwritable, std::string();
  const std::string name = "'" + adoption.name + "'";
  std::string out = "module.exports = {\n  apps: [{\n    name: " + name + ",\n    script: " + *script + ",\n";
  if (!adoption.args.empty()) out += "    args: " + args + "],\n";
  out += "    cwd: " + *cwd + ",\n    interpreter: " + *interpreter + ",\n";
  if (!adoption.interpreter_args.empty()) out += "    interpreter_args: " + interpreter_args + "],\n";
  out += "    instances: 1,\n    exec_mode: 'fork',\n";
  out += "    autorestart: true,\n    max_restarts: 10,\n    min_uptime: '10s',\n";
  out += "    max_memory_restart: '" + mib(adoption.memory_limit) + "',  // its peak was " +
         mib(adoption.memory_peak) + "\n";
  out += "    env: require('./" + std::string(kPm2Environment) +
         "'),  // as it had it, readable by its user alone\n";
  out += "    out_file: './logs/" + adoption.name + ".out.log',\n";
  out += "    error_file: './logs/" + adoption.name + ".err.log',\n";
  out += "    merge_logs: true,\n    log_date_format: 'YYYY-MM-DD HH:mm:ss Z',\n  }],\n};\n";
  return out;
}

std::string unit_file(const Adoption& adoption, std::string& why_not) {
  if (!possible(adoption, why_not)) return {};
  const auto program = systemd_program(adoption.interpreter), cwd = systemd_path(adoption.cwd),
             script = systemd_argument(adoption.script);
  std::string command = program.value_or("");
  const bool words =
      append_words(command, adoption.interpreter_args, " ", systemd_argument) &&
      (adoption.script.empty() || append_words(command, {adoption.script}, " ", systemd_argument)) &&
      append_words(command, adoption.args, " ", systemd_argument);
  const bool user = plain_name(adoption.user) == adoption.user;  // a name as useradd takes it, or a number
  if (!program || !cwd || !script || !words || !user) return why_not = kUnwritable, std::string();
  std::string out = "[Unit]\nDescription=" + adoption.name + "\nAfter=network-online.target\n" +
                    "Wants=network-online.target\nStartLimitIntervalSec=60\nStartLimitBurst=5\n\n[Service]\n";
  out += "User=" + adoption.user + "\nWorkingDirectory=" + *cwd + "\nExecStart=" + command + "\n";
  out += "EnvironmentFile=" + unit_environment(adoption.name) + "\n";
  out += "Restart=on-failure\nRestartSec=2\n";
  out += "# Its peak was " + mib(adoption.memory_peak) + ".\n";
  out += "MemoryHigh=" + mib(adoption.memory_limit) +
         "\nMemoryMax=" + mib(adoption.memory_limit + adoption.memory_limit / 4) + "\n";
  out += "KillMode=control-group\nNoNewPrivileges=yes\n";
  if (!in_temporary_folder(adoption)) out += "PrivateTmp=yes\n";
  out +=
      "ProtectSystem=full\nProtectKernelTunables=yes\nProtectKernelModules=yes\nProtectControlGroups=yes\n";
  out += "RestrictSUIDSGID=yes\nLockPersonality=yes\n\n[Install]\nWantedBy=multi-user.target\n";
  return out;
}

}  // namespace stray
