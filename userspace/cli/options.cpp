// SPDX-License-Identifier: Apache-2.0
#include "cli/options.hpp"

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

#include "cli/arguments.hpp"

namespace stray {

void declare_config(Arguments& arguments, CommonOptions& common) {
  arguments.value("--config", common.config,
                  "Configuration file, with the *.toml of conf.d beside it (default: " +
                      std::string(kDefaultConfig) + ", if it exists)",
                  "FILE");
}

void declare_format(Arguments& arguments, CommonOptions& common, const std::string& json) {
  arguments.flag("--json", common.json, json);
  arguments.choice("--color", common.color, {"auto", "always", "never"},
                   "Colours: auto, always or never; auto respects NO_COLOR", "WHEN");
  declare_utc(arguments);
}

void declare_utc(Arguments& arguments) {
  // The zone of this process: for the times that are shown and for those that are read.
  const auto utc = [] {
    ::setenv("TZ", "UTC0", 1);
    ::tzset();
  };
  arguments.flag("--utc", utc, "Times in UTC instead of the local time zone");
}

void declare_times(Arguments& arguments, CommonOptions& common) {
  arguments.list("--after", common.after,
                 "Waiting time of a kind of finding, as in orphan=30s; all=TIME for every kind", "KIND=TIME");
  arguments.value("--min-age", common.min_age, "Report nothing about processes younger than this", "TIME");
}

void declare_window(Arguments& arguments, CaptureChoice& capture) {
  arguments.value(
      "--since", capture.since,
      "From this time: \"2026-11-23 02:13\", 02:13, +1h (after the beginning), -1h (before the end)", "WHEN");
  arguments.value("--until", capture.until, "Up to this time", "WHEN");
}

void declare_processes(Arguments& arguments, FilterOptions& only) {
  arguments.list("--argv", only.argvs, "Only processes with this command line; * and ? are wildcards",
                 "PATTERN");
  arguments.list("--tree-of", only.trees,
                 "Only this process and what it started, with what that started: a pid or an id", "PID|ID");
}

void declare_this_namespace(Arguments& arguments, CommonOptions& common) {
  arguments.flag("--this-namespace", common.this_namespace,
                 "Inside a pid namespace: look at it alone, and do not exit with 4");
}

void declare_source(Arguments& arguments, CaptureChoice& capture) {
  arguments.many("--capture", capture.files, "Read this capture (all its files) instead of this host",
                 "FILE");
  arguments.value("--at", capture.at,
                  "State of the capture at this time instead of its end: 02:13, -1h (before its end)",
                  "WHEN");
  arguments.flag("--no-bpf", capture.no_bpf,
                 "Read this host from /proc alone, without kernel programs: with limits, which are reported");
}

void declare_lineage(Arguments& arguments, CommonOptions& common, const char* usual) {
  common.lineage = usual;
  arguments.choice("--lineage", common.lineage, {"full", "ids"},
                   "JSON of events: full repeats in each what an earlier one said, ids refers to it by id",
                   "HOW");
}

void declare_events(Arguments& arguments, std::string& events) {
  arguments.value("--events", events, "Events to show: a list, all or none. Findings are always shown",
                  "LIST");
}

void declare_output(Arguments& arguments, std::string& output) {
  arguments.value("--output", output, "Write to this new file instead of standard output", "FILE");
}

std::vector<std::string> read_all(const std::string& config, Config& out) {
  const std::string path = config.empty() ? std::string(kDefaultConfig) : config;
  std::vector<std::string> problems;
  struct stat unused {};
  if (!config.empty() || ::stat(path.c_str(), &unused) == 0) problems = read_config(path, out);
  for (std::string& problem : read_snippets(snippet_folder(path), out))
    problems.push_back(std::move(problem));
  return problems;
}

Config config_of(const CommonOptions& common) {
  Config out;
  const auto problems = read_all(common.config, out);
  if (problems.size() == 1) throw UsageError(problems.front());
  if (!problems.empty())
    throw UsageError(problems.front() + "; and " + std::to_string(problems.size() - 1) +
                     " more: stray config check" +
                     (common.config.empty() ? "" : " --config " + common.config));
  for (const std::string& flag : common.after) take_after(flag, out);
  if (!common.min_age.empty()) take_min_age(common.min_age, out);
  return out;
}

DetectOptions detect_options(const CommonOptions& common) { return config_of(common).detect; }

std::string lines_text(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " line" : " lines");
}

std::size_t columns_of_terminal(int fd) {
  winsize size{};
  return ::isatty(fd) == 1 && ::ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool use_color(const CommonOptions& common, int fd) {
  if (common.color == "always") return true;
  if (common.color == "never" || std::getenv("NO_COLOR")) return false;
  return ::isatty(fd) == 1;
}

}  // namespace stray
