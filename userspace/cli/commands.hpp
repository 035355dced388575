// SPDX-License-Identifier: Apache-2.0
// The commands. Each returns the exit code; errors are thrown and told once, in main().
#pragma once

#include <string>

#include "cli/options.hpp"

namespace stray {

struct RunOptions {
  bool journal = false;
  std::string lasts;   // --for
  std::string events;  // --events
  std::string output;  // --output FILE
  std::string ring = "4MiB";
};

struct ReportOptions {
  std::string format = "md";  // or "html"
  std::string output;         // --output FILE
};

int run_command(const CommonOptions& common, const RunOptions& run);
int scan_command(const CommonOptions& common);
int tree_command(const CommonOptions& common, const std::string& who);  // "": all
int explain_command(const CommonOptions& common, const std::string& who);
int report_command(const CommonOptions& common, const ReportOptions& options);
int doctor_command(const CommonOptions& common);

}  // namespace stray
