// SPDX-License-Identifier: Apache-2.0
// child-hoard: processes of one program pile up, below a living parent or as leftovers of the runs of a unit.
#include <algorithm>

#include "findings/kinds.hpp"
#include "findings/piles.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

constexpr std::size_t kGrown = 4;         // counts: three after the first
constexpr std::size_t kManyHoarded = 50;  // a warning
constexpr BootTime kRunsApart = std::chrono::seconds(10);

// At least half of those of the first count are still there: work that ends and is followed by more is none.
bool they_stay(const Members& members, const std::vector<PileCount>& counts) {
  const PileCount& first = counts[counts.size() - kGrown];
  const auto stayed = std::count_if(members.begin(), members.end(),
                                    [&](const Process* p) { return p->key.start <= first.time; });
  return static_cast<std::size_t>(stayed) * 2 >= first.count;
}

// "16 or more": a number that changes seldom, since each change of evidence is reported.
std::string about(std::size_t count, std::size_t from) {
  std::size_t floor = std::max<std::size_t>(from, 1);
  while (floor * 2 <= count) floor *= 2;
  return std::to_string(floor) + " or more";
}

void add_members(const Scene& scene, const Process& p, const Members& members, Condition& out) {
  constexpr std::size_t kMostMembers = 256;
  std::uint64_t bytes = 0;
  for (const Process* member : members) {
    bytes += member->seen ? member->seen->rss : 0;
    if (member != &p && out.members.size() < kMostMembers) out.members.push_back(member->key);
  }
  if (members.size() >= kManyHoarded || bytes >= scene.options.memory_limit) out.severity = Severity::warning;
}

void add_age(const Scene& scene, const Members& members, Condition& out) {
  out.evidence.push_back(
      {"members", "the oldest was started " + age_text(age(scene, members.front()->key.start)) +
                      " ago, the latest " + age_text(age(scene, members.back()->key.start)) + " ago"});
  out.evidence.push_back({"idle", "the older ones use no CPU"});
}

// What one look shows: not that they became more, but that they were started one by one and stayed.
bool started_one_by_one(const Scene& scene, const Members& members) {
  return runs_of(members, pile_interval(scene.options)) * 2 >= members.size();
}

std::optional<Condition> below(const Scene& scene, const Process& p) {
  const Program& program = p.program();
  if (program.supervisor || program.daemon || program.breaker != Breaker::none) return {};
  const std::size_t enough = scene.options.hoard_children;
  const Children children =
      hoarded_children(p, scene.pile ? scene.pile->what : 0, scene.open ? enough / 2 : enough);
  if (children.all.empty()) return {};
  const bool seen = scene.pile && scene.pile->what == children.what && scene.pile->counts.size() >= kGrown &&
                    they_stay(children.all, scene.pile->counts);
  const bool inferred = scene.options.at_once && started_one_by_one(scene, children.all);
  if (!scene.open && ((!seen && !inferred) || !idle(children.all))) return {};
  Condition out;
  out.claim = "holds " + std::to_string(children.all.size()) + " children that run " +
              children.all.front()->label() +
              (inferred ? ", started one by one" : ": they pile up and are idle");
  if (!scene.open) out.since = seen ? scene.pile->counts.front().time : children.all.front()->key.start;
  if (inferred)
    out.evidence.push_back(
        {"pile", "inferred: " + about(children.all.size(), enough / 2) +
                     " are alive, and were started far apart; that they become more was not seen"});
  else
    out.evidence.push_back(
        {"pile", "seen: " + about(children.all.size(), enough / 2) +
                     " are alive, and became more from one count to the next, three times"});
  add_age(scene, children.all, out);
  add_members(scene, p, children.all, out);
  append(out.evidence, origin_evidence(scene, p));
  cost_evidence(scene, p, out);
  return out;
}

std::optional<Condition> of_unit(const Scene& scene, const Process& p) {
  if (!left_by_unit(p) || supervise(scene.lineage, p).supervised()) return {};
  const Members members = unit_leftovers(scene, p);
  const std::size_t enough = std::max(scene.options.hoard_children / 2, 2u);
  if (members.size() < (scene.open ? enough / 2 : enough)) return {};
  const std::size_t runs = runs_of(members, std::min(kRunsApart, pile_interval(scene.options)));
  if (!scene.open && (runs < enough || !idle(members))) return {};
  const std::string unit = place_in_cgroup(p.cgroup()).unit;
  Condition out;
  out.claim =
      "is the oldest of " + std::to_string(members.size()) + " that runs of " + unit + " left: one a run";
  if (!scene.open) out.since = members[std::min(enough, members.size()) - 1]->key.start;
  out.evidence.push_back({"runs", about(members.size(), enough / 2) + " runs of " + unit + " left one each"});
  add_age(scene, members, out);
  add_members(scene, p, members, out);
  append(out.evidence, origin_evidence(scene, p));
  return out;
}

std::optional<Condition> judge(const Scene& scene, const Process& p) {
  if (auto out = below(scene, p)) return out;
  return of_unit(scene, p);
}

}  // namespace

extern const KindRow kChildHoard;
const KindRow kChildHoard{
    .kind = Kind::child_hoard,
    .name = "child-hoard",
    .message_id = "be6d01d830e14f6fb7510974c54e4351",
    .when = "idle children of one program pile up below it, or each run of a unit leaves one",
    .wait = "three counts, 5 min apart",
    .impact =
        "Each one keeps its memory and its pid, and nothing ends them: they fill the host until it swaps or "
        "can "
        "start nothing.",
    .unsupervised = Remedy::note,
    .supervised = Remedy::note,
    .reason = "Its code must end what it starts; a restart only begins the pile anew.",
    .hint = "a restart of the parent frees what its children hold; of a unit: KillMode=control-group",
    .of_launch = false,
    .needs = Needs::nothing_else,
    .judge = judge};

}  // namespace stray
