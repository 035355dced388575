// SPDX-License-Identifier: Apache-2.0
// How much CPU a process uses, from what the observer read of it at several times.
#include <algorithm>
#include <utility>

#include "findings/rules.hpp"

namespace stray {
namespace {

constexpr BootTime kLately = std::chrono::minutes(5);
constexpr BootTime kHour = std::chrono::hours(1);
constexpr std::uint64_t kBusy = 900;      // permille of one CPU: all of it, but for what the host takes
constexpr std::uint64_t kMentioned = 10;  // less is idle
constexpr std::size_t kMostNamed = 4;
constexpr BootTime kWorthNaming =
    std::chrono::seconds(10);  // of a shorter life the share is that of its start

template <typename F>
void each_of_group(const Scene& scene, const Process& p, F&& f) {
  f(p);
  for (const ProcessKey& key : descendants(p))
    if (const Process* member = scene.lineage.find(key)) f(*member);
}

std::optional<CpuUse> use_since_start(const Process& p) {
  if (!p.seen || p.seen->usage_time <= p.key.start) return {};
  return CpuUse{p.seen->cpu_ns, p.seen->usage_time - p.key.start, true};
}

std::string over_text(const CpuUse& use) {
  return (use.since_start ? "since its start, for " : "over the last ") + age_text(use.over);
}

}  // namespace

std::optional<CpuUse> cpu_use(const Process& p, BootTime window) {
  if (!p.seen || p.seen->usage_time == BootTime{} || p.seen->cpu_samples.empty()) return {};
  const Observed& seen = *p.seen;
  const CpuSample* from = &seen.cpu_samples.front();
  for (const CpuSample& sample : seen.cpu_samples)
    if (sample.time + window <= seen.usage_time) from = &sample;
  if (from->time >= seen.usage_time) return use_since_start(p);
  return CpuUse{seen.cpu_ns - std::min(seen.cpu_ns, from->ns), seen.usage_time - from->time, false};
}

std::uint64_t group_cpu(const Scene& scene, const Process& p) {
  std::uint64_t sum = 0;
  each_of_group(scene, p, [&](const Process& member) {
    if (const auto use = cpu_use(member, kLately)) sum += use->permille();
  });
  return sum;
}

// A look long ago tells the whole of its life; several tell the last hour alone too.
bool busy_for(const Scene& scene, const Process& p, BootTime window) {
  std::uint64_t seen = 0, since_start = 0;
  each_of_group(scene, p, [&](const Process& member) {
    if (const auto use = cpu_use(member, window); use && use->over >= window) seen += use->permille();
    if (const auto use = use_since_start(member); use && use->over >= window) since_start += use->permille();
  });
  return seen >= kBusy || since_start >= kBusy;
}

std::string cpu_share_text(std::uint64_t permille) {
  return std::to_string((permille + 5) / 10) + " % of a CPU";
}

void cpu_evidence(const Scene& scene, const Process& p, Condition& out) {
  std::size_t named = 0;
  each_of_group(scene, p, [&](const Process& member) {
    const auto lately = cpu_use(member, kLately), hour = cpu_use(member, kHour);
    if (named == kMostNamed || !lately || lately->over < kWorthNaming ||
        std::max(lately->permille(), hour->permille()) < kMentioned)
      return;
    std::string text = "used " + cpu_share_text(lately->permille()) + " " + over_text(*lately);
    if (hour->over > 2 * lately->over)
      text += ", " + cpu_share_text(hour->permille()) + " " + over_text(*hour);
    if (&member != &p) text = member.label() + " (pid " + std::to_string(member.key.tgid) + ") " + text;
    out.evidence.push_back({"cpu", std::move(text)});
    ++named;
  });
}

}  // namespace stray
