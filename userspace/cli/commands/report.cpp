// SPDX-License-Identifier: Apache-2.0
// stray report: the incident's document, as Markdown or as one HTML file.
#include <unistd.h>

#include <optional>

#include "cli/commands/commands.hpp"
#include "cli/output_file.hpp"
#include "cli/standard_output.hpp"
#include "report/html.hpp"
#include "report/markdown.hpp"
#include "report/report_sink.hpp"
#include "sources/capture_input.hpp"
#include "sources/live.hpp"

namespace stray {
namespace {

void look_at_host(Pipeline& pipeline, const Config& config) {
  Live live(pipeline, {.probes = false});
  live.use(config);
  const std::string session = session_record();
  live.start(std::as_bytes(std::span(session.data(), session.size())));
  live.settle();
  live.look_at_all();
}

}  // namespace

int report_command(const CommonOptions& common, const ReportOptions& options) {
  const bool html = options.format == "html";
  if (html && options.output.empty() && ::isatty(STDOUT_FILENO))
    throw UsageError("--format html: HTML is not for a terminal; name a new file: --output report.html");
  Config config = config_of(common);
  const bool live = options.capture.files.empty();
  if (live && (!options.capture.since.empty() || !options.capture.until.empty()))
    throw UsageError("--since and --until need a capture; name it with --capture FILE");
  std::optional<CaptureInput> capture;
  if (!live) capture.emplace(options.capture);
  config.detect.at_once = live;
  // Before the work: a name that is taken is told at once.
  std::optional<OutputFile> file;
  if (!options.output.empty()) file.emplace(options.output);
  Pipeline pipeline(config.detect, {});
  ReportSink sink;
  pipeline.add(sink);
  if (live) {
    look_at_host(pipeline, config);
  } else {
    CaptureHooks hooks;
    hooks.progress = true;
    capture->feed(pipeline, hooks);
  }
  const Report report = sink.take(pipeline);
  const std::string text = html ? html_page(report) : markdown(report);
  if (file) {
    file->write(text);
    file->keep();
  } else {
    print(text);
  }
  return capture && capture->damaged() ? kDamaged : kFine;
}

}  // namespace stray
