// SPDX-License-Identifier: Apache-2.0
// What to do about a group that was left: in an order that was measured to end all of it (detection.md 5.8).
// stray prints these lines and never runs them.
#include <algorithm>

#include "findings/rules.hpp"

namespace stray {
namespace {

std::string joined(const std::vector<std::uint32_t>& pids) {
  std::string out;
  for (const auto pid : pids) out += (out.empty() ? "" : " ") + std::to_string(pid);
  return out;
}

// Everything of the process group is in the family: one signal to the group reaches all of it and nobody
// else.
bool group_is_ours(const Lineage& lineage, const std::vector<const Process*>& family) {
  const std::uint32_t pgid = family.front()->pgid;
  if (pgid == 0) return false;
  for (const Process* p : family)
    if (p->pgid != pgid) return false;
  bool strangers = false;
  lineage.each_live([&](const Process& p) {
    strangers |= p.pgid == pgid && std::find(family.begin(), family.end(), &p) == family.end();
  });
  return !strangers;
}

std::vector<std::string> end_group(const Process& process, const Lineage& lineage) {
  std::vector<const Process*> family{&process};
  for (const ProcessKey& key : descendants(process))
    if (const Process* member = lineage.find(key)) family.push_back(member);
  std::vector<std::uint32_t> pids, watchers, leaves;
  for (const Process* p : family) {
    pids.push_back(p->key.tgid);
    if (p->program().watcher) watchers.push_back(p->key.tgid);
    if (p->program().role != Role::wrapper && !p->program().shell_c && !p->program().shell)
      leaves.push_back(p->key.tgid);
  }
  std::vector<std::string> out;
  constexpr std::size_t kMostNamed = 16;  // a longer line nobody reads before running it
  if (pids.size() > kMostNamed) {
    const std::string root = std::to_string(process.key.tgid);
    out.push_back("pstree -alp " + root + "  # " + std::to_string(pids.size()) +
                  " processes: look at them first");
    out.push_back(group_is_ours(lineage, family)
                      ? "kill -TERM -- -" + std::to_string(process.pgid) + "  # the whole group, and only it"
                      : "kill " + root + "  # then look again: stray scan");
    return out;
  }
  out.push_back("ps -o pid,lstart,args -p " + joined(pids) + "  # is it still this?");
  if (!watchers.empty()) {
    out.push_back("kill " + joined(watchers) + "  # the watcher first: it starts its child again");
    if (pids.size() > watchers.size()) out.push_back("kill " + joined(pids) + "  # then what is left");
  } else if (family.size() > 1 && group_is_ours(lineage, family)) {
    out.push_back("kill -TERM -- -" + std::to_string(process.pgid) + "  # the whole group, and only it");
  } else if (family.size() > 1 && !leaves.empty()) {
    out.push_back("kill " + joined(leaves) + "  # from below: what waits above ends by itself");
  } else {
    out.push_back("kill " + joined(pids));
  }
  out.push_back("kill -9 " + joined(pids) + "  # after 10 s, what is left");
  return out;
}

std::vector<std::string> supervise_it(const Process& p) {
  const std::string pid = std::to_string(p.key.tgid);
  std::vector<std::string> out;
  out.push_back("ps -o pid,lstart,args -p " + pid + "  # is it still this?");
  const bool has_config = p.seen && !p.seen->pm2.empty();
  const std::string config = has_config ? p.seen->pm2 : "ecosystem.config.js";
  if (!has_config)
    out.push_back(
        "# write " + config +
        ": name, script, cwd, NODE_ENV, max_memory_restart: \"1G\", min_uptime, max_restarts, log files");
  out.push_back("kill " + pid +
                "  # in a quiet hour; wait until its port is free, or PM2 ends in \"errored\"");
  out.push_back("pm2 start " + config + " && pm2 save && pm2 startup  # then run the command that it prints");
  out.push_back("pm2 status && stray scan  # nothing may be left open");
  out.push_back("# or a systemd unit with Restart=on-failure and MemoryMax=1G, enabled");
  return out;
}

}  // namespace

const Process& top_of_launch(const Process& process) {
  const Process* top = &process;
  while (top->parent && !top->parent->namespace_init &&
         top->parent->first_child ==
             top->parent->last_child &&  // a shell that runs other things too is not the launch
         (top->parent->program().role == Role::wrapper || top->parent->program().shell_c))
    top = top->parent;
  return *top;
}

std::vector<std::string> remedy_of(Kind kind, const Scene& scene, const Process& p) {
  const Supervision who = supervise(scene.lineage, p);
  switch (kind) {
    case Kind::orphan:
      return end_group(p, scene.lineage);
    case Kind::unsupervised_node:
      return supervise_it(p);
    case Kind::container_unsupervised:
      return {"# look at the engine's restart policy of " + who.name};
    case Kind::dev_tool: {
      auto out = end_group(top_of_launch(p), scene.lineage);
      out.push_back("# start it when it is needed, bound to 127.0.0.1, and reach it with ssh -L");
      return out;
    }
    case Kind::stale_script: {
      if (who.supervised())
        return {"# " + who.name +
                " looks after it, but cannot start it again: put the file back or change what is started"};
      auto out = end_group(p, scene.lineage);
      out.push_back(
          "# if it is still needed: start what package.json names (main, scripts.start) under a supervisor");
      return out;
    }
    case Kind::supervisor_lost: {
      auto out = end_group(p, scene.lineage);
      const auto lost = environment_supervisor(p);
      out.push_back(lost == "pm2" ? "pm2 resurrect  # only after it has ended, else two copies run"
                                  : "# then start it again through " +
                                        std::string(lost.empty() ? "its supervisor" : lost));
      return out;
    }
    case Kind::oom_kill:
      return {"# give it a limit of its own (max_memory_restart, MemoryMax=) below what the host can bear",
              "# look at what used the memory: stray scan"};
    case Kind::stale_release:
    case Kind::old_code:
    case Kind::exe_replaced:
      return restart_it(scene, p);
    case Kind::duplicate: {
      auto out = end_group(p, scene.lineage);
      out.push_back("# the other copy stays; see that it has the port: ss -ltnp");
      return out;
    }
    case Kind::restart_storm:
      return {p.program().supervisor && p.program().supervisor->name == "pm2"
                  ? "pm2 logs --err --lines 50  # why it ends; is its port taken? ss -ltnp"
                  : "# read its log for why it ends, and see whether its port is taken: ss -ltnp",
              "# mend it, then start it once by hand before the supervisor does"};
    case Kind::memory_high: {
      auto out = restart_it(scene, p);
      out.insert(out.begin(),
                 "# a heap snapshot first, if it must be understood: node --heapsnapshot-signal");
      out.push_back("# a limit ends it in order: pm2 max_memory_restart, or MemoryMax= in its unit");
      return out;
    }
    case Kind::inspector_open: {
      std::vector<std::string> out{
          "# take --inspect out of its command line and NODE_OPTIONS; for debugging bind 127.0.0.1 and use "
          "ssh -L"};
      for (std::string& line : restart_it(scene, p)) out.push_back(std::move(line));
      return out;
    }
    case Kind::zombie_leak:
      return {
          "ps -o pid,stat,lstart,args --ppid " + std::to_string(p.key.tgid) + "  # who was not waited for",
          "# its code must wait for its children; as pid 1 of a container use an init: docker run --init"};
  }
  return {};
}

}  // namespace stray
