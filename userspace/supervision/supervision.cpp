// SPDX-License-Identifier: Apache-2.0
#include "supervision/supervision.hpp"

#include <charconv>

namespace stray {
namespace {

std::string pid_text(const Process& p) { return p.label() + " (pid " + std::to_string(p.key.tgid) + ")"; }

// The manager that a service's processes descend from: pid 1, or a `systemd --user`.
bool is_manager(const Process& p) {
  const std::string_view exe = p.exe();
  return (p.key.tgid == 1 && p.namespace_init) || exe.ends_with("/systemd") ||
         exe.ends_with("/systemd-executor");
}

// A supervisor that was found, with whose it is.
void set_by(Supervision& out, const Process& supervisor) {
  out.by = supervisor.key;
  out.owner = owner_of(supervisor);
  out.whose = whose(supervisor);
}

// "runsv (pid 17) of user eve, from /home/eve/bin/runsv"
std::string whole_text(const Process& supervisor) {
  const std::string of = whose(supervisor);
  return pid_text(supervisor) + (of.empty() ? "" : " ") + of;
}

bool main_of_unit(const Process& p) {
  if (!p.parent || !is_manager(*p.parent) || !may_supervise(*p.parent, p)) return false;
  if (p.seen && (p.seen->flags & STRAY_SAW_UNIT_MAIN)) return true;
  if (const auto main = env_value(p.env(), "SYSTEMD_EXEC_PID")) {
    std::uint32_t pid = 0;
    std::from_chars(main->data(), main->data() + main->size(), pid);
    if (pid == p.key.tgid || pid == p.ns_pid) return true;
    return p.seen &&
           !p.seen->pidfile.empty();  // Type=forking: the main process is another than the one started
  }
  // No word in its environment (older systemd, or not read): the manager made it itself, or a pid file names
  // it.
  return p.origin == p.parent || (p.seen && !p.seen->pidfile.empty());
}

// A service restarts its main process; what else stands in its cgroup (or below it, where it was delegated)
// is supervised only through that one.
const Process* main_above(const Process& process, const CgroupPlace& place) {
  std::size_t left = Lineage::kMostAncestors;
  for (const Process* p = &process; p && left > 0; p = p->parent, --left) {
    if (p->cgroup() != process.cgroup()) {
      const CgroupPlace other = place_in_cgroup(p->cgroup());
      if (other.unit != place.unit || other.user_unit != place.user_unit) return nullptr;
    }
    if (main_of_unit(*p)) return p;
  }
  return nullptr;
}

bool by_container(const Process& process, const CgroupPlace& place, Supervision& out) {
  if (place.kind != CgroupPlace::Kind::container) return false;
  out.verdict = Verdict::container;
  out.name = place.engine + ":" + place.container.substr(0, 12);
  out.restarts = Restarts::unknown;
  if (!place.user_unit.empty()) out.owner = Owner::user, out.whose = "below " + place.user_unit;
  out.evidence.push_back(
      {"cgroup", "cgroup " + std::string(process.cgroup()) + " belongs to " + place.engine});
  return true;
}

// What the unit file says, as somebody looked: at the main process, else at this one.
Restarts restarts_of_unit(const Process& main, const Process& process, Supervision& out) {
  const bool looked = main.seen && main.seen->restart != STRAY_RESTART_UNKNOWN;
  const auto& seen = looked ? main.seen : process.seen;
  if (!seen || seen->restart == STRAY_RESTART_UNKNOWN) return Restarts::unknown;
  const bool yes = seen->restart == STRAY_RESTART_YES;
  out.evidence.push_back({"restart", yes ? "its unit restarts it after a crash"
                                         : "its unit does not restart it after a crash (Restart=)"});
  return yes ? Restarts::yes : Restarts::no;
}

bool by_unit(const Process& process, const CgroupPlace& place, Supervision& out) {
  const bool manager = place.kind == CgroupPlace::Kind::manager && !place.user_unit.empty();
  if (place.kind != CgroupPlace::Kind::service && !manager) return false;
  const Process* main = main_above(process, place);
  // What sshd, cron or a user's manager start is not the service; they themselves are.
  if ((place.launcher || manager) && main != &process) return false;
  if (!main) {
    out.evidence.push_back({"unit", "stands in " + place.unit + ", but not below the unit's main process"});
    return false;
  }
  out.verdict = Verdict::systemd;
  out.name = manager ? place.user_unit : place.unit;
  if (main->parent) set_by(out, *main->parent);
  out.evidence.push_back({"cgroup", "cgroup " + std::string(process.cgroup())});
  out.evidence.push_back({"main", main == &process ? "it is the unit's main process"
                                                   : "below the unit's main process " + pid_text(*main)});
  if (main->parent && !out.whose.empty())
    out.evidence.push_back({"manager", "its manager is " + whole_text(*main->parent)});
  out.restarts = restarts_of_unit(*main, process, out);
  return true;
}

std::string pm2_app(const Process& process, const Process& god) {
  for (const Process* p = &process; p && p != &god; p = p->parent)
    for (const std::string_view key : {"name", "pm_id"})
      if (const auto value = env_value(p->env(), key)) return std::string(*value);
  return process.program().entry;
}

bool by_ancestor(const Process& process, const Process& above, Supervision& out) {
  const auto& kind = above.program().supervisor;
  if (!kind || kind->restarts == Restarts::no) return false;
  if (!may_supervise(above, process)) {
    out.evidence.push_back({"not-believed", "below " + std::string(kind->name) + ": " + whole_text(above) +
                                                ", which supervises only processes of that user"});
    return false;
  }
  out.verdict = kind->name == "pm2" ? Verdict::pm2
                : kind->container   ? Verdict::container
                                    : Verdict::supervisor;
  out.name = kind->name == "pm2" ? pm2_app(process, above) : std::string(kind->name);
  out.restarts = kind->restarts;
  set_by(out, above);
  out.evidence.push_back({"ancestor", "below " + std::string(kind->name) + ": " + whole_text(above)});
  return true;
}

// The multiplexer that a terminal's session descends from, past shells within shells; nullptr: it is
// another's.
const Process* multiplexer_above(const Process& process) {
  std::size_t left = Lineage::kMostAncestors;
  for (const Process* p = &process; p->parent && p->reparented == BootTime{} && left > 0;
       p = p->parent, --left)
    if (const Breaker breaker = p->parent->program().breaker; breaker != Breaker::none)
      return breaker == Breaker::multiplexer ? p->parent : nullptr;
  return nullptr;
}

void by_multiplexer(const Process& multiplexer, Supervision& out) {
  out.verdict = Verdict::multiplexer;
  out.name = multiplexer.program().name.empty() ? multiplexer.label() : multiplexer.program().name;
}

// A person's or a scheduler's session stands between a process and what runs that session as a service.
bool breaks(const Lineage& lineage, const Process& process, const Process& above, Supervision& out) {
  const Program& program = above.program();
  switch (program.breaker) {
    case Breaker::multiplexer:
      by_multiplexer(above, out);
      break;
    case Breaker::cron:
    case Breaker::at:
      if (!may_supervise(above, process)) return false;
      out.verdict = Verdict::job;
      out.name = program.breaker == Breaker::cron ? "cron" : "at";
      break;
    case Breaker::login:
    case Breaker::terminal:
      if (!has_live_terminal(lineage, process)) return out.verdict = Verdict::nobody, true;
      out.verdict = Verdict::login;
      out.name = tty_name(process.tty);
      break;
    case Breaker::none:
      if (!(above.key.tgid == above.sid && above.tty && program.shell)) return false;
      // A pane's shell is no login: it stays when the person has gone.
      if (const Process* multiplexer = multiplexer_above(above)) {
        by_multiplexer(*multiplexer, out);
        break;
      }
      out.verdict = Verdict::login;
      out.name = tty_name(above.tty);
      break;
  }
  out.by = above.key;
  // A terminal is proven by its device, a scheduler by its name alone.
  const bool named = out.verdict == Verdict::job || out.verdict == Verdict::multiplexer;
  if (named) set_by(out, above);
  out.evidence.push_back({"session", "below " + (named ? whole_text(above) : pid_text(above))});
  return true;
}

bool by_monit(const Lineage& lineage, const Process& process, Supervision& out) {
  const auto service = env_value(process.env(), "MONIT_SERVICE");
  if (!service) return false;
  for (const auto& [key, p] : lineage.supervisors("monit")) {
    if (!may_supervise(*p, process)) continue;
    out.verdict = Verdict::supervisor;
    out.name = "monit";
    out.restarts = Restarts::yes;
    set_by(out, *p);
    out.evidence.push_back({"monit", "MONIT_SERVICE=" + std::string(*service) +
                                         " is in its environment, and " + whole_text(*p) + " lives"});
    return true;
  }
  return false;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kernel:
      return "kernel";
    case Verdict::container:
      return "container";
    case Verdict::systemd:
      return "systemd";
    case Verdict::pm2:
      return "pm2";
    case Verdict::supervisor:
      return "supervisor";
    case Verdict::login:
      return "login";
    case Verdict::multiplexer:
      return "multiplexer";
    case Verdict::job:
      return "job";
    case Verdict::nobody:
      return "nobody";
  }
  return "nobody";
}

std::string tty_name(Tty tty) {
  if (!tty) return {};
  // Unix98 pseudo terminals have majors 136 to 143, 256 minors each (Documentation/admin-guide/devices.txt).
  if (tty.major >= 136 && tty.major <= 143)
    return "pts/" + std::to_string((tty.major - 136) * 256 + tty.minor);
  if (tty.major == 4)
    return tty.minor < 64 ? "tty" + std::to_string(tty.minor) : "ttyS" + std::to_string(tty.minor - 64);
  return "tty " + std::to_string(tty.major) + ":" + std::to_string(tty.minor);
}

bool has_live_terminal(const Lineage& lineage, const Process& process) {
  if (!process.tty) return false;
  const Process* leader = lineage.live(process.sid);
  return leader && leader->sid == leader->key.tgid;
}

std::string_view environment_supervisor(const Process& process) {
  const auto env = process.env();
  if (env_value(env, "pm_id") || (env_value(env, "PM2_HOME") && env_value(env, "NODE_UNIQUE_ID")))
    return "pm2";
  if (env_value(env, "SUPERVISOR_ENABLED")) return "supervisord";
  if (env_value(env, "MONIT_SERVICE")) return "monit";
  return {};
}

Supervision supervise(const Lineage& lineage, const Process& process) {
  Supervision out;
  if (process.kthread || process.key.tgid <= 2) return out.verdict = Verdict::kernel, out;
  const CgroupPlace place = lineage.place_of(process);
  if (by_container(process, place, out)) return out;
  // A supervisor restarts what descends from it by birth. Past a reparenting the ancestors are a mere
  // reaper's.
  std::size_t left = Lineage::kMostAncestors;
  for (const Process* p = &process; p->parent && p->reparented == BootTime{} && left > 0;
       p = p->parent, --left)
    if (by_ancestor(process, *p->parent, out) || breaks(lineage, process, *p->parent, out)) return out;
  if (by_unit(process, place, out) || by_monit(lineage, process, out)) return out;
  if (has_live_terminal(lineage, process)) {
    const Process& leader = *lineage.live(process.sid);
    if (const Process* multiplexer = multiplexer_above(leader)) {
      by_multiplexer(*multiplexer, out);
      out.by = multiplexer->key;
      out.evidence.push_back({"session", "in a session of " + pid_text(*multiplexer)});
      return out;
    }
    out.verdict = Verdict::login;
    out.name = tty_name(process.tty);
    out.evidence.push_back({"terminal", "terminal " + out.name + " is open"});
  }
  return out;
}

}  // namespace stray
