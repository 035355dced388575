// SPDX-License-Identifier: Apache-2.0
// stray export: captures in the formats of other programs.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "cli/commands/commands.hpp"
#include "cli/output_file.hpp"
#include "export/dot_sink.hpp"
#include "export/perfetto_sink.hpp"
#include "export/sqlite_sink.hpp"
#include "pipeline/pipeline.hpp"
#include "sinks/sinks.hpp"
#include "sources/capture_input.hpp"

namespace stray {
namespace {

void check(const ExportOptions& options) {
  if (options.all && options.format != "dot") throw UsageError("--all is of --format dot alone");
  if (options.format == "sqlite" && options.output.empty())
    throw UsageError("--format sqlite: a database needs a file: --output FILE");
  if (options.format == "perfetto" && options.output.empty() && ::isatty(STDOUT_FILENO))
    throw UsageError("--format perfetto: bytes for a program, not for a terminal; write --output FILE");
}

CaptureHooks shown_progress() {
  CaptureHooks hooks;
  hooks.progress = true;
  return hooks;
}

void export_documents(Pipeline& pipeline, CaptureInput& input, OutputFile& output) {
  Writer writer(output.fd(), Writer::Full::wait);
  JsonSink sink(writer, EventChoice::all(), pipeline.host());
  pipeline.add(sink);
  CaptureHooks hooks = shown_progress();
  hooks.after_record = [&] { return writer.error() == 0; };
  input.feed(pipeline, hooks);
  writer.finish(std::chrono::hours(24));
  if (writer.error()) throw OutputError(output.name() + ": " + std::strerror(writer.error()));
}

void feed(Pipeline& pipeline, CaptureInput& input, ExportSink& sink) {
  pipeline.add(sink);
  input.feed(pipeline, shown_progress());
  sink.close(pipeline.view());
}

}  // namespace

int export_command(const CommonOptions& common, const ExportOptions& options) {
  check(options);
  const DetectOptions detect = detect_options(common);
  ::signal(SIGPIPE, SIG_IGN);
  CaptureInput input(options.capture);
  OutputFile output(options.output);
  Pipeline pipeline(detect, {});
  const ByteOutput write = [&](std::string_view bytes) { output.write(bytes); };
  if (options.format == "perfetto") {
    PerfettoSink sink(write);
    feed(pipeline, input, sink);
  } else if (options.format == "dot") {
    DotSink sink(write, {.all = options.all});
    feed(pipeline, input, sink);
    if (sink.left_out()) spdlog::warn("{} more processes are left out of the graph", sink.left_out());
  } else if (options.format == "sqlite") {
    try {
      Database database(options.output);
      SqliteSink sink(database, pipeline.host());
      feed(pipeline, input, sink);
    } catch (const DatabaseError& error) {
      throw OutputError(error.what());
    }
  } else {
    export_documents(pipeline, input, output);
  }
  output.keep();
  return input.damaged() ? kDamaged : kFine;
}

}  // namespace stray
