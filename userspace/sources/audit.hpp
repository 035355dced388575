// SPDX-License-Identifier: Apache-2.0
// After a loss of records: the process table held against a snapshot. What is missing is added, what is gone
// is ended, and what runs another program gets a new image.
#pragma once

#include <functional>

#include "lineage/lineage.hpp"
#include "record/event.hpp"

namespace stray {

struct AuditSteps {
  using Feed = std::function<void(RawRecord)>;
  Feed feed;                                  // one record, to the pipeline
  std::function<void()> drain;                // what the ring holds, to the pipeline
  std::function<void(const Feed&)> snapshot;  // a seed for every process that is alive during the whole call
  std::function<BootTime()> now;
};

// The ring is drained on both sides of the snapshot, so that an exit still in it is not called inferred.
void audit_table(const Lineage& table, const AuditSteps& steps);

}  // namespace stray
