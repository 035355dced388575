// SPDX-License-Identifier: Apache-2.0
// stray history: what happened to one process, or to one finding, from a capture.
#include "cli/commands/history.hpp"

#include <unistd.h>

#include <csignal>
#include <memory>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/run_outputs.hpp"
#include "config/kind_name.hpp"
#include "privilege/confine.hpp"
#include "sources/host_state.hpp"

namespace stray {
namespace {

constexpr const char* kHistoryEvents = "fork,exec,exit,oom,signal,listen,reparent,gap,seed";

struct HistoryOptions {
  CommonOptions common;
  CaptureChoice capture;
  std::string who;
};

}  // namespace

About about_of(const std::string& who) {
  About out;
  out.pid = pid_of(who);
  if (out.pid) return out;
  out.id = id_of(who);
  if (const auto colon = who.rfind(':'); colon != std::string::npos)
    out.kind = parse_kind(who.substr(0, colon), who);
  return out;
}

bool print_history(const CommonOptions& common, const DetectOptions& detect, const CaptureChoice& capture,
                   const About& about, const HistoryHooks& hooks) {
  privilege::confine(privilege::Role::reader, {.read = capture.files});
  CaptureInput input(capture);
  Pipeline pipeline(detect, {});
  PrintedOutput output(common, kHistoryEvents, STDOUT_FILENO, "standard output", Writer::Full::wait,
                       pipeline.host());
  AboutSink about_sink(about, output.sink());
  about_sink.begun = [&](const View& view, const Process& process) {
    if (hooks.begun) output.writer().line(hooks.begun(view, process));
  };
  about_sink.ended = [&](const View& view, const Process& process) {
    if (hooks.ended) output.writer().line(hooks.ended(view, process, pipeline.detectors().open()));
  };
  pipeline.add(about_sink);
  CaptureHooks reading;
  reading.progress = !::isatty(STDOUT_FILENO);
  reading.after_record = [&] { return output.writer().error() == 0; };
  input.feed(pipeline, reading);
  if (!output.finish(std::chrono::hours(24))) throw OutputError("the history is incomplete");
  return !input.damaged();
}

namespace {

int history(const HistoryOptions& options) {
  if (options.capture.files.empty())
    throw UsageError("--capture FILE is missing; stray run --capture FILE records one");
  ::signal(SIGPIPE, SIG_IGN);
  bool met = false;
  const Style style{use_color(options.common, STDOUT_FILENO)};
  HistoryHooks hooks;
  hooks.begun = [&](const View& view, const Process& process) {
    met = true;
    return options.common.json ? std::string() : Text(view.host, style).heading(process);
  };
  const bool whole = print_history(options.common, detect_options(options.common), options.capture,
                                   about_of(options.who), hooks);
  if (!met) throw NotFoundError("the capture has nothing about \"" + options.who + "\" in that time");
  return whole ? kFine : kDamaged;
}

Action declare(Arguments& arguments) {
  const auto options = std::make_shared<HistoryOptions>();
  arguments.value("who", options->who, "A pid, an id, or a finding as in orphan:54nfnhb2rw0w", "PID|ID");
  arguments.needs("who", "PID or ID");
  arguments.many("--capture", options->capture.files,
                 "Captures of one boot, in any order; - is standard input", "FILE");
  declare_window(arguments, options->capture);
  declare_format(arguments, options->common, kEcsLines);
  declare_config(arguments, options->common);
  declare_times(arguments, options->common);
  return [options] { return history(*options); };
}

}  // namespace

extern const Command kHistory{"history", "Show what a capture has about one process or one finding, in order",
                              "stray history 1234 --capture host.stray --since 02:00", declare};

}  // namespace stray
