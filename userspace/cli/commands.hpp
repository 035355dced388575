// SPDX-License-Identifier: Apache-2.0
// The commands. Each returns the exit code; errors are thrown and told once, in main().
#pragma once

#include <string>

#include "cli/capture_input.hpp"
#include "cli/options.hpp"
#include "cli/recording.hpp"
#include "pipeline/filter.hpp"

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
};

int run_command(const CommonOptions& common, const RunOptions& run);
int replay_command(const CommonOptions& common, const ReplayOptions& replay);
int scan_command(const CommonOptions& common);
int tree_command(const CommonOptions& common, const std::string& who);  // "": all
int explain_command(const CommonOptions& common, const std::string& who);
int doctor_command(const CommonOptions& common);
int plan_command(const CommonOptions& common, const std::vector<std::string>& who);  // empty: all findings

struct StopOptions {
  std::string who;
  std::string timeout = "10s";
  bool yes = false, force = false, only = false;
};
struct CheckOptions {
  std::string policy;
  bool nagios = false;
};
int check_command(const CommonOptions& common, const CheckOptions& check);
int stop_command(const CommonOptions& common, const StopOptions& stop);
int config_check_command(const CommonOptions& common, const std::string& file);  // "": that in force
int config_show_command(const CommonOptions& common);

}  // namespace stray
