// SPDX-License-Identifier: Apache-2.0
// stray stop: ends one process and what is below it. With adopt the only command that signals, and only
// for a person who said so.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <set>

#include "adopt/ending.hpp"
#include "base/errors.hpp"
#include "base/json.hpp"
#include "base/printable.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/commands/refusals.hpp"
#include "cli/options.hpp"
#include "cli/standard_output.hpp"
#include "plan/end_group.hpp"
#include "sources/host_state.hpp"
#include "supervision/supervisor_commands.hpp"

namespace stray {
namespace {

struct StopOptions {
  CommonOptions common;
  std::string who;
  std::string timeout = "10s";
  bool yes = false, force = false, only = false;
};

// What a supervisor would start again is not ended by its pid.
void refuse_if_restarted(const HostLook& look, const Process& process) {
  const Supervision who = supervise(look.lineage(), process);
  if (!who.supervised() || who.restarts == Restarts::no) return;
  throw UsageError("pid " + std::to_string(process.key.tgid) + " is supervised by " +
                   std::string(to_string(who.verdict)) + " (" + printable(who.name) +
                   ") and would come back: " + stop_command(look.lineage(), process, who));
}

void show(std::string& out, const Process& process, const Lineage& lineage, const EndGroup& group,
          const StopOptions& stop) {
  const Supervision who = supervise(lineage, process);
  const bool alone = who.verdict == Verdict::nobody;
  out += "supervisor: " + (alone ? "none" : std::string(to_string(who.verdict))) +
         (alone || who.name.empty() ? "" : " (" + printable(who.name) + ")") + "; nothing starts it again\n";
  if (process.program().supervisor) out += "it is a supervisor: what descends from it ends with it\n";
  for (const auto& stage : group.stages)
    for (const Ending& e : stage) {
      const std::string pid = std::to_string(e.process.tgid);
      out += "  " + std::string(pid.size() < 8 ? 8 - pid.size() : 0, ' ') + pid + "  " + printable(e.what) +
             "\n";
    }
  out += "in this order: SIGTERM, " + stop.timeout + " to end" + (stop.force ? ", then SIGKILL" : "") + "\n";
}

bool agreed(std::size_t count) {
  std::cerr << "End " << count << (count == 1 ? " process" : " processes") << "? [y/N] " << std::flush;
  std::string answer;
  return std::getline(std::cin, answer) && (answer == "y" || answer == "Y" || answer == "yes");
}

std::string report(const std::vector<Held>& all, bool as_json) {
  std::string out;
  Json json(out);
  if (as_json) json.begin_array();
  for (const Held& one : all) {
    if (!as_json) {
      out += "pid " + std::to_string(one.ending.process.tgid) + " " + one.how + "\n";
      continue;
    }
    json.begin_object();
    json.field("pid", one.ending.process.tgid);
    json.field("command", one.ending.what);
    json.field("left", one.left);
    json.field("how", one.how);
    json.end_object();
  }
  if (as_json) json.end_array(), out += '\n';
  return out;
}

// What `stop` is about, as it is now.
struct Target {
  static std::unique_ptr<Target> first(const StopOptions& stop) {
    auto now = std::unique_ptr<Target>(new Target(stop));
    return now->find(now->look.named(stop.who)), std::move(now);
  }
  // The same process later: nothing when it has ended.
  static std::unique_ptr<Target> again(const StopOptions& stop, const Target& before) {
    auto now = std::unique_ptr<Target>(new Target(stop));
    const Process* process = now->look.lineage().find(before.process->key);
    if (!process || process->ended) return nullptr;
    return now->find(*process), std::move(now);
  }
  std::set<ProcessKey> processes() const {
    std::set<ProcessKey> out;
    for (const auto& stage : group.stages)
      for (const Ending& e : stage) out.insert(e.process);
    return out;
  }
  void show(std::string& out) { stray::show(out, *process, look.lineage(), group, stop_); }

 private:
  Target(const StopOptions& stop) : stop_(stop), look(config_of(stop.common), {}, Then::act) {
    look.observe_all();
  }
  void find(const Process& named) {
    process = &named;
    refuse_if_forbidden(look, named);
    refuse_if_restarted(look, named);
    group = end_below(look.scene(), named);
    if (!stop_.only) return;
    for (auto& stage : group.stages)
      std::erase_if(stage, [&](const Ending& e) { return e.process != named.key; });
    std::erase_if(group.stages, [](const auto& stage) { return stage.empty(); });
  }

  const StopOptions& stop_;

 public:
  HostLook look;
  const Process* process = nullptr;
  EndGroup group;
};

// Shows, and asks. A person may think for minutes: what was started meanwhile is shown too, and asked about.
// Nothing: he does not want it.
std::unique_ptr<Target> agreed_target(const StopOptions& stop, std::unique_ptr<Target> target) {
  for (;;) {
    const std::set<ProcessKey> shown = target->processes();
    if (!agreed(shown.size())) return nullptr;
    auto now = Target::again(stop, *target);
    if (!now) return target;  // it has ended; what was below it has not, maybe
    const std::set<ProcessKey> all = now->processes();
    target = std::move(now);
    if (std::includes(shown.begin(), shown.end(), all.begin(), all.end())) return target;
    std::string text = "it has started others meanwhile\n";
    target->show(text);
    if (!stop.common.json) print(text);
  }
}

int run_stop(const StopOptions& stop) {
  const auto timeout = std::chrono::nanoseconds(parse_duration(stop.timeout, "--timeout").count());
  auto target = Target::first(stop);
  std::string shown;
  target->show(shown);
  if (!stop.yes && !::isatty(STDIN_FILENO)) {
    print(shown);
    throw UsageError("nothing was ended: there is no terminal to ask at; --yes does not ask");
  }
  if (!stop.common.json) print(shown);
  if (!stop.yes) target = agreed_target(stop, std::move(target));
  if (!target) {
    spdlog::info("nothing was ended");
    return kFine;
  }
  const std::vector<Held> all = end_all(target->group, timeout, stop.force);
  print(report(all, stop.common.json));
  return any_left(all) ? kFindings : kFine;
}

Action declare(Arguments& arguments) {
  const auto options = std::make_shared<StopOptions>();
  arguments.value("who", options->who, "A pid, or an id as findings show it", "PID|ID");
  arguments.needs("who", "PID or ID");
  arguments.flag("--yes", options->yes, "Do not ask");
  arguments.flag("--force", options->force, "Send SIGKILL to what does not end in time");
  arguments.flag("--only", options->only, "Stop only this process, not its descendants");
  arguments.value("--timeout", options->timeout, "How long each process may take to end", "TIME");
  declare_format(arguments, options->common, "Print the result as a JSON list instead of text");
  declare_config(arguments, options->common);
  return [options] { return run_stop(*options); };
}

}  // namespace

extern const Command kStop{"stop", "Stop a process and its descendants, after showing them",
                           "sudo stray stop 1234", declare};

}  // namespace stray
