// SPDX-License-Identifier: Apache-2.0
// stray report: the incident's document, as Markdown or as one HTML file.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "cli/capture_input.hpp"
#include "cli/commands.hpp"
#include "cli/live.hpp"
#include "cli/print.hpp"
#include "output/descriptor.hpp"
#include "report/html.hpp"
#include "report/markdown.hpp"
#include "report/report_sink.hpp"

namespace stray {
namespace {

void look_at_host(Pipeline& pipeline) {
  Live live(pipeline, {.probes = false});
  const std::string session = session_record();
  live.start(std::as_bytes(std::span(session.data(), session.size())));
  live.settle();
  live.look_at_all();
}

// A file of its own that only its owner reads: commands and paths of all users stand in it. Removed again
// unless it was written whole.
class NewFile {
 public:
  explicit NewFile(const std::string& path)
      : path_(path), fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    if (!fd_) fail();
  }
  ~NewFile() {
    if (!whole_) ::unlink(path_.c_str());
  }
  void write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::write(fd_.get(), text.data(), text.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail();
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    whole_ = true;
  }

 private:
  [[noreturn]] void fail() const { throw OutputError("--output " + path_ + ": " + std::strerror(errno)); }
  const std::string path_;
  Descriptor fd_;
  bool whole_ = false;
};

}  // namespace

int report_command(const CommonOptions& common, const ReportOptions& options) {
  const bool html = options.format == "html";
  if (html && options.output.empty() && ::isatty(STDOUT_FILENO))
    throw UsageError("--format html: HTML is not for a terminal; name a new file: --output report.html");
  DetectOptions detect = detect_options(common);
  const bool live = options.capture.files.empty();
  if (live && (!options.capture.since.empty() || !options.capture.until.empty()))
    throw UsageError("--since and --until need a capture; name it with --capture FILE");
  std::optional<CaptureInput> capture;
  if (!live) capture.emplace(options.capture);
  detect.at_once = live;
  // Before the work: a name that is taken is told at once.
  std::optional<NewFile> file;
  if (!options.output.empty()) file.emplace(options.output);
  Pipeline pipeline(detect, {});
  ReportSink sink;
  pipeline.add(sink);
  if (live) {
    look_at_host(pipeline);
  } else {
    CaptureHooks hooks;
    hooks.progress = true;
    capture->feed(pipeline, hooks);
  }
  const Report report = sink.take(pipeline);
  const std::string text = html ? html_page(report) : markdown(report);
  if (file)
    file->write(text);
  else
    print(text);
  return capture && capture->damaged() ? kDamaged : kFine;
}

}  // namespace stray
