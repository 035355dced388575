// SPDX-License-Identifier: Apache-2.0
// duplicate: a second copy of a server runs, and no supervisor manages this one.
#include "findings/copies.hpp"
#include "findings/kinds.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

constexpr BootTime kStartedTogether = seconds(5);

bool related(const Process& a, const Process& b) {
  bool found = false;
  Lineage::each_ancestor(a, [&](const Process& up) { return !(found |= &up == &b); });
  Lineage::each_ancestor(b, [&](const Process& up) { return !(found |= &up == &a); });
  return found;
}

bool may_be_twin(const Process& p) {
  return p.alive() && p.program().role == Role::app && p.program().desk == Desk::none && !p.program().ide &&
         !parent_answers(p) && !covered_by_above(p);
}

bool unsupervised(const Supervision& who) {
  return who.verdict == Verdict::nobody || who.verdict == Verdict::multiplexer;
}

// What costs least is asked first.
bool same_service(const Process& p, const std::string& code, const Process& other) {
  if (&other == &p || other.uid != p.uid || other.mntns != p.mntns) return false;
  const BootTime a = since_exec(p), b = since_exec(other);
  if ((a < b ? b - a : a - b) <= kStartedTogether || code_of(other) != code) return false;
  const auto mine = arguments_of(p), its = arguments_of(other);
  return (!mine || !its || *mine == *its) && may_be_twin(other) && !related(p, other);
}

// Of two without a supervisor the older one is left over. At an open terminal somebody is trying something.
// The best is one that a supervisor manages, else the next that was started.
const Process* twin_of(const Scene& scene, const Process& p, const std::string& code) {
  const Process *managed = nullptr, *next = nullptr;
  const auto look = [&](const Process& other) {
    if (!same_service(p, code, other)) return true;
    const Supervision who = supervise(scene.lineage, other);
    const bool counts = who.supervised() || (unsupervised(who) && p.key < other.key);
    const Process*& best = who.supervised() ? managed : next;
    if (counts && (!best || other.key < best->key)) best = &other;
    return !managed && !next;
  };
  scene.copies.each_oldest(scene.lineage, p, [&](const Process& other) { return look(other), !managed; });
  if (!managed) scene.copies.each_after(scene.lineage, p, p.key.start, look);
  if (!managed && !next) scene.copies.each_after(scene.lineage, p, since_exec(p) + kStartedTogether, look);
  return managed ? managed : next;
}

std::optional<Condition> judge(const Scene& scene, const Process& p) {
  if (!may_be_twin(p)) return {};
  const std::string code = code_of(p);
  if (code.empty() || !unsupervised(supervise(scene.lineage, p))) return {};
  const Process* twin = twin_of(scene, p, code);
  if (!twin) return {};
  const Supervision who = supervise(scene.lineage, *twin);
  const bool twin_supervised = who.supervised();
  Condition out;
  out.since = std::max(since_exec(p), since_exec(*twin));
  out.wait = scene.options.at_once ? BootTime{} : scene.options.unsupervised_grace_listening;
  out.severity = Severity::warning;
  out.claim = "runs beside another copy of itself (pid " + std::to_string(twin->key.tgid) + ")" +
              (twin_supervised ? ", which " + who.name + " manages" : std::string());
  out.evidence.push_back(
      {"twin",
       quoted(*twin) + " (pid " + std::to_string(twin->key.tgid) + ") runs the same " + code +
           (twin_supervised ? ", managed by " + who.name : std::string(", with no supervisor either"))});
  append(out.evidence, origin_evidence(scene, p));
  cost_evidence(scene, p, out);
  return out;
}

}  // namespace

extern const KindRow kDuplicate;
const KindRow kDuplicate{.kind = Kind::duplicate,
                         .name = "duplicate",
                         .message_id = "1f76e80318e34943ab5be43e0fd05672",
                         .when = "a second copy of a server runs, and no supervisor manages this one",
                         .wait = "60 s",
                         .impact =
                             "Two copies of one program share files, jobs and perhaps a port: work is done "
                             "twice or lost, and it is unclear which of them answers.",
                         .unsupervised = Remedy::end,
                         .supervised = Remedy::note,
                         .reason = "The other copy stays; this one is left over.",
                         .hint = "check that the other copy has the port: ss -ltnp",
                         .of_launch = true,
                         .needs = Needs::nothing_else,
                         .judge = judge};

}  // namespace stray
