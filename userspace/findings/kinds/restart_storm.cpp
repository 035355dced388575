// SPDX-License-Identifier: Apache-2.0
// restart-storm: a supervisor starts something again and again that ends at once.
#include <algorithm>
#include <map>

#include "findings/kinds.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

// Starts of one service below a supervisor that lived for less than half a minute.
constexpr int kChildrenLookedAt = 256;

struct Storm {
  const ShortLife *first = nullptr, *last = nullptr;  // of the densest stretch, and the latest of all
  std::uint32_t starts = 0;
};

Storm storm_of(const std::vector<const ShortLife*>& lives, BootTime window) {
  Storm out;
  out.last = lives.back();
  for (std::size_t from = 0, to = 0; to < lives.size(); ++to) {
    while (lives[to]->began - lives[from]->began > window) ++from;
    const auto starts = static_cast<std::uint32_t>(to - from + 1);
    if (starts <= out.starts) continue;
    out.starts = starts;
    out.first = lives[from];
  }
  return out;
}

std::string how_it_ended(std::uint32_t status) {
  return status & 0x7f ? "by signal " + std::to_string(status & 0x7f)
                       : "with code " + std::to_string(status >> 8 & 0xff);
}

// Another start of the same service that has not ended.
// What was started last is at the end of the children.
const Process* lives_on(const Process& supervisor, const ShortLife& life) {
  const Process* child = supervisor.last_child;
  for (int n = 0; child && n < kChildrenLookedAt; ++n, child = child->previous) {
    if (!child->image || child->image == supervisor.image) continue;
    const std::string &argv = child->image->argv, &cwd = child->image->cwd;
    const bool same = argv.size() + cwd.size() == life.what.size() && life.what.starts_with(argv) &&
                      life.what.ends_with(cwd);
    if (same || place_in_cgroup(child->cgroup()).unit == life.what) return child;
  }
  return nullptr;
}

std::optional<Condition> judge(const Scene& scene, const Process& p) {
  std::map<std::string_view, std::vector<const ShortLife*>> services;
  for (const ShortLife& life : p.short_lives) services[life.what].push_back(&life);
  const auto& options = scene.options;
  std::optional<Condition> out;
  for (const auto& [what, lives] : services) {
    const Storm storm = storm_of(lives, options.storm_window);
    if (storm.starts < std::max(options.storm_execs, 1u)) continue;
    const BootTime calm = scene.now - std::min(scene.now, storm.last->ended);
    const Process* now = lives_on(p, *storm.last);
    const bool gave_up = !now && calm >= options.storm_window;
    // It begins while it rages, and ends with one long life.
    if (scene.open ? calm >= (gave_up ? options.oom_keep : options.storm_calm) : calm >= options.storm_window)
      continue;
    if (!out) {
      out.emplace();
      out->severity = Severity::warning;
      out->since = storm.first->began;
      out->claim = "starts " + storm.last->name + " again and again: it exits at once each time";
    }
    if (!now && !gave_up) out->severity_until = storm.last->ended + options.storm_window;
    const std::string name = storm.last->name;
    out->evidence.push_back({"storm", name + " ended within half a minute of its start " +
                                          how_it_ended(storm.last->status) + ", " +
                                          std::to_string(options.storm_execs) + " times or more within " +
                                          age_text(options.storm_window)});
    if (gave_up) out->evidence.push_back({"gave-up", p.label() + " does not start " + name + " any more"});
  }
  return out;
}

}  // namespace

extern const KindRow kRestartStorm;
const KindRow kRestartStorm{
    .kind = Kind::restart_storm,
    .name = "restart-storm",
    .message_id = "43bf21a44f9344f2a6fc0d1e3fd05382",
    .when = "a supervisor starts something again and again that exits at once: 5 times within a minute",
    .wait = "at once",
    .impact =
        "It is restarted again and again: it is hardly ever in service, each start costs CPU, and its logs "
        "are flooded.",
    .unsupervised = Remedy::note,
    .supervised = Remedy::note,
    .reason = "Why it exits stands in its log; a restart does not help.",
    .hint = "read its log for why it exits, and check whether its port is taken: ss -ltnp",
    .of_launch = false,
    .needs = Needs::nothing_else,
    .judge = judge};

}  // namespace stray
