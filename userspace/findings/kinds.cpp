// SPDX-License-Identifier: Apache-2.0
#include "findings/kinds.hpp"

#include <algorithm>

namespace stray {

// One a file in kinds/.
extern const KindRow kOomKill, kStaleScript, kDevTool, kDuplicate, kSupervisorLost, kOrphan,
    kUnsupervisedNode, kInspectorOpen, kStaleRelease, kOldCode, kMemoryHigh, kExeReplaced, kRestartStorm,
    kChildHoard, kZombieLeak, kContainerUnsupervised;

namespace {

struct Entry {
  Kind kind;
  const KindRow* row;
};

// The most decisive first: what cannot be started again is not moved, a development tool is not supervised,
// and what goes under a supervisor is started anew on the way.
constexpr Entry kEntries[] = {
    {Kind::oom_kill, &kOomKill},
    {Kind::stale_script, &kStaleScript},
    {Kind::dev_tool, &kDevTool},
    {Kind::duplicate, &kDuplicate},
    {Kind::supervisor_lost, &kSupervisorLost},
    {Kind::orphan, &kOrphan},
    {Kind::unsupervised_node, &kUnsupervisedNode},
    {Kind::inspector_open, &kInspectorOpen},
    {Kind::stale_release, &kStaleRelease},
    {Kind::old_code, &kOldCode},
    {Kind::memory_high, &kMemoryHigh},
    {Kind::exe_replaced, &kExeReplaced},
    {Kind::restart_storm, &kRestartStorm},
    {Kind::child_hoard, &kChildHoard},
    {Kind::zombie_leak, &kZombieLeak},
    {Kind::container_unsupervised, &kContainerUnsupervised},
};

constexpr bool each_kind_once() {
  for (const Kind kind : kKinds)
    if (std::count_if(std::begin(kEntries), std::end(kEntries),
                      [&](const Entry& e) { return e.kind == kind; }) != 1)
      return false;
  return std::size(kEntries) == kKindCount;
}
static_assert(each_kind_once(), "each kind of kind.hpp needs one line here");

constexpr auto kRows = [] {
  std::array<const KindRow*, kKindCount> out{};
  for (std::size_t i = 0; i < kKindCount; ++i) out[i] = kEntries[i].row;
  return out;
}();

constexpr auto kByKind = [] {
  PerKind<const KindRow*> out{};
  for (const Entry& entry : kEntries) out[entry.kind] = entry.row;
  return out;
}();

}  // namespace

const KindRow& row_of(Kind kind) { return *kByKind[kind]; }

std::span<const KindRow* const> kinds_by_decisiveness() { return kRows; }

std::string_view to_string(Kind kind) { return row_of(kind).name; }

std::optional<Kind> kind_of(std::string_view name) {
  for (const Kind kind : kKinds)
    if (to_string(kind) == name) return kind;
  return {};
}

std::string_view to_string(Remedy remedy) {
  switch (remedy) {
    case Remedy::end:
      return "end";
    case Remedy::move:
      return "move";
    case Remedy::restart:
      return "restart";
    case Remedy::note:
      return "note";
  }
  return "note";
}

}  // namespace stray
