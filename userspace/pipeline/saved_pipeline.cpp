// SPDX-License-Identifier: Apache-2.0
// The state of a pipeline as records, and a pipeline from such records.
#include "pipeline/event_choice.hpp"
#include "pipeline/pipeline.hpp"
#include "record/tlv.hpp"

namespace stray {
namespace tlv {

template <>
struct Saved<Host> {
  static void fields(auto& a, auto& h) {
    auto& [boot_id, boot, name, kernel, version, machine_id, memory, cpus, real_offset_ns, pidns,
           missing_kinds, missing_capabilities, unwatched_from] = h;
    in_order(a, 1, boot_id, boot, name, kernel, version, machine_id, memory, cpus, real_offset_ns, pidns,
             missing_kinds, missing_capabilities, unwatched_from);
  }
};

template <>
struct Saved<Pipeline> {
  static void fields(auto& a, auto& p) {
    in_order(a, 1, p.time_, p.lost_, p.counts_.malformed, p.counts_.raised, p.counts_.cleared,
             p.counts_.reparented, p.counts_.seeded);
    std::map<std::string, std::uint64_t> events = p.counts_.before;
    for (const auto& counted : p.counts_.events)
      if (counted.count) events[std::string(counted.action)] += counted.count;
    a(8, events);
    if constexpr (std::remove_cvref_t<decltype(a)>::kReads) {
      std::erase_if(events, [](const auto& one) { return action_named(one.first).empty(); });
      p.counts_.before = std::move(events);
    }
  }
};

}  // namespace tlv

namespace {

// The parts of STATE_CORE.
struct CoreParts {
  std::string lineage, detectors, host, pipeline;
  static void fields(auto& a, auto& parts) {
    in_order(a, 1, parts.lineage, parts.detectors, parts.host, parts.pipeline);
  }
};

}  // namespace

void Pipeline::save_state(const std::function<void(RawRecord)>& emit, BootTime now) const {
  const EmitState write = [&](const StateItem& item) { write_state(item, now, lost_, emit); };
  const CoreParts parts{lineage_->save_core(), detectors_->save_core(), tlv::save(host_), tlv::save(*this)};
  std::string core;
  tlv::Writer writer(core);
  CoreParts::fields(writer, parts);
  write({STRAY_STATE_CORE, {}, core});
  lineage_->save(write);
  detectors_->save(write);
  write({STRAY_STATE_END, {}, {}});
}

void Pipeline::save_open(const std::function<void(RawRecord)>& emit, BootTime now) const {
  detectors_->save_open([&](const StateItem& item) { write_state(item, now, 0, emit); });
}

void Pipeline::restore(const Event& event, const SavedState& state) {
  if (stage_ == Stage::running) {
    const auto item = joiner_.add(event, state, counts_.malformed);
    // What a run before left open. A whole state is no news to who has one.
    if (item && !detectors_->carry(*item)) ++counts_.malformed;
    return;
  }
  stage_ = Stage::restoring;
  const auto item = joiner_.add(event, state, counts_.malformed);
  if (!item) return;
  if (item->kind == STRAY_STATE_END)
    end_restore(event.time);
  else if (!restore_item(*item))
    ++counts_.malformed;
}

bool Pipeline::restore_item(const StateItem& item) {
  switch (item.kind) {
    case STRAY_STATE_IMAGE:
    case STRAY_STATE_PROCESS:
      return lineage_->restore(item);
    case STRAY_STATE_WATCH:
    case STRAY_STATE_OOM:
    case STRAY_STATE_FINDING:
      return detectors_->restore(item);
    default:
      break;
  }
  if (core_known_) return false;
  core_known_ = true;
  CoreParts parts;
  tlv::Reader reader(item.body);
  CoreParts::fields(reader, parts);
  if (!reader.ok()) return false;
  const std::uint64_t refused = counts_.malformed;
  bool whole = lineage_->restore_core(parts.lineage);
  whole &= detectors_->restore_core(parts.detectors);
  whole &= tlv::restore(host_, parts.host);
  whole &= tlv::restore(*this, parts.pipeline);
  counts_.malformed += refused;
  return whole;
}

void Pipeline::end_restore(BootTime time) {
  stage_ = Stage::running;
  counts_.malformed += joiner_.unfinished();
  if (!core_known_) {
    ++counts_.malformed;
    time_ = time;
  }
  lineage_->end_restore();
  detectors_->end_restore();
  if (!lineage_->ready()) return;
  emit_ready(view());
  emit_standing();
}

}  // namespace stray
