// SPDX-License-Identifier: Apache-2.0
// The commands. Each returns the exit code; errors are thrown and told once, in main().
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/options.hpp"

namespace stray {

struct RunOptions {
  bool journal = false;
  std::string lasts;   // --for
  std::string events;  // --events
  std::string output;  // --output FILE
  std::string ring = "4MiB";
};

struct ExportOptions {
  std::string format;              // ecs, perfetto, dot, sqlite
  std::string output;              // --output FILE; "": standard output
  std::vector<std::string> files;  // captures, in their order
  bool all = false;                // dot: ended processes too
};

struct JournalSourceOptions {
  std::string directory;     // journal files copied from another host; "": this host's journal
  std::string since, until;  // as cli/when.hpp reads them; "": all there is
  // Each empty: all. Ids of processes or of findings; kinds of findings, or "all" of them and no events.
  std::vector<std::uint32_t> pids;
  std::vector<std::string> ids, findings;
};

int run_command(const CommonOptions& common, const RunOptions& run);
int scan_command(const CommonOptions& common);
int tree_command(const CommonOptions& common, const std::string& who);  // "": all
int explain_command(const CommonOptions& common, const std::string& who);
int export_command(const CommonOptions& common, const ExportOptions& options);
int journal_replay(const CommonOptions& common, const JournalSourceOptions& options);
int doctor_command(const CommonOptions& common);

}  // namespace stray
