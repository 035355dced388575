// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "pipeline/filter.hpp"

namespace stray {

struct JournalReplayOptions {
  bool json = false;
  std::string directory;     // of journal files copied from another host; "": this host's journal
  std::string since, until;  // as base/moment.hpp reads them; "": everything
  FilterOptions filter;      // pids, ids and kinds alone: documents have no more
};

// Prints what an earlier `stray run --journal` sent. Returns the exit code; throws UsageError and SetupError.
int replay_journal(const JournalReplayOptions& options);

}  // namespace stray
