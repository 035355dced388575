// SPDX-License-Identifier: Apache-2.0
// stray replay: captures through the same pipeline, with the same bytes as the live run printed.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <thread>

#include "cli/commands/commands.hpp"
#include "cli/run_outputs.hpp"
#include "pipeline/filter.hpp"
#include "sources/capture_input.hpp"

namespace stray {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Says when records are due that come at a multiple of the pace at which they happened.
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
    throw UsageError("--speed " + text + ": write max, 1x (as it happened), 10x or 0.5x");
  return times;
}

}  // namespace

FilterOptions filter_options(const FilterWords& words) {
  FilterOptions out;
  out.pids = words.pids, out.ids = words.ids, out.exes = words.exes, out.users = words.users,
  out.units = words.units;
  for (const std::string& name : words.findings) {
    const auto kind = kind_of(name);
    if (!kind && name != "all") throw UsageError("--finding " + name + ": no such kind of finding");
    for (const Kind one : kKinds)
      if (!kind || *kind == one) out.findings.push_back(one);
  }
  return out;
}

namespace {

int replay_journal(const CommonOptions& common, const ReplayOptions& replay) {
  const FilterWords& words = replay.filter;
  if (!replay.capture.files.empty()) throw UsageError("--journal reads the journal, and no files");
  if (!words.exes.empty() || !words.users.empty() || !words.units.empty() || !replay.events.empty() ||
      replay.speed != "max")
    throw UsageError(
        "--exe, --user, --unit, --events and --speed are of captures; with --journal there are --since, "
        "--until, --pid, --id and --finding");
  return journal_replay(common, {replay.directory, replay.capture.since, replay.capture.until, words.pids,
                                 words.ids, words.findings});
}

}  // namespace

int replay_command(const CommonOptions& common, const ReplayOptions& replay) {
  if (replay.journal) return replay_journal(common, replay);
  if (!replay.directory.empty()) throw UsageError("--directory needs --journal");
  if (replay.capture.files.empty())
    throw UsageError("name a capture, as in stray replay FILE..., or --journal");
  const DetectOptions detect = detect_options(common);
  const FilterOptions filter = filter_options(replay.filter);
  const double speed = speed_of(replay.speed);
  CaptureInput input(replay.capture);
  ::signal(SIGPIPE, SIG_IGN);
  Pipeline pipeline(detect, {});
  Writer writer(STDOUT_FILENO, Writer::Full::wait);
  const auto sink = printing_sink(common, replay.events, writer, STDOUT_FILENO, pipeline.host());
  FilterSink filtered(filter, *sink);
  pipeline.add(filter.any() ? static_cast<Sink&>(filtered) : *sink);

  CaptureHooks hooks;
  hooks.progress = !::isatty(STDOUT_FILENO);  // lines on the same terminal are progress enough
  hooks.after_record = [&] { return writer.error() == 0; };
  Pace pace(speed);
  if (speed > 0)
    hooks.before_record = [&](BootTime time) {
      if (pipeline.muted()) return;
      const auto ahead = pace.ahead(time);
      if (ahead <= SteadyClock::duration::zero()) return;
      writer.flush();
      std::this_thread::sleep_for(ahead);
    };
  input.feed(pipeline, hooks);
  if (!finish(writer, "standard output", std::chrono::hours(24))) return kFailure;
  return input.damaged() ? kDamaged : kFine;
}

}  // namespace stray
