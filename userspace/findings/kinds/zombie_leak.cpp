// SPDX-License-Identifier: Apache-2.0
// zombie-leak: many ended children that it has not waited for.
#include <algorithm>

#include "findings/kinds.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

constexpr std::uint32_t kFewUnreaped = 10;

constexpr BootTime kHour = std::chrono::hours(1), kDay = std::chrono::hours(24);
constexpr std::uint64_t kLeastRun = 10'000'000'000;  // ns: a shorter time gives no rate

// Since they have become more. Nothing: one look, or no more of them.
std::optional<std::uint64_t> more_an_hour(const Observed& seen) {
  const std::uint64_t over =
      (seen.children_time - std::min(seen.children_time, seen.zombie_rise.since)).count();
  const std::uint64_t more = seen.zombies - std::min(seen.zombies, seen.zombie_rise.from);
  if (over < kLeastRun || more == 0) return {};
  return std::max<std::uint64_t>(more * 3600 / (over / 1'000'000'000), 1);
}

std::string rate_text(std::uint64_t an_hour) {
  constexpr std::uint64_t minutes = 60;
  return an_hour >= minutes ? std::to_string(an_hour / minutes) + " a minute"
                            : std::to_string(an_hour) + " an hour";
}

// Where the fewest pids are left. limit 0: not known.
struct Room {
  std::uint32_t limit = 0, left = 0;
  const char* where = "";
};

Room room_of(const Observed& seen) {
  Room out;
  const auto take = [&](std::uint32_t limit, std::uint32_t used, const char* where) {
    const std::uint32_t left = limit - std::min(limit, used);
    if (limit != 0 && (out.limit == 0 || left < out.left)) out = {limit, left, where};
  };
  take(seen.host_limit, seen.host_pids, "the host");
  take(seen.pid_limit, seen.pids, "its cgroup");
  return out;
}

void room_evidence(const Observed& seen, Condition& out) {
  constexpr std::uint32_t tenth = 10;
  const auto rate = more_an_hour(seen);
  if (rate) out.evidence.push_back({"zombie-rate", "they become more: " + rate_text(*rate)});
  const Room room = room_of(seen);
  if (room.limit == 0) return;
  std::string text = std::to_string(room.left) + " of " + std::to_string(room.limit) + " pids of " +
                     room.where + " are left";
  if (room.left < room.limit / tenth) out.severity = Severity::critical;
  if (rate) {
    const BootTime lasts = kHour * room.left / *rate;
    if (lasts < kDay)
      out.severity = std::max(out.severity, lasts < kHour ? Severity::critical : Severity::warning);
    text += ", which last " + age_text(lasts) + " at this rate";
  }
  out.evidence.push_back({"pids", std::move(text)});
}

std::optional<Condition> judge(const Scene& scene, const Process& p) {
  if (!p.seen || p.seen->children_time == BootTime{}) return {};
  const std::uint32_t zombies = p.seen->zombies;
  if (zombies <= (scene.open ? kFewUnreaped - 1 : kManyUnreaped)) return {};
  Condition out;
  out.wait = scene.options.at_once ? BootTime{} : scene.options.zombie_grace;
  out.claim = "has not waited for " + std::to_string(zombies) + " children that exited: each keeps a pid";
  out.evidence.push_back(
      {"zombies", "more than " + std::to_string(kFewUnreaped) + " of its children are zombies"});
  room_evidence(*p.seen, out);
  append(out.evidence, origin_evidence(scene, p));
  return out;
}

}  // namespace

extern const KindRow kZombieLeak;
const KindRow kZombieLeak{
    .kind = Kind::zombie_leak,
    .name = "zombie-leak",
    .message_id = "e58bea52f5634af4a1f9faa79078d615",
    .when = "it has not waited for more than 50 children that exited",
    .wait = "60 s",
    .impact =
        "Exited children pile up and keep their pids: when the limit is reached nothing new can be started.",
    .unsupervised = Remedy::note,
    .supervised = Remedy::note,
    .reason = "Its code must wait for its children; a restart only clears the pids.",
    .hint = "as pid 1 of a container use an init: docker run --init",
    .of_launch = false,
    .needs = Needs::children,
    .judge = judge};

}  // namespace stray
