// SPDX-License-Identifier: Apache-2.0
// A plan as a shell script. Every text of a process is quoted for the shell or printed in a comment, so that
// no byte of it ends a line, a string or a comment.
#include <set>

#include "base/json.hpp"
#include "base/printable.hpp"
#include "base/quote.hpp"
#include "plan/plan.hpp"

namespace stray {
namespace {

constexpr std::string_view kFunctions = R"sh(set -eu
export LC_ALL=C
folder=${STRAY_PLAN_DIR:-./stray-plan}

# same PID START: it is still the process that was looked at. START is field 22 of /proc/PID/stat; the name in
# field 2 may hold anything, so what stands behind its last ")" is read. A zombie has ended.
same() {
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # shellcheck disable=SC2086
  set -- "$2" ${stat##*)}
  [ "$2" != Z ] && [ "$2" != X ] && [ "${21}" = "$1" ]
}

# ours PID: this script hangs from it.
ours() {
  up=$$
  while [ "$up" -gt 1 ]; do
    [ "$up" != "$1" ] || return 0
    up=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$up/status" 2>/dev/null) || return 1
    [ -n "$up" ] || return 1
  done
  return 1
}

# term PID START WHAT
term() {
  if ! same "$1" "$2"; then
    printf 'pid %s: ended already, or another process now: left alone (%s)\n' "$1" "$3"
  elif [ "$1" -le 1 ] || ours "$1"; then
    printf 'pid %s: this script hangs from it: left alone (%s)\n' "$1" "$3"
  else
    printf 'pid %s: TERM (%s)\n' "$1" "$3"
    kill -TERM "$1" 2>/dev/null || true
  fi
}

# gone PID START: waits up to 10 s, then KILL, still only for the same process.
gone() {
  if ours "$1"; then return 0; fi
  tries=100
  while same "$1" "$2" && [ "$tries" -gt 0 ]; do
    sleep 0.1
    tries=$((tries - 1))
  done
  if same "$1" "$2"; then
    printf 'pid %s: KILL, it did not end in 10 s\n' "$1"
    kill -KILL "$1" 2>/dev/null || true
    sleep 1
  fi
}

# as USER COMMAND...: as that user, with a home directory of its own.
as() {
  user=$1
  shift
  if [ "$(id -un)" = "$user" ] || [ "$(id -u)" = "$user" ]; then
    "$@"
  else
    runuser -u "$user" -- env "HOME=$(home "$user")" "$@"
  fi
}
home() { getent passwd "$1" | cut -d: -f6; }

# write NAME: standard input into a new file of the folder; one that is there stays as it is.
write() {
  mkdir -p "$folder/$(dirname "$1")"
  if [ -e "$folder/$1" ]; then
    printf '%s is there already: left alone\n' "$folder/$1"
    cat >/dev/null
  else
    cat >"$folder/$1"
    printf 'wrote %s\n' "$folder/$1"
  fi
}
)sh";

std::string comment(std::string_view text) { return "# " + printable(text) + "\n"; }

std::string named(const Ending& e) {
  return std::to_string(e.process.tgid) + " " + std::to_string(start_ticks(e.process));
}

// The lines that end a group, a stage after the other.
std::string end_lines(const EndGroup& group) {
  std::string out;
  for (const auto& stage : group.stages) {
    for (const Ending& e : stage) out += "  term " + named(e) + " " + shell_quote(printable(e.what)) + "\n";
    for (const Ending& e : stage) out += "  gone " + named(e) + "\n";
  }
  return out;
}

std::string file_lines(const Server& server, std::string_view name, const std::string& text,
                       const std::string& why_not) {
  const std::string path = server.name + "/" + std::string(name);
  if (text.empty()) return comment("no " + path + ": " + why_not);
  return "  write " + path + " <<'STRAY_END_OF_FILE'\n" + text + "STRAY_END_OF_FILE\n";
}

std::string head(const Plan& plan, const std::string& host, const std::string& date) {
  // Command lines stand in single quotes and are not meant to expand.
  std::string out = "#!/bin/sh\n# shellcheck disable=SC2016\n";
  out += comment("stray plan for " + host + ", " + date);
  out += "#\n# Read it before you run it; put a # before each line that should not be done.\n";
  out += "#   sh plan.sh            ends what was left behind (" + std::to_string(plan.end.size()) +
         (plan.end.size() == 1 ? " group" : " groups") + ")\n";
  if (!plan.servers.empty())
    out +=
        "#   sh plan.sh files      writes a proposal for each server that nobody looks after, and changes\n"
        "#                         nothing else; look at it, and correct it\n"
        "#   sh plan.sh end N      ends server N, if nobody needs it\n"
        "#   sh plan.sh pm2 N      ends server N and starts it under PM2, in a quiet hour\n"
        "#   sh plan.sh systemd N  ends server N and starts it as a systemd service (root)\n";
  out += "#   sh plan.sh verify     what is so now\n";
  out += "# A process is ended only while its pid and its start time are those that were looked at.\n";
  return out + std::string(kFunctions);
}

std::string move_lines(const Server& server, const std::string& number) {
  const std::string user = shell_quote(server.user), folder = "\"$folder/" + server.name;
  std::string ecosystem_why, unit_why;
  const std::string ecosystem = ecosystem_file(server, ecosystem_why), unit = unit_file(server, unit_why);
  std::string out = "\n# ---- server " + number + ": " + server.name + "\n";
  out += comment("pid " + std::to_string(server.process.tgid) + " of " + server.user + ", " + server.script);
  if (!server.listens.empty()) out += comment("listens on " + server.listens);
  if (server.ended) out += "# It was left behind: `sh plan.sh` ends it. If it is needed, move it instead.\n";
  if (!server.args_known) out += "# Its arguments are not known: it changed its title. Add them.\n";
  if (server.redacted) out += "# A secret was taken out of its arguments (<redacted>): put it back.\n";
  out += "files_" + number + "() {\n" + file_lines(server, "ecosystem.config.js", ecosystem, ecosystem_why) +
         file_lines(server, server.name + ".service", unit, unit_why) + "  :\n}\n";
  out += "end_" + number + "() {\n" + end_lines(server.end) + "}\n";
  out += "pm2_" + number + "() {\n";
  if (ecosystem.empty()) {
    out += "  echo 'this cannot be written as a file for PM2' >&2\n  return 1\n";
  } else {
    out += "  as " + user + " pm2 --version >/dev/null || { echo 'pm2 cannot be run' >&2; return 1; }\n";
    out += "  files_" + number + "\n  chown -R " + user + " " + folder + "\"\n";
    out += "  end_" + number + "  # PM2 ends in \"errored\" while its port is taken\n";
    out += "  as " + user + " pm2 start " + folder + "/ecosystem.config.js\"\n";
    out += "  as " + user + " pm2 save\n";
    out += "  if [ -d /run/systemd/system ]; then  # back after a reboot\n    pm2 startup systemd -u " +
           user + " --hp \"$(home " + user + ")\"\n  else\n" +
           "    echo 'systemd does not run here: after a reboot PM2 must be started by hand (pm2 "
           "resurrect)'\n  fi\n";
    out += "  as " + user + " pm2 status\n";
  }
  out += "}\nsystemd_" + number + "() {\n";
  if (unit.empty()) {
    out += "  echo 'this cannot be written as a systemd unit' >&2\n  return 1\n";
  } else {
    const std::string service = server.name + ".service";
    out += "  [ -d /run/systemd/system ] || { echo 'systemd does not run here' >&2; return 1; }\n";
    out += "  files_" + number + "\n  end_" + number + "\n";
    out += "  install -m 0644 " + folder + "/" + service + "\" /etc/systemd/system/" + service + "\n";
    out += "  systemctl daemon-reload\n  systemctl enable --now " + service + "\n";
    out += "  systemctl --no-pager status " + service + "\n";
  }
  return out + "}\n";
}

}  // namespace

std::string plan_script(const Plan& plan, const std::string& host, const std::string& date,
                        const std::string& boot_id) {
  std::string out = head(plan, host, date);
  out +=
      "\nif [ \"$(cat /proc/sys/kernel/random/boot_id)\" != " + shell_quote(boot_id) +
      " ]; then\n  echo 'this plan is for another host or boot: pids mean others here' >&2\n  exit 2\nfi\n";
  for (const ViewLimit& limit : plan.limits) out += comment("limited view: " + limit.text);
  if (plan.end.empty() && plan.servers.empty()) out += "\n# Nothing has to end, and no server has to move.\n";
  if (!plan.notes.empty()) out += "\n# ---- through what looks after it, never by pid: it would come back\n";
  for (const std::string& note : plan.notes) out += comment(note);

  out += "\n# ---- what was left behind\nend_all() {\n";
  for (const EndGroup& group : plan.end) {
    for (const std::string& why : group.why) out += "  " + comment(why);
    out += end_lines(group);
    for (const std::string& line : group.then)
      out += "  " + comment("then: " + (line.starts_with("# ") ? line.substr(2) : line));
  }
  out += "  :\n}\n";

  std::string files;
  std::set<std::uint32_t> pids;
  for (std::size_t i = 0; i < plan.servers.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    out += move_lines(plan.servers[i], number);
    files += "    files_" + number + "\n";
    pids.insert(plan.servers[i].process.tgid);
  }
  for (const EndGroup& group : plan.end)
    for (const auto& stage : group.stages)
      for (const Ending& e : stage) pids.insert(e.process.tgid);
  std::string list = "$$";
  for (const std::uint32_t pid : pids) list += "," + std::to_string(pid);

  out += "\nverify() {\n  ps -o pid,ppid,lstart,args -p " + list + " || true\n  stray scan\n}\n";
  out += "\ncase \"${1:-}${2:+ $2}\" in\n  '') end_all ;;\n  verify) verify ;;\n";
  if (!files.empty()) out += "  files)\n" + files + "    ;;\n";
  for (std::size_t i = 0; i < plan.servers.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    for (const char* way : {"end", "pm2", "systemd"})
      out += "  '" + std::string(way) + " " + number + "') " + way + "_" + number + " ;;\n";
  }
  return out + "  *)\n    echo 'no such step: see the head of this script' >&2\n    exit 2\n    ;;\nesac\n";
}

std::string plan_json(const Plan& plan) {
  std::string out;
  Json json(out);
  const auto group = [&](const EndGroup& one) {
    json.begin_array("stages");
    for (const auto& stage : one.stages) {
      json.begin_array();
      for (const Ending& e : stage) {
        json.begin_object();
        json.field("pid", e.process.tgid);
        json.field("start_ticks", start_ticks(e.process));
        json.field("command", e.what);
        json.end_object();
      }
      json.end_array();
    }
    json.end_array();
  };
  const auto texts = [&](std::string_view name, const std::vector<std::string>& list) {
    json.begin_array(name);
    for (const std::string& text : list) json.string(text);
    json.end_array();
  };
  json.begin_object();
  json.begin_array("end");
  for (const EndGroup& one : plan.end) {
    json.begin_object();
    texts("why", one.why);
    group(one);
    json.end_object();
  }
  json.end_array();
  json.begin_array("servers");
  for (const Server& server : plan.servers) {
    std::string unused;
    json.begin_object();
    json.field("pid", server.process.tgid);
    json.field("name", server.name);
    json.field("user", server.user);
    json.field("script", server.script);
    json.field("cwd", server.cwd);
    json.field("memory", server.memory);
    json.field("memory_limit", server.memory_limit);
    json.field("ecosystem", ecosystem_file(server, unused));
    json.field("unit", unit_file(server, unused));
    group(server.end);
    json.end_object();
  }
  json.end_array();
  texts("notes", plan.notes);
  put_limits(json, plan.limits);
  json.end_object();
  return out + "\n";
}

}  // namespace stray
