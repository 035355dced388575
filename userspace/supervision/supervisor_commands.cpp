// SPDX-License-Identifier: Apache-2.0
#include "supervision/supervisor_commands.hpp"

#include <algorithm>
#include <optional>

#include "base/printable.hpp"
#include "base/quote.hpp"
#include "base/words.hpp"

namespace stray {
namespace {

struct Target {
  const Process& process;
  const Supervision& who;
  const Process* by;  // the supervisor's process, when it is known
};
using Name = std::optional<std::string>;

// A word that a command line can carry and a person can read: no control characters, nothing cut out.
Name usable(std::string_view text) {
  std::string without_backslash(text);  // printable() escapes some, which are harmless in quotes
  std::replace(without_backslash.begin(), without_backslash.end(), '\\', '/');
  const bool plain =
      !text.empty() && printable(without_backslash) == without_backslash && !contains(text, "<redacted>");
  return plain ? Name(text) : Name();
}

Name supervised_name(const Target& of) { return usable(of.who.name); }

// Behind "docker:" and the like.
Name container_name(const Target& of) {
  return usable(std::string_view(of.who.name).substr(of.who.name.find(':') + 1));
}

// PM2 takes "all", a number, a pattern between slashes and a configuration file for something else than a
// name.
Name pm2_name(const Target& of) {
  const std::string_view name = of.who.name;
  const bool other = name == "all" || name.starts_with('/') || name.starts_with('-') || is_number(name) ||
                     name.ends_with(".js") || name.ends_with(".cjs") || name.ends_with(".mjs") ||
                     name.ends_with(".json") || name.ends_with(".json5") || name.ends_with(".yml") ||
                     name.ends_with(".yaml");
  if (!other) return usable(name);
  for (const Process* p = &of.process; p; p = p == of.by ? nullptr : p->parent)
    if (const auto id = env_value(p->env(), "pm_id"); id && is_number(*id)) return std::string(*id);
  return {};
}

Name supervisord_name(const Target& of) {
  const auto group = env_value(of.process.env(), "SUPERVISOR_GROUP_NAME");
  const auto name = env_value(of.process.env(), "SUPERVISOR_PROCESS_NAME");
  if (!name) return {};
  return usable(group && *group != *name ? std::string(*group) + ":" + std::string(*name) : *name);
}

Name monit_name(const Target& of) {
  return usable(env_value(of.process.env(), "MONIT_SERVICE").value_or(""));
}

// runsv, s6-supervise and supervise go into the folder of their service.
Name service_folder(const Target& of) {
  if (!of.by) return {};
  if (of.by->seen && of.by->seen->cwd.starts_with('/') && of.by->seen->cwd.size() > 1)
    return usable(of.by->seen->cwd);
  const Words words = words_of(of.by->argv());
  return words.size() > 1 && words.back().starts_with('/') ? usable(words.back()) : Name();
}

// sv looks names up in its own folder.
Name runit_name(const Target& of) {
  const Words words = of.by ? words_of(of.by->argv()) : Words{};
  return words.size() > 1 ? usable(words.back()) : Name();
}

// supervise-daemon SERVICE ...
Name openrc_name(const Target& of) {
  const Words words = of.by ? words_of(of.by->argv()) : Words{};
  return words.size() > 1 ? usable(words[1]) : Name();
}

// daemon -n NAME, --name=NAME, of daemon(1).
Name daemon_name(const Target& of) {
  const Words words = of.by ? words_of(of.by->argv()) : Words{};
  for (std::size_t i = 1; i < words.size() && words[i] != "--"; ++i) {
    if (words[i].starts_with("--name=")) return usable(words[i].substr(7));
    if ((words[i] == "-n" || words[i] == "--name") && i + 1 < words.size()) return usable(words[i + 1]);
  }
  return {};
}

Name unknown_name(const Target&) { return {}; }

struct Row {
  std::string_view supervisor;
  Name (*name)(const Target&);
  std::string_view restart, stop;  // @ stands for the name
  std::string_view find;           // where a person finds the name, when stray does not know it
};

constexpr Row kRows[] = {
    {"systemd", supervised_name, "systemctl restart @", "systemctl stop @", "systemctl list-units"},
    {"systemd --user", supervised_name, "systemctl --user -M ~@ restart @", "systemctl --user -M ~@ stop @",
     "systemctl --user list-units"},
    {"pm2", pm2_name, "pm2 reload @", "pm2 stop @", "pm2 list"},
    {"supervisord", supervisord_name, "supervisorctl restart @", "supervisorctl stop @",
     "supervisorctl status"},
    {"runit", runit_name, "sv restart @", "sv down @", "the folder of services"},
    {"s6", service_folder, "s6-svc -r @", "s6-svc -d @", "the scan directory"},
    {"daemontools", service_folder, "svc -t @", "svc -d @", "the folder /service"},
    {"perp", unknown_name, "perpctl t @", "perpctl d @", "perpls"},
    {"openrc", openrc_name, "rc-service @ restart", "rc-service @ stop", "rc-status"},
    {"monit", monit_name, "monit restart @", "monit stop @", "monit status"},
    {"circus", unknown_name, "circusctl restart @", "circusctl stop @", "circusctl status"},
    {"daemon", daemon_name, "daemon --name @ --restart", "daemon --name @ --stop", "daemon --list"},
    {"forever", unknown_name, "forever restart @", "forever stop @", "forever list"},
    {"docker", container_name, "docker restart @", "docker stop @", "docker ps"},
    {"podman", container_name, "podman restart @", "podman stop @", "podman ps"},
    {"systemd-nspawn", container_name, "machinectl reboot @", "machinectl poweroff @", "machinectl list"},
};

std::string_view row_name(const Target& of, const CgroupPlace& place) {
  switch (of.who.verdict) {
    case Verdict::systemd:  // a user's manager is itself a unit of the system
      return place.user_unit.empty() || of.who.name == place.user_unit ? "systemd" : "systemd --user";
    case Verdict::pm2:
      return "pm2";
    case Verdict::container:
      return std::string_view(of.who.name).substr(0, of.who.name.find(':'));
    case Verdict::supervisor:
      return of.who.name;
    default:
      return {};
  }
}

// The user whom the supervisor obeys, by name where it is known. A supervisor itself is not always looked at;
// its own processes are.
std::string owner_of(const Target& of) {
  const Process& p = of.by ? *of.by : of.process;
  for (const Process* seen : {&p, &of.process})
    if (seen->uid == p.uid && seen->seen && !seen->seen->user.empty()) return seen->seen->user;
  return p.uid == 0 ? "root" : std::to_string(p.uid);
}

bool plain_user(std::string_view user) { return plain_name(user) == user && !is_number(user); }

// "user@1000.service": the part between.
std::string manager_user(const Target& of, const CgroupPlace& place) {
  const auto at = place.user_unit.find('@');
  const std::string uid(
      place.user_unit.substr(at + 1, place.user_unit.rfind('.') - std::min(at, place.user_unit.size()) - 1));
  const std::string user =
      of.process.seen && !of.process.seen->user.empty() ? of.process.seen->user : std::string();
  return plain_user(user) && std::to_string(of.process.uid) == uid ? user : is_number(uid) ? uid : "";
}

std::string filled(std::string_view command, std::string_view name, std::string_view user) {
  std::string out;
  for (std::size_t i = 0; i < command.size(); ++i) {
    if (command.substr(i, 2) == "~@")
      out += std::string(user) + "@", ++i;
    else if (command[i] == '@')
      out += name;
    else
      out += command[i];
  }
  return out;
}

std::string comment(std::string_view text) { return "# " + printable(text); }

// As the user, from a clean login; never from root's terminal, and with nothing of it open.
std::string as_user(const Target& of, const std::string& user, const std::string& command) {
  if ((of.by ? of.by->uid : of.process.uid) == 0) return command;
  if (!plain_user(user)) return comment("as user " + user + ": " + command);
  return "setsid -w runuser -l " + user + " -s /bin/sh -c " + shell_quote(command) + " </dev/null 2>&1 | cat";
}

// A PM2 whose home is not ~/.pm2 is known by its applications' environment.
std::string pm2_home(const Target& of, const std::string& user) {
  const auto home = env_value(of.process.env(), "PM2_HOME");
  const std::string usual = user == "root" ? "/root/.pm2" : "/home/" + user + "/.pm2";
  if (!home || *home == usual || !usable(*home)) return {};
  return "PM2_HOME=" + shell_word(*home) + " ";
}

// The configuration that supervisord was given: supervisorctl would take one from the folder it is called in.
std::string supervisord_configuration(const Target& of) {
  const Words words = of.by ? words_of(of.by->argv()) : Words{};
  const auto option = std::find_if(words.begin(), words.end(), [](std::string_view word) {
    return word == "-c" || word == "--configuration";
  });
  if (option == words.end() || option + 1 == words.end() || !option[1].starts_with('/')) return {};
  return usable(option[1]) ? " -c " + shell_word(option[1]) : std::string();
}

std::string command_of(const Lineage& lineage, const Process& process, const Supervision& who,
                       std::string_view Row::*which, std::string_view verb) {
  const Target of{process, who, lineage.find(who.by)};
  const CgroupPlace place = lineage.place_of(process);
  const std::string_view supervisor = row_name(of, place);
  const Row* row = std::find_if(std::begin(kRows), std::end(kRows),
                                [&](const Row& r) { return r.supervisor == supervisor; });
  if (row == std::end(kRows))
    return comment(std::string(verb) + " it through " + (who.name.empty() ? "its supervisor" : who.name));
  const bool per_user = row->supervisor == "systemd --user";
  const std::string user = per_user ? manager_user(of, place) : owner_of(of);
  const Name name = row->name(of);
  if (!name || (per_user && user.empty()))
    return comment(filled(row->*which, "NAME", "USER") + " (" + std::string(row->find) + " shows the name)" +
                   (user == "root" || user.empty() ? "" : ", as user " + user));
  std::string quoted = shell_word(*name);
  if (name->starts_with('-')) quoted = "-- " + quoted;
  std::string command = filled(row->*which, quoted, user);
  if (row->supervisor == "supervisord") command.insert(command.find(' '), supervisord_configuration(of));
  if (row->supervisor == "pm2") command = pm2_home(of, user) + command;
  const bool by_system = row->supervisor == "systemd" || per_user || who.verdict == Verdict::container;
  return by_system ? command : as_user(of, user, command);
}

}  // namespace

std::string restart_command(const Lineage& lineage, const Process& process, const Supervision& who) {
  return command_of(lineage, process, who, &Row::restart, "restart");
}

std::string stop_command(const Lineage& lineage, const Process& process, const Supervision& who) {
  return command_of(lineage, process, who, &Row::stop, "stop");
}

}  // namespace stray
