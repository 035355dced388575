// SPDX-License-Identifier: Apache-2.0
#include "cli/run_outputs.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/columns.hpp"
#include "base/nearest.hpp"
#include "base/words.hpp"

namespace stray {
namespace {

// While records come they are handed over some at a time: each hand-over wakes the writer's thread.
constexpr std::chrono::milliseconds kFlushEvery{20};
constexpr std::chrono::seconds kPatience{5};
constexpr const char* kUsualEvents = "exec,exit,oom,reparent,gap";
// The document of an exec, or of an exit without one, has all that the fork's would say.
constexpr const char* kUsualDocuments = "exec,exit,oom,signal,reparent,listen,seed,gap";

std::optional<EventChoice> chosen(const std::string& events) {
  return events.empty() ? std::nullopt : std::optional(event_choice(events));
}

std::unique_ptr<Sink> printing_sink(const CommonOptions& common, const std::string& events, Writer& writer,
                                    int fd, const Host& host) {
  if (common.json)
    return std::make_unique<JsonSink>(writer, event_choice(events.empty() ? kUsualDocuments : events), host,
                                      lineage_in(common));
  return std::make_unique<TextSink>(writer, event_choice(events.empty() ? kUsualEvents : events), host,
                                    Style{use_color(common, fd)});
}

}  // namespace

LineageIn lineage_in(const CommonOptions& common) {
  return common.lineage == "ids" ? LineageIn::ids : LineageIn::full;
}

EventChoice event_choice(const std::string& list) {
  std::string bad;
  auto choice = EventChoice::parse(list, bad);
  if (choice) return *choice;
  std::vector<std::string> names;
  for (const std::string_view name : split(EventChoice::names(), ','))
    names.emplace_back(name.substr(name.find_first_not_of(' ')));
  throw UsageError("--events: \"" + bad + "\" is not an event" + did_you_mean(bad, names) +
                   "; events: " + EventChoice::names());
}

PrintedOutput::PrintedOutput(const CommonOptions& common, const std::string& events, int fd, std::string name,
                             Writer::Full full, const Host& host)
    : writer_(fd, full), name_(std::move(name)), sink_(printing_sink(common, events, writer_, fd, host)) {}

PrintedOutput::PrintedOutput(const CommonOptions& common, const std::string& events, int fd, std::string name,
                             const Host& host)
    : writer_(fd, Writer::Full::drop), name_(std::move(name)) {
  use_utf8();
  const char* term = std::getenv("TERM");
  const bool plain = !term || std::string_view(term) == "dumb";
  auto sink = std::make_unique<TerminalSink>(
      writer_, event_choice(events.empty() ? "none" : events), host, Style{use_color(common, fd)},
      [=] { return plain ? std::size_t{0} : columns_of_terminal(fd); });
  terminal_ = sink.get();
  sink_ = std::move(sink);
}

void PrintedOutput::refresh(const View& view) {
  if (terminal_) terminal_->refresh(view, std::chrono::steady_clock::now());
}

PrintedOutput::PrintedOutput(const CommonOptions& common, const std::string& events, OutputFiles& files,
                             const Host& host)
    : writer_(files, Writer::Full::drop),
      name_(files.path()),
      sink_(printing_sink(common, events, writer_, files.fd(), host)) {}

bool PrintedOutput::next_file(const View& view) {
  if (!writer_.next_file()) return false;
  file_begins_ = writer_.taken();
  sink_->next_file(view);
  return true;
}

void PrintedOutput::flush() {
  writer_.flush();
  if (writer_.dropped() && !writer_.error() && !std::exchange(warned_, true))
    spdlog::warn("{}: its reader is too slow; lines are being dropped", name_);
}

bool PrintedOutput::finish(std::chrono::milliseconds patience) {
  writer_.finish(patience);
  if (!writer_.dropped() && !writer_.error()) return true;
  const std::string lines = lines_text(writer_.dropped());
  if (writer_.error() == EPIPE) throw ReaderGone(name_ + ": nobody reads it");
  if (writer_.error())
    spdlog::error("{}: {}; {} could not be written", name_, std::strerror(writer_.error()), lines);
  else if (writer_.gave_up())
    spdlog::error("{}: nobody reads it; {} could not be written", name_, lines);
  else
    spdlog::error("{}: its reader is too slow; {} had to be dropped", name_, lines);
  return false;
}

JournalOutput::JournalOutput(const CommonOptions& common, const std::string& events, const Host& host)
    : sink_(client_, chosen(events), host, lineage_in(common)) {}

bool JournalOutput::flush(std::chrono::steady_clock::time_point now) {
  const auto waiting = client_.waiting();
  if (!waiting) return false;
  if (tries_.due(now)) {
    client_.pump();
    tries_.tried(now, client_.waiting() < waiting);
  }
  return tries_.soon();  // journald takes a queue at a time
}

bool JournalOutput::finish() {
  const bool taken = client_.drain(3000);
  const std::uint64_t lost = client_.dropped() + client_.waiting();
  if (lost)
    spdlog::error("journald: {}; {} {} lost", taken ? "entries found no room to wait" : "it takes no entries",
                  lost, lost == 1 ? "entry is" : "entries are");
  return lost == 0;
}

void RunOutputs::print(const CommonOptions& common, const std::string& events, int fd, std::string name) {
  if (!common.json && ::isatty(fd) == 1)
    printed_.emplace(common, events, fd, std::move(name), pipeline_.host());
  else
    printed_.emplace(common, events, fd, std::move(name), Writer::Full::drop, pipeline_.host());
  pipeline_.add(printed_->sink());
}

void RunOutputs::print(const CommonOptions& common, const std::string& events, OutputFiles& files,
                       const RotateAt& rotate) {
  printed_.emplace(common, events, files, pipeline_.host());
  pipeline_.add(printed_->sink());
  files_ = &files, rotate_at_ = rotate;
  file_since_ = std::chrono::steady_clock::now();
}

void RunOutputs::open_again() {
  if (!files_ || !files_->was_moved()) return;
  files_->open_again();
  if (printed_->next_file(pipeline_.view())) file_since_ = std::chrono::steady_clock::now();
}

void RunOutputs::rotate(std::chrono::steady_clock::time_point now) {
  if (const std::string warning = files_->take_warning(); !warning.empty())
    spdlog::warn("--output {}", warning);
  const bool large = rotate_at_.bytes && printed_->in_file() >= rotate_at_.bytes;
  const bool old = rotate_at_.age.count() && now >= file_since_ + rotate_at_.age && printed_->in_file();
  if ((large || old) && printed_->next_file(pipeline_.view())) file_since_ = now;
}

void RunOutputs::send_to_journal(const CommonOptions& common, const std::string& events) {
  journal_.emplace(common, events, pipeline_.host());
  pipeline_.add(journal_->sink());
}

void RunOutputs::notify(Notifier& notifier) {
  notifier_ = &notifier;
  pipeline_.add(notifier.begin(pipeline_.host()));
}

bool RunOutputs::flush(bool busy) {
  const auto now = std::chrono::steady_clock::now();
  if (notifier_) notifier_->flush(pipeline_.view(), now);
  if (printed_ && (!busy || now >= flushed_ + kFlushEvery)) {
    printed_->refresh(pipeline_.view());
    printed_->flush();
    if (files_) rotate(now);
    flushed_ = now;
  }
  return journal_ && journal_->flush(now);
}

bool RunOutputs::finish() {
  bool whole = true;
  std::exception_ptr reader_gone;
  try {
    whole = !printed_ || printed_->finish(kPatience);
  } catch (const ReaderGone&) {
    reader_gone = std::current_exception();
  }
  whole &= !journal_ || journal_->finish();
  whole &= !notifier_ || notifier_->finish();
  if (whole && reader_gone) std::rethrow_exception(reader_gone);
  return whole && !reader_gone;
}

}  // namespace stray
