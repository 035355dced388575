// SPDX-License-Identifier: Apache-2.0
// stray adopt: starts a process anew under a supervisor, and ends the old one. All that can fail is tried
// before anything is ended; when the new one does not serve, the old one is started again.
#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <set>
#include <stdexcept>

#include "adopt/ending.hpp"
#include "adopt/home.hpp"
#include "base/errors.hpp"
#include "base/json.hpp"
#include "base/printable.hpp"
#include "base/root_files.hpp"
#include "base/time_text.hpp"
#include "base/units.hpp"
#include "base/words.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/commands/refusals.hpp"
#include "cli/options.hpp"
#include "cli/standard_output.hpp"
#include "findings/rules.hpp"
#include "sources/host_state.hpp"
#include "supervision/supervisor_commands.hpp"

namespace stray {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct AdoptOptions {
  CommonOptions common;
  std::string who, under, name;
  std::string timeout = "30s";
  bool show = false, yes = false, force = false;
};

// The process, as it is now, and all that is needed to move it.
struct Case {
  Moving moving;
  ProcessKey process;
  std::string command, started;
  EndGroup ends;
  std::vector<std::string> others;  // who else listens where it does
};

std::vector<std::string> addresses_of(const Process& p) {
  std::vector<std::string> out;
  if (p.seen)
    for (const Listening& one : p.seen->sockets) out.push_back(one.text());
  return out;
}

// The server of what was named: npm and shells wait above what they started.
const Process& server_among(const Process& named) {
  const Process* p = &named;
  while ((p->program().role == Role::wrapper || p->program().shell_c) && p->first_child &&
         p->first_child == p->last_child)
    p = p->first_child;
  return *p;
}

void note_pm2(const HostLook& look, std::uint32_t uid, Moving& out) {
  look.lineage().each_live([&](const Process& p) {
    if (p.uid != uid) return;
    const auto& kind = p.program().supervisor;
    if (kind && kind->name == "pm2") out.pm2_runs = true;
    const Supervision who = supervise(look.lineage(), p);
    if (who.verdict == Verdict::pm2) out.pm2_apps.push_back(who.name);
  });
}

void note_others(const HostLook& look, const Process& p, Case& out) {
  std::set<ProcessKey> own;
  for (const auto& stage : out.ends.stages)
    for (const Ending& e : stage) own.insert(e.process);
  const auto mine = addresses_of(p);
  look.lineage().each_live([&](const Process& other) {
    if (own.contains(other.key)) return;
    for (const std::string& address : addresses_of(other))
      if (address != "unix" && std::find(mine.begin(), mine.end(), address) != mine.end())
        out.others.push_back("pid " + std::to_string(other.key.tgid) + " listens on " + address + " too");
  });
}

Case case_of(const AdoptOptions& options) {
  HostLook look(config_of(options.common), {}, Then::act);
  look.observe_all();
  const Process& named = look.named(options.who);
  const Process& p = server_among(named);
  refuse_if_forbidden(look, p);
  const Supervision who = supervise(look.lineage(), p);
  const std::string pid = std::to_string(p.key.tgid);
  if (who.supervised())
    throw UsageError("pid " + pid + " is supervised by " + std::string(to_string(who.verdict)) + " (" +
                     printable(who.name) + ") already: " + restart_command(look.lineage(), p, who));
  if (p.program().supervisor) throw UsageError("pid " + pid + " is itself a supervisor");
  Case out;
  out.process = p.key;
  out.started = date_text(look.pipeline().host().real_ns(p.key.start), {});
  out.command = p.command();
  auto image = image_of(p.key);
  if (!image) throw NotFoundError("pid " + pid + " cannot be read, or has ended");
  Moving& moving = out.moving;
  moving.image = std::move(*image);
  const auto person = person_of(moving.image.uid);
  if (!person) throw UsageError("pid " + pid + ": no user has uid " + std::to_string(moving.image.uid));
  moving.person = *person;
  moving.adoption = adoption_of(p);
  moving.adoption.user = person->name;
  if (!options.show) take_arguments(moving.image.arguments, p.program().entry, moving.adoption);
  // By the name it was called with, where that is the same file: Python finds its virtual environment by it.
  const std::string& called = moving.image.arguments.front();
  std::error_code error;
  if (called.starts_with('/') && std::filesystem::canonical(called, error) == moving.image.exe)
    moving.adoption.interpreter = called;
  if (!options.name.empty()) moving.adoption.name = options.name;
  out.ends = end_below(look.scene(), top_of_launch(p));
  note_pm2(look, moving.person.uid, moving);
  note_others(look, p, out);
  return out;
}

std::unique_ptr<Home> home_of(const AdoptOptions& options, const Moving& moving) {
  return under_named(options.under) == Under::pm2 ? pm2_home(moving) : systemd_home(moving);
}

std::string ending_text(const Case& what) {
  std::string out;
  for (const auto& stage : what.ends.stages)
    for (const Ending& e : stage)
      out += "  " + std::to_string(e.process.tgid) + "  " + printable(e.what) + "\n";
  return out;
}

// A step as lines for a shell: what it is about and what is expected are comments.
std::string lines_of(const Step& step, const std::string& head) {
  return "\n# " + head + printable(step.text) + "\n" + printable(step.command) +
         "\n# expected: " + printable(step.expect) + "\n";
}

// What would be done, whole: also for who does it by hand.
std::string shown(const Case& what, const Home& home, const std::string& under) {
  const Adoption& a = what.moving.adoption;
  std::string out = "# " + printable(what.command) + " (pid " + std::to_string(what.process.tgid) + " of " +
                    a.user + ", started " + what.started + ") moves under " + under + " as " + a.name + "\n";
  for (const std::string& address : a.listens) out += "# it listens on " + printable(address) + "\n";
  if (a.redacted)
    out += "# a secret was taken out of its arguments here (<redacted>); adopt writes them whole\n";
  for (const NewFile& file : home.files())
    out += "\n# ---- " + printable(file.path) + " (" + file.owner + ", " + file.mode + ")\n" + file.shown;
  const auto& by_hand = home.migration().by_hand;
  if (!by_hand.empty()) out += "\n# ---- by hand, without stray adopt\n";
  int n = 0;
  for (const Step& step : by_hand)
    out += lines_of(step, std::to_string(++n) + ". " + std::string(words_of(step.when)) + ": ");
  return out;
}

bool agreed() {
  std::cerr << "End it and start it anew? [y/N] " << std::flush;
  std::string answer;
  return std::getline(std::cin, answer) && (answer == "y" || answer == "Y" || answer == "yes");
}

// A port that the kernel chose is another one next time.
bool chosen_by_kernel(const std::string& address) {
  std::ifstream range("/proc/sys/net/ipv4/ip_local_port_range");
  unsigned low = 32768, high = 60999, port = 0;
  range >> low >> high;
  const std::string digits = address.substr(address.rfind(':') + 1);
  if (is_number(digits) && digits.size() < 6) port = static_cast<unsigned>(std::stoul(digits));
  return port >= low && port <= high;
}

bool serves(const Process& p, const std::vector<std::string>& wanted) {
  const auto now = addresses_of(p);
  return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& address) {
    return chosen_by_kernel(address) ? !now.empty() : std::find(now.begin(), now.end(), address) != now.end();
  });
}

// Looks until a process for which `is` holds listens as the old one did, or, where that did not listen, has
// lived for three seconds. 0: it did not come in time.
std::uint32_t wait_until_it_serves(const AdoptOptions& options, const std::vector<std::string>& wanted,
                                   const std::function<bool(const Lineage&, const Process&)>& is) {
  constexpr std::chrono::seconds kLives{3};
  const auto until =
      SteadyClock::now() + std::chrono::nanoseconds(parse_duration(options.timeout, "--timeout").count());
  ProcessKey seen{};
  SteadyClock::time_point since{};
  do {
    {
      HostLook look(config_of(options.common), {}, Then::act);
      look.observe_all();
      ProcessKey found{};
      look.lineage().each_live([&](const Process& p) {
        if (is(look.lineage(), p) && serves(p, wanted)) found = p.key;
      });
      if (found && !wanted.empty()) return found.tgid;
      if (found != seen) seen = found, since = SteadyClock::now();
      if (found && SteadyClock::now() - since >= kLives) return found.tgid;
    }
    ::poll(nullptr, 0, 200);
  } while (SteadyClock::now() < until);
  return 0;
}

// The same again: as its user, from where it was, with what it was given. True: it serves.
bool start_old_again(const AdoptOptions& options, const Case& what) {
  const ProcessImage& image = what.moving.image;
  const Order order{.program = what.moving.adoption.interpreter,
                    .arguments = image.arguments,
                    .environment = image.environment,
                    .directory = image.cwd,
                    .umask = image.umask};
  const int pid = start_as(what.moving.person, order, image.out, image.error);
  const auto is = [&](const Lineage&, const Process& p) {
    return p.key.tgid == static_cast<std::uint32_t>(pid);
  };
  const std::uint32_t again = pid > 0 ? wait_until_it_serves(options, what.moving.adoption.listens, is) : 0;
  if (again)
    spdlog::error("the old one runs again, as pid {}", again);
  else
    spdlog::error("the old one was started again (pid {}), and does not serve: look at it", pid);
  return again != 0;
}

void undo(Home& home) {
  try {
    home.undo();
  } catch (const std::runtime_error& error) {
    spdlog::error("could not be taken back: {}", error.what());
  }
}

int move(const AdoptOptions& options, const Case& what, Home& home) {
  try {
    home.prepare();
  } catch (const std::runtime_error& error) {
    undo(home);
    spdlog::error("{}; nothing was ended", error.what());
    return kNotPossible;
  }
  const auto ended = end_all(what.ends, std::chrono::seconds(10), options.force);
  if (any_left(ended)) {
    undo(home);
    for (const Held& one : ended) spdlog::error("pid {} {}", one.ending.process.tgid, one.how);
    spdlog::error("nothing was started");
    return kFailure;
  }
  std::uint32_t fresh = 0;
  std::string why = "it does not listen as before within " + options.timeout;
  try {
    home.start();
    fresh = wait_until_it_serves(
        options, what.moving.adoption.listens, [&](const Lineage& lineage, const Process& p) {
          return p.uid == what.moving.person.uid && p.key != what.process && home.has(supervise(lineage, p));
        });
  } catch (const std::runtime_error& error) {
    why = error.what();
  }
  if (!fresh) {
    spdlog::error("the new one does not serve: {}", why);
    undo(home);
    start_old_again(options, what);
    return kFailure;
  }
  home.keep();
  std::string out;
  const Adoption& a = what.moving.adoption;
  if (options.common.json) {
    Json json(out);
    json.begin_object();
    json.field("name", a.name);
    json.field("under", options.under);
    json.field("old_pid", what.process.tgid);
    json.field("pid", fresh);
    json.end_object();
    out += "\n";
  } else {
    out = a.name + " runs under " + options.under + " as pid " + std::to_string(fresh) + "; pid " +
          std::to_string(what.process.tgid) + " has ended\n";
    for (const std::string& remark : home.remarks()) out += remark + "\n";
    out += lines_of(home.migration().by_hand.back(), "next: ");
  }
  print(out);
  return kFine;
}

int run_adopt(const AdoptOptions& options) {
  if (!options.name.empty() && !is_adoption_name(options.name))
    throw UsageError("--name: letters, digits, \"-\", \"_\" and \".\", at most 64");
  (void)parse_duration(options.timeout, "--timeout");
  const Case what = case_of(options);
  const std::unique_ptr<Home> home = home_of(options, what.moving);
  std::vector<std::string> problems = common_problems(what.moving);
  for (std::string& problem : home->problems()) problems.push_back(std::move(problem));
  for (const std::string& other : what.others)
    problems.push_back(other + ": the new one could not be distinguished from it");
  if (options.show) print(shown(what, *home, options.under));
  for (const std::string& problem : problems) spdlog::error("{}", problem);
  if (!problems.empty()) {
    if (!options.show) spdlog::error("nothing was changed");
    return kNotPossible;
  }
  if (options.show) return kFine;
  if (!options.yes && !::isatty(STDIN_FILENO))
    throw UsageError(
        "nothing was changed: there is no terminal to ask at; --yes does not ask, --show only shows");
  if (!options.yes) {
    print("ends, and starts anew under " + options.under + " as " + what.moving.adoption.name + ":\n" +
          ending_text(what));
    if (!agreed()) return spdlog::info("nothing was changed"), kFine;
  }
  return move(options, what, *home);
}

Action declare(Arguments& arguments) {
  const auto options = std::make_shared<AdoptOptions>();
  arguments.value("who", options->who, "A pid, or an id as findings show it", "PID|ID");
  arguments.needs("who", "PID or ID");
  arguments.choice("--under", options->under, {"systemd", "pm2"}, "The supervisor", "SUPERVISOR");
  arguments.needs("--under", "--under systemd or --under pm2");
  arguments.value("--name", options->name, "Its name there; default: that of its package or folder", "NAME");
  arguments.flag("--show", options->show, "Print the files and commands, and change nothing");
  arguments.flag("--yes", options->yes, "Do not ask");
  arguments.flag("--force", options->force, "Send SIGKILL to what does not end in time");
  arguments.value("--timeout", options->timeout, "How long the new process may take to serve", "TIME");
  declare_format(arguments, options->common, "Print the result as one JSON object instead of text");
  declare_config(arguments, options->common);
  return [options] { return run_adopt(*options); };
}

}  // namespace

extern const Command kAdopt{"adopt", "Move a process under systemd or PM2, or show how",
                            "sudo stray adopt 1234 --under systemd --show", declare};

}  // namespace stray
