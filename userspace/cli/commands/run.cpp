// SPDX-License-Identifier: Apache-2.0
// stray run: trace until told to stop.
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>

#include "base/backoff.hpp"
#include "base/descriptor.hpp"
#include "cli/commands/commands.hpp"
#include "cli/output_file.hpp"
#include "cli/run_outputs.hpp"
#include "sinks/sinks.hpp"
#include "sources/live.hpp"

namespace stray {
namespace {

constexpr std::chrono::milliseconds kFlushEvery{20};

std::uint32_t ring_bytes(const std::string& text) {
  const std::uint64_t number = parse_size(text, "--ring-size");
  const bool power = number != 0 && (number & (number - 1)) == 0;
  if (!power || number < 4096 || number > (1u << 30))
    throw UsageError("--ring-size " + text +
                     ": write a power of two from 4KiB to 1024MiB, as in --ring-size 8MiB");
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

// A file that is wrong changes nothing.
void reload(const CommonOptions& common, Pipeline& pipeline, Live& live) {
  try {
    const Config config = config_of(common);
    live.use(config);
    pipeline.replace_options(config.detect);
    spdlog::info("configuration read again: {}", config.file.empty() ? "no file, the defaults" : config.file);
  } catch (const UsageError& error) {
    spdlog::error("the old configuration stays: {}", error.what());
  }
}

// The journal has its own time to take what waits, whatever became of the other output. Returns false when
// entries were lost.
bool finish(JournalClient& journal) {
  const bool taken = journal.drain(3000);
  const std::uint64_t lost = journal.dropped() + journal.waiting();
  if (lost)
    spdlog::error("journald: {}; {} {} lost", taken ? "entries found no room to wait" : "it takes no entries",
                  lost, lost == 1 ? "entry is" : "entries are");
  return lost == 0;
}

}  // namespace

int run_command(const CommonOptions& common, const RunOptions& run) {
  const Config config = config_of(common);
  const BootTime lasts = run.lasts.empty() ? kNever : parse_duration(run.lasts, "--for");
  const KernelOptions kernel{.ring_bytes = ring_bytes(run.ring), .probes = true};
  if (!run.events.empty()) event_choice(run.events);  // wrong words are told before anything is made
  ::signal(SIGPIPE, SIG_IGN);
  const Signals signals;

  Pipeline pipeline(config.detect, {});
  Descriptor file;
  if (!run.output.empty()) file = new_file(run.output);
  const int fd = file ? file.get() : STDOUT_FILENO;
  const std::string where = file ? run.output : "standard output";
  // Only the journal: nothing is printed, as a service wants it.
  const bool recorded = run.journal || !run.recording.path.empty();
  const bool quiet = recorded && !common.json && run.output.empty() && !::isatty(STDOUT_FILENO);
  const std::string session = session_record();
  const RawRecord session_bytes = std::as_bytes(std::span(session.data(), session.size()));
  std::optional<Recording> recording;
  if (!run.recording.path.empty()) recording.emplace(run.recording, session_bytes);
  Live live(pipeline, kernel);
  live.use(config);
  Writer writer(fd);
  std::unique_ptr<Sink> printed;
  if (!quiet) {
    printed = printing_sink(common, run.events, writer, fd, pipeline.host());
    pipeline.add(*printed);
  }
  std::optional<JournalClient> journal;
  std::optional<JournalSink> journal_sink;
  if (run.journal) {
    journal.emplace();
    const std::optional<EventChoice> chosen =
        run.events.empty() ? std::nullopt : std::optional(event_choice(run.events));
    pipeline.add(journal_sink.emplace(*journal, chosen, pipeline.host()));
  }

  if (recording) live.record_to([&](RawRecord record) { recording->append(record); });
  live.start(session_bytes);
  if (recording) live.ask_about_all();
  const BootTime end = lasts == kNever ? kNever : boot_now() + lasts;
  bool warned = false;
  std::chrono::steady_clock::time_point flushed{};
  Backoff journal_tries;
  while (boot_now() < end) {
    const Asked asked = signals.next();
    if (asked == Asked::stop) break;
    if (asked == Asked::reload) reload(common, pipeline, live);
    bool busy = live.round();
    if (recording) recording->maintain(pipeline);
    // While records come they are handed over some at a time: each hand-over wakes the writer's thread.
    const auto now = std::chrono::steady_clock::now();
    if (!busy || now >= flushed + kFlushEvery) {
      writer.flush();
      flushed = now;
    }
    if (writer.error() || (!quiet && writer.reader_gone())) break;
    if (writer.dropped() && !warned) {
      spdlog::warn("{}: its reader is too slow; lines are being dropped", where);
      warned = true;
    }
    if (const auto waiting = journal ? journal->waiting() : 0) {
      if (journal_tries.due(now)) {
        journal->pump();
        journal_tries.tried(now, journal->waiting() < waiting);
      }
      busy |= journal_tries.soon();  // journald takes a queue at a time: come again soon
    }
    live.sleep(busy, signals.fd());
  }
  live.stop();
  const bool written = finish(writer, where);
  const bool sent = !journal || finish(*journal);
  const bool kept = !recording || recording->finish();
  return written && sent && kept ? kFine : kFailure;
}

}  // namespace stray
