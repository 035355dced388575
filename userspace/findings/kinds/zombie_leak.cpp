// SPDX-License-Identifier: Apache-2.0
// zombie-leak: many ended children that it has not waited for.
#include "findings/kinds.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

constexpr std::uint32_t kFewUnreaped = 10;

std::optional<Condition> judge(const Scene& scene, const Process& p) {
  if (!p.seen || p.seen->children_time == BootTime{}) return {};
  const std::uint32_t zombies = p.seen->zombies;
  if (zombies <= (scene.open ? kFewUnreaped - 1 : kManyUnreaped)) return {};
  Condition out;
  out.wait = scene.options.at_once ? BootTime{} : scene.options.zombie_grace;
  out.claim = "has not waited for " + std::to_string(zombies) + " children that exited: each keeps a pid";
  out.evidence.push_back(
      {"zombies", "more than " + std::to_string(kFewUnreaped) + " of its children are zombies"});
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
