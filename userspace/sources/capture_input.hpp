// SPDX-License-Identifier: Apache-2.0
// Captures as the source of a pipeline: several files of one boot in their order, a window of time, damage
// reported.
#pragma once

#include <spdlog/spdlog.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "base/moment.hpp"
#include "capture/reader.hpp"
#include "pipeline/pipeline.hpp"

namespace stray {

struct CaptureChoice {                                          // as on the command line
  std::vector<std::string> files;                               // "-": standard input, alone
  std::string since, until;                                     // "": all there is
  const char *since_flag = "--since", *until_flag = "--until";  // what these two are called there
  std::string at;         // instead of both: only the state at that time matters
  bool no_bpf = false;    // without files: this host as /proc alone shows it
  bool reported = false;  // what is wrong with them was reported before
};

struct CaptureHooks {
  std::function<void(BootTime)> before_record;
  std::function<bool()> after_record;  // false: enough
  bool progress = false;               // a bar on standard error, when that is a terminal
};

class CaptureInput {
 public:
  // Reads the headers. Throws UsageError: no capture, not readable by this version, captures of different
  // boots or of two runs at the same time, a moment outside of them.
  explicit CaptureInput(const CaptureChoice& choice);

  // Records of the window, in order, each fed to the pipeline. What lies before the window is fed muted, from
  // the newest checkpoint before it. What a file says beside its records (damage, an end cut off) is reported
  // on standard error; one that cannot be read any more counts as damaged, and the next one is read.
  void feed(Pipeline& pipeline, const CaptureHooks& hooks = {});

  bool damaged() const { return damaged_; }  // known after feed(): exit code 3
  const TimeSpan& span() const { return span_; }

 private:
  struct File {
    std::string name;
    CaptureHeader header;
    std::uint64_t bytes = 0;                // 0: a pipe
    std::unique_ptr<CaptureReader> opened;  // a pipe: its header was read, it cannot be opened again
    bool continued = false;                 // the file before it, in order, is the one that it goes on from
  };

  void open_all(const std::vector<std::string>& names);
  void order();
  void refuse_overlap(const File& before, const File& here) const;
  void find_end();
  std::int64_t moment_within(const std::string& text, const char* flag) const;  // throws UsageError
  UsageError outside(const std::string& text, const char* flag, std::int64_t moment) const;
  std::unique_ptr<CaptureReader> reader(File& file, bool continued);
  std::size_t first_file() const;
  void seek(CaptureReader& reader, const File& file) const;
  bool feed_file(Pipeline& pipeline, const CaptureHooks& hooks, File& file, CaptureReader& reader);
  void cannot_read(const char* why);
  template <typename... Args>
  void say(spdlog::level::level_enum level, spdlog::format_string_t<Args...> format, Args&&... args) const {
    if (!reported_) spdlog::log(level, format, std::forward<Args>(args)...);
  }
  void report(const File& file, const CaptureReader& reader, CaptureReader::Status status);

  std::vector<File> files_;
  TimeSpan span_;
  std::optional<std::int64_t> since_, until_;
  const bool reported_;
  bool damaged_ = false;
  std::uint64_t bytes_ = 0, bytes_before_ = 0;  // of all files; of those read
};

}  // namespace stray
