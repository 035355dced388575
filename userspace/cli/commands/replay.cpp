// SPDX-License-Identifier: Apache-2.0
// stray replay: captures through the same pipeline, with the same bytes as the live run printed.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <memory>
#include <thread>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/commands/replay_journal.hpp"
#include "cli/run_outputs.hpp"
#include "config/kind_name.hpp"
#include "pipeline/filter.hpp"
#include "privilege/confine.hpp"
#include "sources/capture_input.hpp"

namespace stray {
namespace {

struct ReplayOptions {
  CommonOptions common;
  CaptureChoice capture;
  std::vector<std::string> pids, ids, exes, users, units, findings;
  FilterOptions only;  // --argv, --tree-of
  std::string events, speed = "max";
  bool journal = false;   // from there, not from files
  std::string directory;  // of journal files
};

using SteadyClock = std::chrono::steady_clock;

// When records are due that come at a multiple of the pace at which they happened.
class Pace {
 public:
  explicit Pace(double times) : times_(times) {}
  // How long until what happened at that time is due; nothing when it is due now.
  SteadyClock::duration ahead(BootTime time) {
    if (first_ == BootTime{}) first_ = time, begun_ = SteadyClock::now();
    const std::chrono::duration<double, std::nano> after(static_cast<double>((time - first_).count()) /
                                                         times_);
    return begun_ + std::chrono::duration_cast<SteadyClock::duration>(after) - SteadyClock::now();
  }

 private:
  double times_;
  BootTime first_{};
  SteadyClock::time_point begun_;
};

double speed_of(const std::string& text) {
  if (text == "max") return 0;
  double times = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), times);
  if (error != std::errc{} || end != text.data() + text.size() - 1 || *end != 'x' || !(times > 0) ||
      times > 1e6)
    throw UsageError("--speed: \"" + text + "\" is not max, 1x (as it happened), 10x or 0.5x");
  return times;
}

std::uint32_t parse_pid(const std::string& text) {
  std::uint32_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc{} || end != text.data() + text.size() || pid == 0)
    throw UsageError("--pid: \"" + text + "\" is not a pid");
  return pid;
}

FilterOptions filter_options(const ReplayOptions& replay) {
  FilterOptions out = replay.only;
  for (const std::string& text : replay.pids) out.pids.push_back(parse_pid(text));
  out.ids = replay.ids, out.exes = replay.exes, out.users = replay.users, out.units = replay.units;
  for (const std::string& name : replay.findings) {
    if (name == "all")
      out.findings.assign(kKinds.begin(), kKinds.end());
    else
      out.findings.push_back(parse_kind(name, "--finding"));
  }
  return out;
}

int from_journal(const ReplayOptions& replay) {
  if (!replay.capture.files.empty()) throw UsageError("--journal reads the journal, not files");
  if (!replay.exes.empty() || !replay.only.argvs.empty() || !replay.only.trees.empty() ||
      !replay.users.empty() || !replay.units.empty() || !replay.events.empty() || replay.speed != "max")
    throw UsageError(
        "--exe, --argv, --tree-of, --user, --unit, --events and --speed work with captures only; with "
        "--journal there are "
        "--since, --until, --pid, --id and --finding");
  privilege::confine(privilege::Role::reader, {.read = {replay.directory}});
  return replay_journal({replay.common.json, replay.directory, replay.capture.since, replay.capture.until,
                         filter_options(replay)});
}

int from_captures(const ReplayOptions& replay) {
  if (!replay.directory.empty()) throw UsageError("--directory needs --journal");
  if (replay.capture.files.empty())
    throw UsageError("FILE is missing: name a capture, as in stray replay host.stray, or use --journal");
  const DetectOptions detect = detect_options(replay.common);
  const FilterOptions filter = filter_options(replay);
  const double speed = speed_of(replay.speed);
  privilege::confine(privilege::Role::reader, {.read = replay.capture.files});
  CaptureInput input(replay.capture);
  ::signal(SIGPIPE, SIG_IGN);
  Pipeline pipeline(detect, {});
  PrintedOutput output(replay.common, replay.events, STDOUT_FILENO, "standard output", Writer::Full::wait,
                       pipeline.host());
  FilterSink filtered(filter, output.sink());
  pipeline.add(filter.any() ? static_cast<Sink&>(filtered) : output.sink());

  CaptureHooks hooks;
  hooks.progress = !::isatty(STDOUT_FILENO);  // lines on the same terminal are progress enough
  hooks.after_record = [&] { return output.writer().error() == 0; };
  Pace pace(speed);
  if (speed > 0)
    hooks.before_record = [&](BootTime time) {
      if (pipeline.muted()) return;
      const auto ahead = pace.ahead(time);
      if (ahead <= SteadyClock::duration::zero()) return;
      output.writer().flush();
      std::this_thread::sleep_for(ahead);
    };
  input.feed(pipeline, hooks);
  if (!output.finish(std::chrono::hours(24))) return kFailure;
  return input.damaged() ? kDamaged : kFine;
}

Action declare(Arguments& arguments) {
  const auto options = std::make_shared<ReplayOptions>();
  arguments.many("files", options->capture.files, "Captures of one boot, in any order; - is standard input",
                 "FILE");
  declare_window(arguments, options->capture);
  arguments.list("--pid", options->pids, "Only this pid", "PID");
  arguments.list("--id", options->ids, "Only the process or the finding with this id", "ID");
  arguments.list("--exe", options->exes, "Only this program: its path or name; * and ? are wildcards",
                 "PATTERN");
  declare_processes(arguments, options->only);
  arguments.list("--user", options->users, "Only this user, by name or number", "USER");
  arguments.list("--unit", options->units, "Only this systemd unit; * and ? are wildcards", "PATTERN");
  arguments.list("--finding", options->findings, "Only findings of this kind and no events; all: every kind",
                 "KIND");
  declare_events(arguments, options->events);
  declare_lineage(arguments, options->common, "ids");
  arguments.value("--speed", options->speed, "1x: as it happened; 10x; max", "SPEED");
  declare_format(arguments, options->common, kEcsLines);
  arguments.flag("--journal", options->journal, "Read what stray run --journal sent instead of captures");
  arguments.value("--directory", options->directory,
                  "With --journal: a directory of journal files copied from another host", "DIR");
  declare_config(arguments, options->common);
  declare_times(arguments, options->common);
  return [options] { return options->journal ? from_journal(*options) : from_captures(*options); };
}

}  // namespace

extern const Command kReplay{"replay", "Replay a capture: print exactly what the original run printed",
                             "stray replay --since 02:10 --until 02:15 host.stray", declare};

}  // namespace stray
