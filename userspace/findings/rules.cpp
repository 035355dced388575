// SPDX-License-Identifier: Apache-2.0
#include "findings/rules.hpp"

#include <algorithm>

namespace stray {

void append(std::vector<Evidence>& to, std::vector<Evidence> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::string quoted(const Process& p) {
  constexpr std::size_t kLong = 160;
  const std::string command = p.command();
  return "`" + (command.size() > kLong ? command.substr(0, kLong) + "..." : command) + "`";
}

std::string used_memory(const Scene& scene, const Process& p) {
  const auto bytes = group_memory(scene, p);
  return bytes ? ", " + memory_text(bytes, scene.host_memory) : std::string();
}

void cost_evidence(const Scene& scene, const Process& p, Condition& out) {
  if (const auto bytes = group_memory(scene, p))
    out.evidence.push_back({"memory", "uses " + memory_text(bytes, scene.host_memory) + " of memory"});
  if (const auto ports = ports_text(p); !ports.empty())
    out.evidence.push_back({"listens", "listens on " + ports + (exposed(p) ? ", open to the network" : "")});
}

bool production(const Process& p) { return env_value(p.env(), "NODE_ENV") == "production"; }

// An app in the sense of detection.md 5.3: a server of its own, or evaluated code that listens.
bool is_app(const Process& p) {
  const Program& program = p.program();
  if (program.role == Role::app) return true;
  return program.role == Role::eval && p.seen && !p.seen->sockets.empty();
}

// A child process whose parent answers for it: of a runtime (fork, cluster), or one that talks to a living
// parent over pipes and serves nobody else (language servers, MCP servers, workers of other programs).
bool parent_answers(const Process& p) {
  if (!p.parent || p.parent->program().role == Role::wrapper || p.parent->program().supervisor) return false;
  if (p.parent->program().runtime != Runtime::none) {
    if (env_value(p.env(), "NODE_CHANNEL_FD") || env_value(p.env(), "NODE_UNIQUE_ID")) return true;
    if (p.program().entry_kind == EntryKind::file && p.program().entry == p.parent->program().entry)
      return true;
  }
  const auto piped = [](std::uint8_t kind) { return kind == STRAY_STDIO_PIPE || kind == STRAY_STDIO_SOCKET; };
  return !left_behind(p) && !p.parent->program().shell && !p.parent->namespace_init && p.seen &&
         p.seen->sockets.empty() && piped(p.seen->stdio[0]) && piped(p.seen->stdio[1]);
}

bool in_ci(const Process& p) {
  for (const std::string_view name : {"CI", "GITHUB_ACTIONS", "GITLAB_CI", "BUILD_TAG"})
    if (env_value(p.env(), name)) return true;
  return false;
}

namespace {

BootTime age(const Scene& scene, BootTime since) {
  return scene.now > since ? scene.now - since : BootTime{};
}

bool script_gone(const Process& p) {
  return p.seen &&
         (p.seen->script.state == STRAY_SCRIPT_MISSING || p.seen->script.state == STRAY_SCRIPT_CWD_GONE);
}

// A root that is only a shell or wrapper counts for what it holds.
bool holds_watched(const Scene& scene, const Process& p) {
  for (const ProcessKey& key : descendants(p))
    if (const Process* member = scene.lineage.find(key);
        member && is_watched(member->program()) && !member->program().ide)
      return true;
  return false;
}

// An install, a build, a test run comes to its end by itself: nothing below and including this one lasts.
bool only_one_shots(const Scene& scene, const Process& p) {
  const auto passing = [](Role role) {
    return role == Role::cli || role == Role::wrapper || role == Role::none;
  };
  bool any = p.program().role == Role::cli;
  for (const ProcessKey& key : descendants(p)) {
    const Process* member = scene.lineage.find(key);
    if (!member) continue;
    any |= member->program().role == Role::cli;
    if (!passing(member->program().role)) return false;
  }
  return any && passing(p.program().role);
}

void pm2_evidence(const Scene& scene, const Process& p, Condition& out) {
  bool god = false;
  for (const auto& [key, other] : scene.lineage.supervisors())
    god |= other->program().supervisor->name == "pm2";
  if (god) out.evidence.push_back({"pm2", "PM2 runs on this host, but not this"});
  if (p.seen && !p.seen->pm2.empty())
    out.evidence.push_back({"ecosystem", "a PM2 configuration is there: " + p.seen->pm2});
}

}  // namespace

std::optional<Condition> judge_orphan(const Scene& scene, const Process& p) {
  if (!left_behind(p) || p.program().ide) return {};
  const bool watched =
      is_watched(p.program()) || ((p.program().shell_c || p.program().shell) && holds_watched(scene, p));
  if (supervise(scene.lineage, p).supervised() || daemon_evidence(scene, p)) return {};
  const auto accidents = accident_evidence(scene, p);
  if (!watched && (accidents.size() < 2 || detached_like_daemon(p))) return {};

  Condition out;
  const BootTime from = p.reparented != BootTime{} ? p.reparented : p.key.start;
  const BootTime old = age(scene, from);
  out.wait = scene.options.at_once ? BootTime{} : scene.options.orphan_grace;
  out.since = p.reparented;
  if (only_one_shots(scene, p)) out.wait = scene.options.cli_max_age, out.since = from;
  const auto memory = group_memory(scene, p);
  if (!accidents.empty() && old >= scene.options.orphan_warn_age) out.severity = Severity::warning;
  if (!environment_supervisor(p).empty()) out.severity = Severity::warning;
  if (exposed(p) && (script_gone(p) || p.program().role == Role::dev_tool)) out.severity = Severity::critical;
  if (old >= scene.options.orphan_critical_age && memory >= (200u << 20)) out.severity = Severity::critical;
  if (out.severity < Severity::warning && !accidents.empty())
    out.severity_until = from + scene.options.orphan_warn_age;

  out.members = descendants(p);
  out.message = role_word(p) + " " + quoted(p) + " (pid " + std::to_string(p.key.tgid) +
                ") was left behind: who started it is gone and nobody looks after it" +
                (out.members.empty() ? "" : ", with " + std::to_string(out.members.size()) + " below it") +
                used_memory(scene, p);
  out.evidence.push_back({"reaper", "its parent is now " + p.parent->label() + " (pid " +
                                        std::to_string(p.parent->key.tgid) + "), which did not start it"});
  append(out.evidence, origin_evidence(scene, p));
  append(out.evidence, accidents);
  cost_evidence(scene, p, out);
  return out;
}

std::optional<Condition> judge_unsupervised(const Scene& scene, const Process& p) {
  if (!is_app(p) || p.program().ide || parent_answers(p) || covered_by_above(p)) return {};
  const Supervision who = supervise(scene.lineage, p);
  if (who.supervised()) return {};
  const bool listening = p.seen && !p.seen->sockets.empty();
  const bool orphan = left_behind(p);
  const auto& options = scene.options;

  Condition out;
  if (who.verdict == Verdict::login) {
    out.human_limit = true;
    if (production(p) && listening) {
      out.wait = options.interactive_production_grace;
    } else {
      out.wait = options.interactive_max_age;
      out.severity = Severity::info;
    }
  } else {
    BootTime wait =
        listening || orphan ? options.unsupervised_grace_listening : options.unsupervised_grace_quiet;
    if (who.verdict == Verdict::multiplexer) wait = std::max(wait, options.multiplexer_grace);
    if (who.verdict == Verdict::job || (in_ci(p) && !orphan)) wait = options.batch_max_age;
    const bool now = options.at_once && (listening || orphan) && who.verdict == Verdict::nobody;
    out.wait = now ? BootTime{} : wait;
  }
  if (out.severity == Severity::notice &&
      (production(p) || exposed(p) || age(scene, since_exec(p)) >= days(1)))
    out.severity = Severity::warning;
  if (out.severity == Severity::notice) out.severity_until = since_exec(p) + days(1);

  static constexpr std::string_view kWhere[] = {
      "", "", "", "", "", "in an open terminal", "in a terminal multiplexer", "as a job", "by hand"};
  out.message = role_word(p) + " " + quoted(p) + " (pid " + std::to_string(p.key.tgid) + ") runs " +
                std::string(kWhere[static_cast<std::size_t>(who.verdict)]) +
                ", not under a supervisor: no restart after a crash or reboot, no memory limit" +
                used_memory(scene, p);
  out.evidence.push_back({"supervision", "no live supervisor above it"});
  append(out.evidence, who.evidence);
  append(out.evidence, origin_evidence(scene, p));
  if (!p.program().entry.empty()) out.evidence.push_back({"entry", "runs " + p.program().entry});
  cost_evidence(scene, p, out);
  if (production(p)) out.evidence.push_back({"production", "NODE_ENV=production"});
  pm2_evidence(scene, p, out);
  return out;
}

std::optional<Condition> judge_container(const Scene& scene, const Process& p) {
  if (!is_app(p) || parent_answers(p) || covered_by_above(p)) return {};
  const Supervision who = supervise(scene.lineage, p);
  if (who.verdict != Verdict::container || who.restarts == Restarts::yes) return {};
  Condition out;
  out.severity = Severity::info;
  out.wait = kNever;  // off unless a time is given: restarting is the engine's business, and its policy is
                      // not seen here
  out.message = role_word(p) + " " + quoted(p) + " (pid " + std::to_string(p.key.tgid) +
                ") runs in container " + who.name + "; whether it is restarted is the engine's policy";
  out.evidence = who.evidence;
  append(out.evidence, origin_evidence(scene, p));
  cost_evidence(scene, p, out);
  return out;
}

std::optional<Condition> judge_dev_tool(const Scene& scene, const Process& p) {
  const Program& program = p.program();
  if (program.role != Role::dev_tool) return {};
  bool below_dev_tool = false;
  Lineage::each_ancestor(p, [&](const Process& a) {
    below_dev_tool = a.program().role == Role::dev_tool && !a.program().ide;
    return !below_dev_tool;
  });
  if (below_dev_tool) return {};
  const Supervision who = supervise(scene.lineage, p);
  if (who.supervised()) return {};
  const auto& options = scene.options;

  Condition out;
  out.severity = Severity::warning;
  if (who.verdict == Verdict::login || program.ide) {
    out.wait = program.ide ? days(7) : options.interactive_max_age;
    out.human_limit = true;
    out.severity = Severity::info;
  } else {
    // A whole family may have been left: `npx prisma studio` is the orphan, the studio below it the tool.
    bool orphan = left_behind(p);
    Lineage::each_ancestor(p, [&](const Process& a) { return !orphan && !(orphan |= left_behind(a)); });
    const bool now = options.at_once && (orphan || (p.seen && !p.seen->sockets.empty()));
    out.wait = now ? BootTime{} : options.devtool_grace;
    if (age(scene, since_exec(p)) >= days(1) || exposed(p)) out.severity = Severity::critical;
    if (out.severity == Severity::warning) out.severity_until = since_exec(p) + days(1);
  }
  out.members = descendants(p);
  out.message = "dev tool " + program.name + " (pid " + std::to_string(p.key.tgid) + ", " + quoted(p) +
                ") was left running" +
                (program.data_explorer ? ": it shows the whole database to whoever reaches it" : "") +
                used_memory(scene, p);
  append(out.evidence, who.evidence);
  append(out.evidence, origin_evidence(scene, p));
  cost_evidence(scene, p, out);
  return out;
}

std::optional<Condition> judge_stale_script(const Scene& scene, const Process& p) {
  if (p.program().runtime == Runtime::none || p.program().entry_kind != EntryKind::file || !script_gone(p))
    return {};
  const Role role = p.program().role;
  if (role == Role::wrapper || role == Role::supervisor || parent_answers(p)) return {};
  Condition out;
  out.since = p.seen->script_missing_since;
  out.wait = scene.options.at_once ? BootTime{} : scene.options.stale_debounce;
  out.severity =
      role == Role::cli ? Severity::info : (p.seen->sockets.empty() ? Severity::warning : Severity::critical);
  const bool no_cwd = p.seen->script.state == STRAY_SCRIPT_CWD_GONE;
  out.message = role_word(p) + " " + quoted(p) + " (pid " + std::to_string(p.key.tgid) +
                ") runs code whose file is gone: " + p.seen->script.entry +
                (no_cwd ? ", and its directory is deleted" : "") + used_memory(scene, p);
  out.evidence.push_back(
      {no_cwd ? "cwd-deleted" : "script-missing",
       p.seen->script.entry + " does not exist" + (no_cwd ? ", its working directory was deleted" : "")});
  if (!p.seen->script_first.path.empty())
    out.evidence.push_back(
        {"script-was", "it was " + p.seen->script_first.path + " when stray first looked"});
  append(out.evidence, origin_evidence(scene, p));
  cost_evidence(scene, p, out);
  return out;
}

std::optional<Condition> judge_supervisor_lost(const Scene& scene, const Process& p) {
  std::string_view lost = environment_supervisor(p);
  if (lost.empty() && p.creator && p.creator->ended && p.creator->program().supervisor &&
      p.creator->program().supervisor->restarts == Restarts::yes)
    lost = p.creator->program().supervisor->name;
  if (lost.empty() || p.program().supervisor || p.program().daemon) return {};
  if (!is_watched(p.program()) && !left_behind(p)) return {};
  // The topmost of the family speaks for it.
  bool above = false;
  Lineage::each_ancestor(p, [&](const Process& a) {
    const auto& kind = a.program().supervisor;
    above =
        !environment_supervisor(a).empty() || (kind && kind->name == lost);  // or it lives, behind a terminal
    return !above;
  });
  if (above || supervise(scene.lineage, p).supervised()) return {};
  const Process* back = nullptr;
  for (const auto& [key, other] : scene.lineage.supervisors())
    if (other->program().supervisor->name == lost) back = other;

  Condition out;
  out.wait = scene.options.at_once ? BootTime{} : scene.options.supervisor_lost_grace;
  out.severity = Severity::warning;
  out.since = p.reparented;
  out.members = descendants(p);
  const auto app = env_value(p.env(), "name");
  out.message = role_word(p) + " " + quoted(p) + " (pid " + std::to_string(p.key.tgid) +
                ") has lost its supervisor: " + std::string(lost) + " started it and is gone" +
                used_memory(scene, p);
  out.evidence.push_back({"environment", "its environment is that of " + std::string(lost) +
                                             (app ? ", app " + std::string(*app) : std::string())});
  if (back)
    out.evidence.push_back({"not-adopted", std::string(lost) + " runs again (pid " +
                                               std::to_string(back->key.tgid) + "), but does not adopt it"});
  append(out.evidence, origin_evidence(scene, p));
  cost_evidence(scene, p, out);
  return out;
}

std::vector<std::string> exclusions(const Scene& scene, const Process& p) {
  std::vector<std::string> out;
  const Supervision who = supervise(scene.lineage, p);
  if (left_behind(p) && !judge_orphan(scene, p)) {
    if (const auto daemon = daemon_evidence(scene, p))
      out.push_back("no orphan: " + daemon->text);
    else if (who.supervised())
      out.push_back("no orphan: looked after by " + who.name);
    else
      out.push_back("no orphan: nothing says that it was left by accident");
  }
  if (is_app(p)) {
    if (p.program().ide)
      out.push_back("not unsupervised: an IDE's server");
    else if (parent_answers(p))
      out.push_back("not unsupervised: its parent answers for it");
    else if (covered_by_above(p))
      out.push_back("not unsupervised: an app or dev tool above answers for it");
    else if (who.supervised())
      out.push_back("not unsupervised: looked after by " + who.name);
  }
  if (is_app(p) && p.program().entry_kind == EntryKind::file && covered_by_above(p))
    out.push_back("no old code: what is above starts it again itself");
  const bool limited = p.seen && p.seen->usage_time != BootTime{} && is_app(p);
  if (limited && has_live_terminal(scene.lineage, p) &&
      p.seen->anon + p.seen->swap > scene.options.memory_limit)
    out.push_back("no memory finding: somebody sits at its terminal, and nothing limits it");
  if (p.program().inspector && !judge_inspector(scene, p))
    out.push_back("no open inspector: " + p.program().inspector_address +
                  " is closed, or open to this host alone and not in production");
  return out;
}

}  // namespace stray
