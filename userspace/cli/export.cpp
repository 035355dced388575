// SPDX-License-Identifier: Apache-2.0
// stray export: captures in the formats of other programs.
#include <fcntl.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "cli/capture_input.hpp"
#include "cli/commands.hpp"
#include "export/dot_sink.hpp"
#include "export/perfetto_sink.hpp"
#include "export/sqlite_sink.hpp"
#include "output/descriptor.hpp"
#include "pipeline/pipeline.hpp"
#include "pipeline/sinks.hpp"

namespace stray {
namespace {

// A new file that goes again unless it is kept, or standard output.
class Output {
 public:
  explicit Output(const std::string& path) : path_(path) {
    if (path_.empty()) return;
    file_ = Descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file_) throw OutputError("--output " + path_ + ": " + std::strerror(errno));
  }
  ~Output() {
    if (file_ && !kept_) ::unlink(path_.c_str());
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  int fd() const { return file_ ? file_.get() : STDOUT_FILENO; }
  std::string name() const { return file_ ? path_ : "standard output"; }

  // At the pace of its reader.
  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd(), bytes.data(), bytes.size());
      if (n >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(n));
      } else if (errno == EAGAIN) {  // somebody else made this open file non-blocking
        pollfd one{fd(), POLLOUT, 0};
        ::poll(&one, 1, -1);
      } else if (errno != EINTR) {
        throw OutputError(name() + ": " + std::strerror(errno));
      }
    }
  }

  void keep() {
    if (file_ && ::fsync(file_.get()) != 0 && errno != EINVAL && errno != EROFS)
      throw OutputError(name() + ": " + std::strerror(errno));
    kept_ = true;
  }

 private:
  std::string path_;
  Descriptor file_;
  bool kept_ = false;
};

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

void export_documents(Pipeline& pipeline, CaptureInput& input, Output& output) {
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
  Output output(options.output);
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
