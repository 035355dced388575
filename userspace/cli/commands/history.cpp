// SPDX-License-Identifier: Apache-2.0
// stray history: what happened to one process, or to one finding, from a capture.
#include <unistd.h>

#include <csignal>

#include "cli/commands/commands.hpp"
#include "cli/commands/history.hpp"
#include "cli/run_outputs.hpp"
#include "sources/host_state.hpp"

namespace stray {
namespace {

constexpr std::string_view kHistoryEvents = "fork,exec,exit,oom,signal,listen,reparent,gap,seed";

}  // namespace

About about_of(const std::string& who) {
  About out;
  out.pid = pid_of(who);
  if (out.pid) return out;
  out.id = id_of(who);
  if (const auto colon = who.rfind(':'); colon != std::string::npos) {
    out.kind = kind_of(who.substr(0, colon));
    if (!out.kind) throw UsageError(who + ": \"" + who.substr(0, colon) + "\" is no kind of finding");
  }
  return out;
}

bool tell_history(const CommonOptions& common, const CaptureChoice& capture, const About& about,
                  HistoryHooks hooks) {
  CaptureInput input(capture);
  Pipeline pipeline(detect_options(common), {});
  Writer writer(STDOUT_FILENO, Writer::Full::wait);
  const auto sink =
      printing_sink(common, std::string(kHistoryEvents), writer, STDOUT_FILENO, pipeline.host());
  AboutSink about_sink(about, *sink);
  about_sink.begun = [&](const View& view, const Process& process) {
    if (hooks.begun) writer.line(hooks.begun(view, process));
  };
  about_sink.ended = [&](const View& view, const Process& process) {
    if (hooks.ended) writer.line(hooks.ended(view, process, pipeline.detectors().open()));
  };
  pipeline.add(about_sink);
  CaptureHooks reading;
  reading.progress = !::isatty(STDOUT_FILENO);
  reading.after_record = [&] { return writer.error() == 0; };
  input.feed(pipeline, reading);
  if (!finish(writer, "standard output", std::chrono::hours(24)))
    throw OutputError("the history is not whole");
  return !input.damaged();
}

int history_command(const CommonOptions& common, const CaptureChoice& capture, const std::string& who) {
  if (capture.files.empty())
    throw UsageError(
        "history needs a capture: name it with --capture FILE (`stray run --capture FILE` writes one)");
  ::signal(SIGPIPE, SIG_IGN);
  bool met = false;
  const Style style{use_color(common, STDOUT_FILENO)};
  HistoryHooks hooks;
  hooks.begun = [&](const View& view, const Process& process) {
    met = true;
    return common.json ? std::string() : Text(view.host, style).heading(process);
  };
  const bool whole = tell_history(common, capture, about_of(who), hooks);
  if (!met) throw UsageError("the capture tells nothing of \"" + who + "\" in that time");
  return whole ? kFine : kDamaged;
}

}  // namespace stray
