// SPDX-License-Identifier: Apache-2.0
// stray report: the incident report, as Markdown or as one HTML file.
#include <unistd.h>

#include <memory>
#include <optional>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/output_file.hpp"
#include "cli/standard_output.hpp"
#include "cli/view_limits.hpp"
#include "privilege/confine.hpp"
#include "report/html.hpp"
#include "report/markdown.hpp"
#include "report/report_sink.hpp"
#include "sources/capture_input.hpp"
#include "sources/live.hpp"

namespace stray {
namespace {

struct ReportOptions {
  CommonOptions common;
  CaptureChoice capture;      // without files: this host
  std::string format = "md";  // or "html"
  std::string output;         // "": standard output
};

void look_at_host(Pipeline& pipeline, const Config& config, privilege::Role role) {
  Live live(pipeline, {.probes = false});
  live.use(config);
  const std::string session = session_record();
  live.start(std::as_bytes(std::span(session.data(), session.size())));
  privilege::confine(role);
  live.settle();
  live.look_at_all();
}

int report(const ReportOptions& options) {
  const bool html = options.format == "html";
  if (html && options.output.empty() && ::isatty(STDOUT_FILENO))
    throw UsageError("--format html is not for a terminal; name a new file: --output report.html");
  Config config = config_of(options.common);
  const bool live = options.capture.files.empty();
  if (live && (!options.capture.since.empty() || !options.capture.until.empty()))
    throw UsageError("--since and --until need --capture FILE");
  if (!live)
    privilege::confine(options.output.empty() ? privilege::Role::reader : privilege::Role::exporter,
                       {.read = options.capture.files, .written = options.output});
  std::optional<CaptureInput> capture;
  if (!live) capture.emplace(options.capture);
  config.detect.at_once = live;
  // Before the work: a name that is taken is an error at once.
  std::optional<OutputFile> file;
  if (!options.output.empty()) file.emplace(options.output);
  Pipeline pipeline(config.detect, {});
  ReportSink sink;
  pipeline.add(sink);
  if (live) {
    look_at_host(pipeline, config, file ? privilege::Role::reporter : privilege::Role::pipeline);
  } else {
    CaptureHooks hooks;
    hooks.progress = true;
    capture->feed(pipeline, hooks);
  }
  const Report document = sink.take(pipeline);
  const std::string text = html ? html_page(document) : markdown(document);
  if (file) {
    file->write(text);
    file->keep();
  } else {
    print(text);
  }
  warn_of_limits(document.summary.limits, options.common);
  if (capture && capture->damaged()) return kDamaged;
  return limited_exit(document.summary.limits, options.common, kFine);
}

Action declare(Arguments& arguments) {
  const auto options = std::make_shared<ReportOptions>();
  arguments.choice("--format", options->format, {"md", "html"}, "md: Markdown; html: one file for a browser",
                   "FORMAT");
  declare_output(arguments, options->output);
  arguments.many("--capture", options->capture.files,
                 "Captures of one boot, in any order; - is standard input", "FILE");
  declare_window(arguments, options->capture);
  declare_config(arguments, options->common);
  declare_times(arguments, options->common);
  declare_this_namespace(arguments, options->common);
  declare_utc(arguments);
  return [options] { return report(*options); };
}

}  // namespace

extern const Command kReport{"report", "Write the incident report: what is wrong, why, and what to do",
                             "sudo stray report --format html --output report.html", declare};

}  // namespace stray
