// SPDX-License-Identifier: Apache-2.0
// stray export: captures in the formats of other programs.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <memory>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/output_file.hpp"
#include "cli/run_outputs.hpp"
#include "export/dot_sink.hpp"
#include "export/perfetto_sink.hpp"
#include "export/sqlite_sink.hpp"
#include "pipeline/filter.hpp"
#include "pipeline/pipeline.hpp"
#include "privilege/confine.hpp"
#include "sinks/sinks.hpp"
#include "sources/capture_input.hpp"

namespace stray {
namespace {

struct ExportOptions {
  CommonOptions common;
  CaptureChoice capture;
  std::string format;  // ecs, perfetto, dot, sqlite
  std::string output;  // "": standard output
  bool all = false;    // dot: ended processes too
  FilterOptions only;
};

void check(const ExportOptions& options) {
  if (options.all && options.format != "dot") throw UsageError("--all works only with --format dot");
  if (options.format == "sqlite" && options.output.empty())
    throw UsageError("--format sqlite needs --output FILE");
  if (options.format == "perfetto" && options.output.empty() && ::isatty(STDOUT_FILENO))
    throw UsageError("--format perfetto is not for a terminal; name a new file: --output FILE");
}

CaptureHooks shown_progress() {
  CaptureHooks hooks;
  hooks.progress = true;
  return hooks;
}

void export_documents(Pipeline& pipeline, CaptureInput& input, OutputFile& output, const FilterOptions& only,
                      LineageIn lineage) {
  Writer writer(output.fd(), Writer::Full::wait);
  JsonSink sink(writer, EventChoice::all(), pipeline.host(), lineage);
  FilterSink filter(only, sink);
  pipeline.add(only.any() ? static_cast<Sink&>(filter) : sink);
  CaptureHooks hooks = shown_progress();
  hooks.after_record = [&] { return writer.error() == 0; };
  input.feed(pipeline, hooks);
  writer.finish(std::chrono::hours(24));
  if (writer.error() == EPIPE) throw ReaderGone(output.name() + ": nobody reads it");
  if (writer.error()) throw OutputError(output.name() + ": " + std::strerror(writer.error()));
}

void feed(Pipeline& pipeline, CaptureInput& input, ExportSink& sink, const FilterOptions& only) {
  FilterSink filter(only, sink);
  if (only.any()) sink.show_only(filter);
  pipeline.add(only.any() ? static_cast<Sink&>(filter) : sink);
  input.feed(pipeline, shown_progress());
  sink.close(pipeline.view());
}

int export_capture(const ExportOptions& options) {
  check(options);
  const DetectOptions detect = detect_options(options.common);
  ::signal(SIGPIPE, SIG_IGN);
  privilege::confine(options.output.empty() ? privilege::Role::reader : privilege::Role::exporter,
                     {.read = options.capture.files, .written = options.output});
  CaptureInput input(options.capture);
  OutputFile output(options.output);
  Pipeline pipeline(detect, {});
  const ByteOutput write = [&](std::string_view bytes) { output.write(bytes); };
  if (options.format == "perfetto") {
    PerfettoSink sink(write);
    feed(pipeline, input, sink, options.only);
  } else if (options.format == "dot") {
    DotSink sink(write, {.all = options.all});
    feed(pipeline, input, sink, options.only);
    if (sink.left_out()) spdlog::warn("{} more processes are left out of the graph", sink.left_out());
  } else if (options.format == "sqlite") {
    try {
      Database database(options.output);
      SqliteSink sink(database, pipeline.host());
      feed(pipeline, input, sink, options.only);
    } catch (const DatabaseError& error) {
      throw OutputError(error.what());
    }
  } else {
    export_documents(pipeline, input, output, options.only, lineage_in(options.common));
  }
  output.keep();
  return input.damaged() ? kDamaged : kFine;
}

Action declare(Arguments& arguments) {
  const auto options = std::make_shared<ExportOptions>();
  arguments.many("files", options->capture.files, "Captures of one boot, in any order; - is standard input",
                 "FILE");
  arguments.choice("--format", options->format, {"ecs", "perfetto", "dot", "sqlite"},
                   "ecs, perfetto, dot or sqlite", "FORMAT");
  arguments.needs("--format", "--format FORMAT");
  declare_output(arguments, options->output);
  declare_lineage(arguments, options->common, "full");
  declare_window(arguments, options->capture);
  declare_processes(arguments, options->only);
  arguments.flag("--all", options->all, "dot: include the processes that have ended");
  declare_config(arguments, options->common);
  declare_times(arguments, options->common);
  return [options] { return export_capture(*options); };
}

}  // namespace

extern const Command kExport{"export", "Convert a capture to ECS, a Perfetto trace, a DOT graph or SQLite",
                             "stray export --format perfetto --output host.pftrace host.stray", declare};

}  // namespace stray
