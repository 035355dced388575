// SPDX-License-Identifier: Apache-2.0
// The commands. Each returns the exit code; errors are thrown and told once, in main().
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "pipeline/filter.hpp"
#include "sources/capture_input.hpp"
#include "sources/recording.hpp"

namespace stray {

struct RunOptions {
  bool journal = false;
  std::string lasts;   // --for
  std::string events;  // --events
  std::string output;  // --output FILE
  std::string ring = "4MiB";
  RecordingOptions recording;
};

struct FilterWords {  // as on the command line; all empty: everything
  std::vector<std::uint32_t> pids;
  std::vector<std::string> ids, exes, users, units, findings;
};
FilterOptions filter_options(const FilterWords& words);  // throws UsageError

struct ReplayOptions {
  CaptureChoice capture;
  FilterWords filter;
  std::string events, speed = "max";
  bool journal = false;   // --journal: from there, not from files
  std::string directory;  // of journal files
};

struct ExportOptions {
  std::string format;  // ecs, perfetto, dot, sqlite
  std::string output;  // --output FILE; "": standard output
  CaptureChoice capture;
  bool all = false;  // dot: ended processes too
};

struct JournalSourceOptions {
  std::string directory;     // journal files copied from another host; "": this host's journal
  std::string since, until;  // as base/moment.hpp reads them; "": all there is
  // Each empty: all. Ids of processes or of findings; kinds of findings, or "all" of them and no events.
  std::vector<std::uint32_t> pids;
  std::vector<std::string> ids, findings;
};

struct ReportOptions {
  std::string format = "md";  // or "html"
  std::string output;         // --output FILE
  CaptureChoice capture;      // without files: this host
};

int run_command(const CommonOptions& common, const RunOptions& run);
int replay_command(const CommonOptions& common, const ReplayOptions& replay);
// These look at this host, or at a capture when it has files.
int scan_command(const CommonOptions& common, const CaptureChoice& capture);
int tree_command(const CommonOptions& common, const CaptureChoice& capture,
                 const std::string& who);  // "": all
int explain_command(const CommonOptions& common, const CaptureChoice& capture, const std::string& who);
int history_command(const CommonOptions& common, const CaptureChoice& capture, const std::string& who);
int report_command(const CommonOptions& common, const ReportOptions& options);
int export_command(const CommonOptions& common, const ExportOptions& options);
int journal_replay(const CommonOptions& common, const JournalSourceOptions& options);
int doctor_command(const CommonOptions& common);
// who: pids or ids; empty: all findings
int plan_command(const CommonOptions& common, const CaptureChoice& capture,
                 const std::vector<std::string>& who);

struct StopOptions {
  std::string who;
  std::string timeout = "10s";
  bool yes = false, force = false, only = false;
};
struct CheckOptions {
  std::string policy;
  bool nagios = false;
};
int check_command(const CommonOptions& common, const CaptureChoice& capture, const CheckOptions& check);
int stop_command(const CommonOptions& common, const StopOptions& stop);
int config_check_command(const CommonOptions& common, const std::string& file);  // "": that in force
int config_show_command(const CommonOptions& common);

}  // namespace stray
