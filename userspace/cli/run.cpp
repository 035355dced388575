// SPDX-License-Identifier: Apache-2.0
// stray run: trace until told to stop.
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>

#include "cli/commands.hpp"
#include "cli/live.hpp"
#include "output/descriptor.hpp"
#include "pipeline/backoff.hpp"
#include "pipeline/sinks.hpp"

namespace stray {
namespace {

constexpr std::chrono::milliseconds kFlushEvery{20};
constexpr std::string_view kTerminalEvents = "exec,exit,oom,reparent,gap";

std::uint32_t ring_bytes(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit == "KiB")
    number <<= 10;
  else if (unit == "MiB")
    number <<= 20;
  else if (!unit.empty())
    number = 0;
  const bool power = number != 0 && (number & (number - 1)) == 0;
  if (error != std::errc{} || !power || number < 4096 || number > (1u << 30))
    throw UsageError("--ring-size " + text +
                     ": write a power of two from 4KiB to 1024MiB, as in --ring-size 8MiB");
  return static_cast<std::uint32_t>(number);
}

EventChoice events(const std::string& list) {
  std::string bad;
  auto choice = EventChoice::parse(list, bad);
  if (!choice) throw UsageError("--events: \"" + bad + "\" is no event; known: " + EventChoice::names());
  return *choice;
}

Descriptor open_output(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) throw OutputError("--output " + path + ": " + std::strerror(errno));
  return Descriptor(fd);
}

// SIGINT and SIGTERM end the run; they arrive as something to read, so that no handler runs inside libbpf.
class StopSignal {
 public:
  StopSignal() {
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
  bool came() const {
    signalfd_siginfo info;
    return ::read(fd_.get(), &info, sizeof info) == sizeof info;
  }

 private:
  Descriptor fd_;
};

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

// Returns false when lines were lost.
bool finish(Writer& writer, const std::string& where) {
  writer.finish();
  if (!writer.dropped() && !writer.error()) return true;
  const std::string lines = lines_text(writer.dropped());
  if (writer.error())
    spdlog::error("{}: {}; {} could not be written", where, std::strerror(writer.error()), lines);
  else if (writer.gave_up())
    spdlog::error("{}: nobody reads it; {} could not be written", where, lines);
  else
    spdlog::error("{}: its reader is too slow; {} had to be dropped", where, lines);
  return false;
}

}  // namespace

int run_command(const CommonOptions& common, const RunOptions& run) {
  const DetectOptions detect = detect_options(common);
  const BootTime lasts = run.lasts.empty() ? kNever : parse_duration(run.lasts, "--for");
  const KernelOptions kernel{.ring_bytes = ring_bytes(run.ring), .probes = true};
  const std::optional<EventChoice> chosen =
      run.events.empty() ? std::nullopt : std::optional(events(run.events));
  ::signal(SIGPIPE, SIG_IGN);
  const StopSignal stop;

  Pipeline pipeline(detect, {});
  Descriptor file;
  if (!run.output.empty()) file = open_output(run.output);
  const int fd = file ? file.get() : STDOUT_FILENO;
  const std::string where = file ? run.output : "standard output";
  // Only the journal: nothing is printed, as a service wants it.
  const bool quiet = run.journal && !common.json && run.output.empty() && !::isatty(STDOUT_FILENO);
  Live live(pipeline, kernel);
  Writer writer(fd);
  std::optional<JsonSink> json;
  std::optional<TextSink> text;
  if (common.json)
    pipeline.add(json.emplace(writer, chosen.value_or(EventChoice::all()), pipeline.host()));
  else if (!quiet)
    pipeline.add(text.emplace(writer, chosen.value_or(events(std::string(kTerminalEvents))), pipeline.host(),
                              Style{use_color(common, fd)}));
  std::optional<JournalClient> journal;
  std::optional<JournalSink> journal_sink;
  if (run.journal) {
    journal.emplace();
    pipeline.add(journal_sink.emplace(*journal, chosen, pipeline.host()));
  }

  live.start();
  const BootTime end = lasts == kNever ? kNever : boot_now() + lasts;
  bool warned = false;
  std::chrono::steady_clock::time_point flushed{};
  Backoff journal_tries;
  while (!stop.came() && boot_now() < end) {
    bool busy = live.round();
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
    live.sleep(busy, stop.fd());
  }
  live.stop();
  const bool written = finish(writer, where);
  const bool sent = !journal || finish(*journal);
  return written && sent ? kFine : kFailure;
}

}  // namespace stray
