// SPDX-License-Identifier: Apache-2.0
// memory-high: more memory than its limit, twice its usual, or steady growth.
#include <algorithm>
#include <charconv>

#include "findings/kinds.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

constexpr std::size_t kHoursOfRange = 24, kHoursOfGrowth = 6;
constexpr std::uint64_t kWorthReporting = 200u << 20;  // growth below it harms nobody yet

struct Limit {
  std::uint64_t bytes = 0;
  std::string by;
  bool rss = false;     // it is held against all that is resident
  bool cgroup = false;  // the kernel acts at it
  bool given = true;    // somebody set it
};

// "1073741824", "150M", "1G", as PM2 takes it.
std::uint64_t pm2_bytes(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number > (1ull << 50)) return 0;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit.empty() || unit == "B") return number;
  const int shift = unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : -1;
  return shift < 0 ? 0 : number << shift;
}

Limit limit_of(const Scene& scene, const Process& p) {
  if (const auto pm2 = env_value(p.env(), "max_memory_restart"))
    if (const auto bytes = pm2_bytes(*pm2)) return {bytes, "PM2's max_memory_restart", true};
  if (p.seen->memory_limit && (scene.host_memory == 0 || p.seen->memory_limit < scene.host_memory))
    return {p.seen->memory_limit / 10 * 9,
            "nine tenths of its cgroup's limit, " + memory_text(p.seen->memory_limit, scene.host_memory),
            false, true};
  if (const auto heap = std::uint64_t{p.program().heap_limit_mib} << 20)
    return {heap / 2 * 3, "one and a half of its --max-old-space-size"};
  return {scene.options.memory_limit, "the limit for programs without one", false, false, false};
}

// The 5th and 95th of a hundred of its hourly means, without the present hour.
std::uint64_t usual_most(const Observed& seen) {
  if (seen.hours.size() <= kHoursOfRange) return 0;
  std::vector<std::uint64_t> means;
  for (std::size_t i = 0; i + 1 < seen.hours.size(); ++i) means.push_back(seen.hours[i].mean());
  std::sort(means.begin(), means.end());
  return means[(means.size() - 1) * 95 / 100];
}

// Bytes an hour by the line that fits its hourly means best; 0 unless it fits well and doubles in a day.
std::uint64_t steady_growth(const Observed& seen) {
  if (seen.hours.size() < kHoursOfGrowth + 2) return 0;  // the first warms up, the last is not whole
  double n = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0, last = 0;
  for (std::size_t i = 1; i + 1 < seen.hours.size(); ++i) {
    const auto a = static_cast<double>(seen.hours[i].hour - seen.hours[0].hour);
    const auto b = static_cast<double>(seen.hours[i].mean());
    n += 1, x += a, y += b, xx += a * a, xy += a * b, yy += b * b, last = b;
  }
  const double of_x = n * xx - x * x, of_y = n * yy - y * y, both = n * xy - x * y;
  if (of_x <= 0 || of_y <= 0 || both <= 0 || last < static_cast<double>(kWorthReporting)) return 0;
  const double slope = both / of_x, fit = both * both / (of_x * of_y);
  const bool doubles = slope * 24 >= last;
  return fit >= 0.8 && doubles ? static_cast<std::uint64_t>(slope) : 0;
}

Condition memory_condition(const Scene& scene, const Process& p, const std::string& what) {
  Condition out;
  out.wait = scene.options.sample_interval * (std::max(scene.options.memory_samples, 1u) - 1);
  if (scene.options.at_once) out.wait = BootTime{};
  out.claim = "uses " + memory_text(p.seen->anon + p.seen->swap, scene.host_memory) +
              " of memory of its own, " + what;
  return out;
}

std::optional<Condition> judge(const Scene& scene, const Process& p) {
  if (!p.seen || p.seen->usage_time == BootTime{} || p.program().runtime == Runtime::none) return {};
  const bool lasts = is_app(p) || p.program().role == Role::supervisor;
  if (!lasts || p.program().ide || parent_answers(p)) return {};
  const Observed& seen = *p.seen;
  const std::uint64_t own = seen.anon + seen.swap;
  const Limit limit = limit_of(scene, p);
  const bool person = has_live_terminal(scene.lineage, p) || in_ci(p);
  if (person && !limit.given) return {};
  const std::uint64_t held = limit.rss ? seen.rss : own;
  const std::uint64_t bar = scene.open ? limit.bytes / 10 * 9 : limit.bytes;
  if (held > bar) {
    Condition out = memory_condition(
        scene, p, "more than " + memory_text(limit.bytes, scene.host_memory) + ", " + limit.by);
    const bool host_short =
        scene.host_memory && seen.memory_available && seen.memory_available < scene.host_memory / 10;
    out.severity = limit.cgroup || host_short ? Severity::critical : Severity::warning;
    // PM2 checks each half minute and restarts it: only what that does not help is reported.
    out.human_limit = limit.rss && supervise(scene.lineage, p).verdict == Verdict::pm2;
    if (out.human_limit) out.wait = std::max(out.wait, seconds(60));
    out.evidence.push_back({"limit", memory_text(limit.bytes, scene.host_memory) + ": " + limit.by});
    if (host_short) out.evidence.push_back({"host-short", "less than a tenth of the host's memory is left"});
    append(out.evidence, origin_evidence(scene, p));
    cost_evidence(scene, p, out);
    return out;
  }
  const std::uint64_t usual = usual_most(seen);
  const bool unusual = usual && own > usual * 2 / 10 * (scene.open ? 9 : 10) && own >= kWorthReporting;
  const std::uint64_t growth = unusual ? 0 : steady_growth(seen);
  if (!unusual && !growth) return {};
  Condition out = memory_condition(scene, p, unusual ? "more than twice its usual" : "growing steadily");
  out.evidence.push_back(
      unusual ? Evidence{"usual", "it used " + memory_text(usual, scene.host_memory) + " at most before"}
              : Evidence{"growth", "it will have doubled within a day"});
  append(out.evidence, origin_evidence(scene, p));
  cost_evidence(scene, p, out);
  return out;
}

}  // namespace

extern const KindRow kMemoryHigh;
const KindRow kMemoryHigh{.kind = Kind::memory_high,
                          .name = "memory-high",
                          .message_id = "82ff8ed3890247a88943d92e47b6321d",
                          .when =
                              "it is over its limit (PM2, cgroup, heap option, else 1 GiB), uses twice its "
                              "usual, or grows steadily",
                          .wait = "60 s, three observations",
                          .impact =
                              "It is close to, or over, what it may use: at its limit it is ended or "
                              "restarted, and requests are cut off.",
                          .unsupervised = Remedy::move,
                          .supervised = Remedy::restart,
                          .reason = "A restart gives the memory back; a limit keeps it bounded.",
                          .hint =
                              "take a heap snapshot first if the cause must be understood (node "
                              "--heapsnapshot-signal), and set a limit (max_memory_restart, MemoryMax=)",
                          .of_launch = false,
                          .needs = Needs::nothing_else,
                          .judge = judge};

}  // namespace stray
