// SPDX-License-Identifier: Apache-2.0
// stray run: trace until it is stopped.
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"
#include "base/printable.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/metrics_output.hpp"
#include "cli/rows_output.hpp"
#include "cli/run_outputs.hpp"
#include "cli/service.hpp"
#include "cli/view_limits.hpp"
#include "notify/deliver.hpp"
#include "notify/notifier.hpp"
#include "privilege/confine.hpp"
#include "sinks/output_files.hpp"
#include "sources/live.hpp"
#include "sources/recording.hpp"
#include "sources/resume.hpp"
#include "sources/state_folder.hpp"

namespace stray {
namespace {

struct RunOptions {
  CommonOptions common;
  bool journal = false;
  std::string lasts;   // --for
  std::string events;  // --events
  std::string output;  // --output FILE
  std::string output_rotate, output_age, output_total;
  std::string ring = "4MiB";
  RecordingOptions recording;
  std::vector<std::string> resume;  // --resume FILE
  std::string state;                // --state DIRECTORY
  std::string metrics, rows;        // --metrics FILE, --rows FILE
};

std::uint32_t ring_bytes(const std::string& text) {
  const std::uint64_t number = parse_size(text, "--ring-size");
  const bool power = number != 0 && (number & (number - 1)) == 0;
  if (!power || number < 4096 || number > (1u << 30))
    throw UsageError("--ring-size: \"" + text + "\" is not a power of two from 4KiB to 1024MiB, as 8MiB is");
  return static_cast<std::uint32_t>(number);
}

enum class Asked { nothing, stop, reload };

// The signals a run listens to; they arrive as something to read, so that no handler runs inside libbpf.
// SIGINT and SIGTERM end the run. SIGHUP reads the configuration again where there is no terminal that could
// hang up: a service, a cron job, after setsid. At a terminal it ends the run, unless nohup says otherwise.
class Signals {
 public:
  Signals() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM}) ::sigaddset(&set, signal);
    // nohup means it: a blocked signal arrives although it is ignored.
    struct sigaction hangup {};
    ::sigaction(SIGHUP, nullptr, &hangup);
    if (hangup.sa_handler != SIG_IGN) ::sigaddset(&set, SIGHUP);
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    fd_ = Descriptor(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  }
  int fd() const { return fd_.get(); }
  Asked next() const {
    signalfd_siginfo info;
    if (::read(fd_.get(), &info, sizeof info) != sizeof info) return Asked::nothing;
    return info.ssi_signo == SIGHUP && !terminal_ ? Asked::reload : Asked::stop;
  }

 private:
  static bool has_terminal() {
    return static_cast<bool>(Descriptor(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)));
  }

  bool terminal_ = has_terminal();
  Descriptor fd_;
};

// What a reload reads again.
std::vector<std::string> files_of(const Config& config) {
  const std::string file = config.file.empty() ? std::string(kDefaultConfig) : config.file;
  return {file, snippet_folder(file)};
}

// A file that is wrong changes nothing.
void reload(const CommonOptions& common, Pipeline& pipeline, Live& live,
            const std::vector<NotifyTarget>& notified) {
  try {
    const Config config = config_of(common);
    if (config.notify != notified)
      spdlog::warn(
          "[[notify]] has changed: restart stray for it; until then its targets are those of the start");
    live.use(config);
    pipeline.replace_options(config.detect);
    spdlog::info("configuration read again: {}", config.file.empty() ? "no file, the defaults" : config.file);
  } catch (const UsageError& error) {
    spdlog::error("the old configuration stays: {}", error.what());
  }
}

// What a run is made of, once it is set up.
struct Parts {
  Pipeline& pipeline;
  Live& live;
  RunOutputs& outputs;
  Service& service;
  Recording* recording;    // nullptr: nothing is recorded
  MetricsOutput* metrics;  // nullptr: nobody asked for them
  RowsOutput* rows;        // the same
  const std::vector<NotifyTarget>& notified;
};

// Records, answers and signals until the end that was asked for, or until nobody reads the output any more.
void trace(const RunOptions& run, const Parts& parts, const Signals& signals, BootTime lasts) {
  const BootTime end = lasts == kNever ? kNever : boot_now() + lasts;
  while (boot_now() < end) {
    const Asked asked = signals.next();
    if (asked == Asked::stop) break;
    if (asked == Asked::reload) {
      parts.service.reloading();
      reload(run.common, parts.pipeline, parts.live, parts.notified);
      parts.outputs.open_again();
      parts.service.reloaded();
    }
    bool busy = parts.live.round();
    if (parts.recording) parts.recording->maintain(parts.pipeline);
    busy |= parts.outputs.flush(busy);
    if (!parts.outputs.works()) break;
    parts.service.alive(parts.pipeline, parts.outputs);
    if (parts.metrics) parts.metrics->write(parts.pipeline, parts.outputs, parts.recording);
    if (parts.rows) parts.rows->write(parts.pipeline);
    parts.live.sleep(busy, signals.fd());
  }
}

// The folder that captures are kept in: of the option, or of the unit, unless a capture is named. "": none.
std::string state_of(const RunOptions& run) {
  const bool named = !run.recording.path.empty() || !run.resume.empty();
  if (!run.state.empty() && named)
    throw UsageError("--state names the captures itself: leave out --capture and --resume");
  return run.state.empty() && !named ? state_folder_given() : run.state;
}

// What to go on with. A run with a state folder goes on with the newest capture of this boot there, and
// records into a new one.
EarlierRun earlier_run(RunOptions& run, const Config& config) {
  const std::string folder = state_of(run);
  if (folder.empty()) return end_of(run.resume, config);
  StateFolder state = state_in(folder);
  run.recording.path = new_capture_in(folder);
  run.recording.earlier = std::move(state.captures);
  return state.this_boot.empty() ? EarlierRun{} : end_of_last(state.this_boot.back(), config);
}

RotateAt rotation(const RunOptions& run) {
  RotateAt out;
  if (!run.output_rotate.empty()) out.bytes = parse_size(run.output_rotate, "--output-rotate");
  if (!run.output_age.empty()) out.age = parse_duration(run.output_age, "--output-age");
  if (!run.output_rotate.empty() && out.bytes < (64u << 10))
    throw UsageError("--output-rotate: \"" + run.output_rotate + "\" is less than 64KiB");
  if (!run.output_age.empty() && out.age < std::chrono::seconds(1))
    throw UsageError("--output-age: \"" + run.output_age + "\" is less than 1s");
  return out;
}

void open_output(const RunOptions& run, std::optional<OutputFiles>& out) {
  const std::uint64_t total =
      parse_size(run.output_total.empty() ? kDefaultTotal : run.output_total, "--output-total");
  try {
    out.emplace(run.output, total, !run.output_rotate.empty() || !run.output_age.empty());
  } catch (const std::system_error& error) {
    throw OutputError("--output " + run.output + ": " + error.code().message());
  }
}

void check(const RunOptions& run) {
  const std::pair<const char*, const std::string&> of_output[] = {{"--output-rotate", run.output_rotate},
                                                                  {"--output-age", run.output_age},
                                                                  {"--output-total", run.output_total}};
  for (const auto& [flag, value] : of_output)
    if (!value.empty() && run.output.empty()) throw UsageError(std::string(flag) + " needs --output FILE");
  rotation(run);
  if (!run.events.empty()) event_choice(run.events);  // wrong words are reported before anything is made
}

// Before there is any thread, and before this process gives up what it may do.
void start_notifier(const RunOptions& run, const Config& config, std::optional<Notifier>& out) {
  if (config.notify.empty()) return;
  for (const NotifyTarget& target : config.notify)
    if (const std::string problem = problem_of(target); !problem.empty())
      spdlog::error("notify {}: {}", target.name, printable(problem));
  try {
    out.emplace(config.notify, run.state.empty() ? state_folder_given() : run.state);
  } catch (const std::system_error& error) {
    throw OutputError(std::string("notify: ") + error.what());
  }
}

int run_trace(RunOptions run) {
  const Config config = config_of(run.common);
  const BootTime lasts = run.lasts.empty() ? kNever : parse_duration(run.lasts, "--for");
  const KernelOptions kernel{.ring_bytes = ring_bytes(run.ring), .probes = true};
  check(run);
  ::signal(SIGPIPE, SIG_IGN);
  const Signals signals;
  std::optional<Notifier> notifier;
  start_notifier(run, config, notifier);
  Service service;
  const EarlierRun earlier = earlier_run(run, config);
  check_recording(run.recording);

  Pipeline pipeline(config.detect, {});
  std::optional<OutputFiles> files;
  if (!run.output.empty()) open_output(run, files);
  // Only the journal or a capture: nothing is printed, as a service wants it.
  const bool recorded = run.journal || !run.recording.path.empty();
  const bool quiet = recorded && !run.common.json && run.output.empty() && !::isatty(STDOUT_FILENO);
  const std::string session = session_record();
  const RawRecord session_bytes = std::as_bytes(std::span(session.data(), session.size()));
  std::optional<Recording> recording;
  if (!run.recording.path.empty()) recording.emplace(run.recording, session_bytes);
  Live live(pipeline, kernel);
  live.use(config);
  RunOutputs outputs(pipeline);
  if (files)
    outputs.print(run.common, run.events, *files, rotation(run));
  else if (!quiet)
    outputs.print(run.common, run.events, STDOUT_FILENO, "standard output");
  if (run.journal) outputs.send_to_journal(run.common, run.events);
  if (notifier) outputs.notify(*notifier);
  std::optional<MetricsOutput> metrics;
  if (!run.metrics.empty()) pipeline.add(metrics.emplace(run.metrics).sink());
  std::optional<RowsOutput> rows;
  if (!run.rows.empty()) pipeline.add(rows.emplace(run.rows).sink());

  if (recording) live.record_to([&](RawRecord record) { recording->append(record); });
  live.start(session_bytes, earlier.open, earlier.end);
  privilege::confine(privilege::Role::pipeline, {.read = files_of(config)});
  const std::size_t limits_at_start = pipeline.limits().size();
  warn_of_limits(pipeline.limits(), run.common);
  if (recording) live.ask_about_all();
  service.ready(pipeline, outputs);
  const Parts parts{pipeline,
                    live,
                    outputs,
                    service,
                    recording ? &*recording : nullptr,
                    metrics ? &*metrics : nullptr,
                    rows ? &*rows : nullptr,
                    config.notify};
  trace(run, parts, signals, lasts);
  service.stopping();
  live.stop();
  if (metrics) metrics->write(pipeline, outputs, parts.recording, true);
  if (rows) rows->write(pipeline);
  live.say_what_was_skipped();
  const bool kept = !recording || recording->finish();
  const ViewLimits limits = pipeline.limits();
  if (limits.size() > limits_at_start) warn_of_limits(limits, run.common);
  try {
    const bool sent = !rows || rows->finish();
    if (!outputs.finish() || !kept || !sent) return kFailure;
    return limited_exit(limits, run.common, kFine);
  } catch (const ReaderGone&) {
    if (kept) throw;
    return kFailure;
  }
}

Action declare(Arguments& arguments) {
  const auto options = std::make_shared<RunOptions>();
  RecordingOptions& recording = options->recording;
  declare_format(arguments, options->common, kEcsLines);
  declare_events(arguments, options->events);
  declare_lineage(arguments, options->common, "ids");
  declare_output(arguments, options->output);
  arguments.value("--for", options->lasts, "End after this time", "TIME");
  arguments.value("--output-rotate", options->output_rotate,
                  "Continue the output in FILE.000001, ... at this size; a later run goes on in the next one",
                  "SIZE");
  arguments.value("--output-age", options->output_age, "... or at this age", "TIME");
  arguments.value("--output-total", options->output_total,
                  "Delete the oldest output files beyond this total; 0: never (default: " +
                      std::string(kDefaultTotal) + ")",
                  "SIZE");
  arguments.flag("--journal", options->journal, "Send findings and important events to journald");
  arguments.value("--capture", recording.path, "Record everything into this new file, for stray replay",
                  "FILE");
  arguments.value("--capture-rotate", recording.rotate_size,
                  "Continue the capture in FILE.000001, ... at this size", "SIZE");
  arguments.value("--capture-age", recording.rotate_age, "... or at this age", "TIME");
  arguments.value("--capture-total", recording.total,
                  "Delete the oldest capture files beyond this total; 0: never (default: " +
                      std::string(kDefaultTotal) + ")",
                  "SIZE");
  arguments.list("--resume", options->resume,
                 "Go on with the findings that were open at the end of this capture of an earlier run",
                 "FILE");
  arguments.value(
      "--state", options->state,
      "Record into this directory, below --capture-total with what earlier runs left there, and go on "
      "with the findings that the last one left open (default: $STATE_DIRECTORY)",
      "DIRECTORY");
  arguments.value("--metrics", options->metrics, "Keep counts in this file, in the text format of Prometheus",
                  "FILE");
  arguments.value("--rows", options->rows,
                  "Append rows for the store of many hosts to this file (docs/fleet.md)", "FILE");
  declare_config(arguments, options->common);
  declare_times(arguments, options->common);
  declare_this_namespace(arguments, options->common);
  arguments.value("--ring-size", options->ring, "Size of the ring buffer, a power of two", "SIZE");
  return [options] { return run_trace(*options); };
}

}  // namespace

extern const Command kRun{"run", "Trace now: print events and findings as they happen",
                          "sudo stray run --json --after orphan=10s > events.ndjson", declare};

}  // namespace stray
