// SPDX-License-Identifier: Apache-2.0
// duplicate: a second copy of a server runs, and no supervisor manages this one.
#include "base/words.hpp"
#include "findings/kinds.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

constexpr BootTime kStartedTogether = seconds(5);

// The file it runs, as far as it is known: by what it resolved to, else by its name.
std::string code_of(const Process& p) {
  if (p.program().entry_kind != EntryKind::file) return {};
  if (p.seen && p.seen->script_first.entry == p.program().entry && !p.seen->script_first.path.empty())
    return p.seen->script_first.path;
  const std::string& entry = p.program().entry;
  if (entry.starts_with('/')) return entry;
  const std::string cwd = p.seen && !p.seen->cwd.empty() ? p.seen->cwd
                          : p.image                      ? p.image->cwd
                                                         : std::string();
  return cwd.empty() ? std::string() : cwd + "/" + entry.substr(entry.starts_with("./") ? 2 : 0);
}

// The words after the entry: `worker.js mails` and `worker.js images` are two services.
std::optional<std::vector<std::string_view>> arguments_of(const Process& p) {
  if (!p.image || !p.image->at_exec) return {};
  const Words words = words_of(p.argv());
  const auto entry = std::find(words.begin(), words.end(), std::string_view(p.program().entry));
  if (entry == words.end()) return {};  // PM2's container: its arguments are not in argv
  return Words(entry + 1, words.end());
}

bool related(const Process& a, const Process& b) {
  bool found = false;
  Lineage::each_ancestor(a, [&](const Process& up) { return !(found |= &up == &b); });
  Lineage::each_ancestor(b, [&](const Process& up) { return !(found |= &up == &a); });
  return found;
}

bool may_be_twin(const Process& p) {
  return p.alive() && p.program().role == Role::app && !p.program().ide && !parent_answers(p) &&
         !covered_by_above(p);
}

bool unsupervised(const Supervision& who) {
  return who.verdict == Verdict::nobody || who.verdict == Verdict::multiplexer;
}

bool same_service(const Process& p, const std::string& code, const Process& other) {
  if (&other == &p || other.uid != p.uid || other.mntns != p.mntns || !may_be_twin(other)) return false;
  if (code_of(other) != code || related(p, other)) return false;
  const BootTime a = since_exec(p), b = since_exec(other);
  if ((a < b ? b - a : a - b) <= kStartedTogether) return false;
  const auto mine = arguments_of(p), its = arguments_of(other);
  return !mine || !its || *mine == *its;
}

std::optional<Condition> judge(const Scene& scene, const Process& p) {
  if (!may_be_twin(p)) return {};
  const std::string code = code_of(p);
  if (code.empty() || !unsupervised(supervise(scene.lineage, p))) return {};
  const Process* twin = nullptr;
  bool twin_supervised = false;
  scene.lineage.each_live([&](const Process& other) {
    if (!same_service(p, code, other)) return;
    const Supervision who = supervise(scene.lineage, other);
    // Of two without a supervisor the older one is left over. At an open terminal somebody is trying
    // something.
    if (!who.supervised() && (!unsupervised(who) || other.key < p.key)) return;
    if (twin && (twin_supervised > who.supervised() ||
                 (twin_supervised == who.supervised() && twin->key < other.key)))
      return;
    twin = &other;
    twin_supervised = who.supervised();
  });
  if (!twin) return {};
  const Supervision who = supervise(scene.lineage, *twin);
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
