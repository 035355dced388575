// SPDX-License-Identifier: Apache-2.0
// stray diff: what differs between two moments of a capture.
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/standard_output.hpp"
#include "export/difference.hpp"
#include "pipeline/filter.hpp"
#include "privilege/confine.hpp"
#include "sources/capture_input.hpp"

namespace stray {
namespace {

struct DiffOptions {
  CommonOptions common;
  CaptureChoice capture;
  std::vector<std::string> moments;  // --at
  FilterOptions only;
  bool kernel_threads = false;
};

CaptureChoice window_of(const DiffOptions& options) {
  if (options.moments.size() > 2) throw UsageError("--at: two moments can be compared, not more");
  CaptureChoice out = options.capture;
  out.since_flag = "--at", out.until_flag = "the second --at";
  if (!options.moments.empty()) out.since = options.moments.front();
  if (options.moments.size() == 2) out.until = options.moments.back();
  return out;
}

int diff(const DiffOptions& options) {
  const CaptureChoice window = window_of(options);
  const DetectOptions detect = detect_options(options.common);
  privilege::confine(privilege::Role::reader, {.read = window.files});
  CaptureInput input(window);
  Pipeline pipeline(detect, {});
  const Style style{use_color(options.common, STDOUT_FILENO)};
  DifferenceSink sink({.kernel_threads = options.kernel_threads},
                      [&](const View& view, const Differences& found) {
                        print(options.common.json ? difference_documents(view, found)
                                                  : difference_text(Text(view.host, style), found));
                      });
  FilterSink filter(options.only, sink);
  if (options.only.any()) sink.show_only(filter);
  pipeline.add(options.only.any() ? static_cast<Sink&>(filter) : sink);
  CaptureHooks reading;
  reading.progress = true;
  input.feed(pipeline, reading);
  sink.close(pipeline.view());
  return input.damaged() ? kDamaged : kFine;
}

Action declare(Arguments& arguments) {
  const auto options = std::make_shared<DiffOptions>();
  arguments.many("files", options->capture.files, "Captures of one boot, in any order; - is standard input",
                 "FILE");
  arguments.needs("files", "FILE");
  arguments.list(
      "--at", options->moments,
      "Given twice: the moments to compare, as in 02:13 or -1h (before the end); once: that one and "
      "the end; not at all: beginning and end",
      "WHEN");
  arguments.flag("--all", options->kernel_threads, "Compare the threads of the kernel too");
  declare_processes(arguments, options->only);
  declare_format(arguments, options->common, kEcsLines);
  declare_config(arguments, options->common);
  declare_times(arguments, options->common);
  return [options] { return diff(*options); };
}

}  // namespace

extern const Command kDiff{"diff", "Compare two moments of a capture: who came, who ended, what changed",
                           "stray diff host.stray --at 02:00 --at 02:15", declare};

}  // namespace stray
