// SPDX-License-Identifier: Apache-2.0
#include "lineage/view_limits.hpp"

#include <array>
#include <utility>

#include "privilege/capabilities.hpp"

namespace stray {
namespace {

// Records that a kernel may not offer, since their tracepoint is not in every configuration.
constexpr std::array<std::pair<stray_kind, std::string_view>, 2> kOptional{{
    {STRAY_OOM, "which processes the OOM killer ends"},
    {STRAY_LISTEN, "when a process begins to listen"},
}};

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

std::uint64_t unread_processes(const Lineage& lineage) {
  std::uint64_t count = 0;
  for (const Process* process : lineage.live_by_key()) count += process->unread != 0;
  return count;
}

}  // namespace

ViewLimits view_limits(const Host& host, const Lineage& lineage, std::uint64_t lost) {
  ViewLimits limits;
  if (host.in_own_pid_namespace())
    limits.push_back(
        {kOwnNamespace, "stray runs inside a pid namespace: processes outside of it are not seen"});
  if (host.missing_kinds >> STRAY_SEED & 1)
    limits.push_back(
        {"no-bpf",
         "processes were read from /proc one after the other, without kernel programs: who adopts "
         "orphans is not known but for init and systemd, and ids are not those of a trace"});
  for (const auto& [kind, what] : kOptional)
    if (host.missing_kinds >> kind & 1)
      limits.push_back({"missing-events", "this kernel does not report " + std::string(what)});
  for (const privilege::Needed& one :
       privilege::missing(~privilege::CapabilitySet{host.missing_capabilities}, false))
    limits.push_back(
        {"missing-capability", std::string(one.name) + " is missing: " + std::string(one.without)});
  if (lost)
    limits.push_back({"lost-records", counted(lost, "record was", "records were") +
                                          " lost: processes that began and ended meanwhile are not known"});
  if (const auto unread = unread_processes(lineage))
    limits.push_back({"unread-processes", counted(unread, "process", "processes") +
                                              " could not be looked at: findings about them may be missing"});
  return limits;
}

void put_limits(Json& json, const ViewLimits& limits) {
  if (limits.empty()) return;
  json.begin_array("limits");
  for (const ViewLimit& limit : limits) {
    json.begin_object();
    json.plain("code", limit.code);
    json.field("text", limit.text);
    json.end_object();
  }
  json.end_array();
}

}  // namespace stray
