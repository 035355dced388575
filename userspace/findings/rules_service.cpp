// SPDX-License-Identifier: Apache-2.0
// Servers that stand beside each other, and debuggers that are open.
#include "base/words.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

constexpr BootTime kStartedTogether = seconds(5);
constexpr std::uint16_t kInspectorPort = 9229;

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

bool nobody_has_it(const Supervision& who) {
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

}  // namespace

std::optional<Condition> judge_duplicate(const Scene& scene, const Process& p) {
  if (!may_be_twin(p)) return {};
  const std::string code = code_of(p);
  if (code.empty() || !nobody_has_it(supervise(scene.lineage, p))) return {};
  const Process* twin = nullptr;
  bool twin_supervised = false;
  scene.lineage.each_live([&](const Process& other) {
    if (!same_service(p, code, other)) return;
    const Supervision who = supervise(scene.lineage, other);
    // Of two that nobody looks after the older one is left over. Who sits at a terminal is trying something.
    if (!who.supervised() && (!nobody_has_it(who) || other.key < p.key)) return;
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
  out.message = role_word(p) + " " + quoted(p) + " (pid " + std::to_string(p.key.tgid) +
                ") runs beside another copy of itself (pid " + std::to_string(twin->key.tgid) + ")" +
                (twin_supervised ? ", which " + who.name + " looks after" : std::string()) +
                used_memory(scene, p);
  out.evidence.push_back({"twin", quoted(*twin) + " (pid " + std::to_string(twin->key.tgid) +
                                      ") runs the same " + code +
                                      (twin_supervised ? ", looked after by " + who.name
                                                       : std::string(", looked after by nobody either"))});
  append(out.evidence, origin_evidence(scene, p));
  cost_evidence(scene, p, out);
  return out;
}

std::optional<Condition> judge_inspector(const Scene& scene, const Process& p) {
  const Program& program = p.program();
  if (program.runtime == Runtime::none) return {};
  const std::string_view address = program.inspector_address;
  const std::string_view port = address.substr(std::min(address.size(), address.rfind(':') + 1));
  const Listening* open = nullptr;
  if (p.seen)
    for (const Listening& socket : p.seen->sockets) {
      if (socket.port == 0) continue;
      // A signal (SIGUSR1) opens it too, on node's own port and never to others.
      const bool by_signal = !program.inspector && socket.port == kInspectorPort && socket.loopback() &&
                             program.runtime == Runtime::node && program.role != Role::wrapper;
      if (by_signal || (program.inspector && port == std::to_string(socket.port))) open = &socket;
    }
  const bool looked = p.seen && p.seen->sockets_time != BootTime{};
  const bool any_port = port == "0" && p.seen && !p.seen->sockets.empty();
  if (!open && (!program.inspector || (looked && !any_port))) return {};

  const bool loopback =
      open ? open->loopback()
           : address.starts_with("127.") || address.starts_with("localhost") || address.starts_with("[::1]");
  const Supervision who = supervise(scene.lineage, p);
  bool developing = who.verdict == Verdict::login || program.ide || program.role == Role::dev_tool;
  Lineage::each_ancestor(p, [&](const Process& a) {
    return !(developing |= a.program().ide || a.program().role == Role::dev_tool);
  });
  // On loopback it is what developers use; in production nobody should.
  if (loopback && (developing || !production(p))) return {};

  Condition out;
  out.wait = scene.options.at_once ? BootTime{} : scene.options.inspector_grace;
  if (!loopback)
    out.severity = who.verdict == Verdict::container ? Severity::warning : Severity::critical;
  else
    out.severity = Severity::warning;
  const std::string where = open ? open->text() : std::string(address);
  out.message = role_word(p) + " " + quoted(p) + " (pid " + std::to_string(p.key.tgid) +
                ") lets a debugger in at " + where + ": who reaches it runs any code as " +
                (p.seen && !p.seen->user.empty() ? p.seen->user : "uid " + std::to_string(p.uid));
  out.evidence.push_back(
      {loopback ? "inspector-loopback" : "inspector-public",
       where + (loopback ? " is open to every user of this host" : " is open to the network")});
  out.evidence.push_back({"inspector-by", program.inspector ? "by --inspect, in its arguments or NODE_OPTIONS"
                                                            : "by a signal: no option asks for it"});
  if (production(p)) out.evidence.push_back({"production", "NODE_ENV=production"});
  append(out.evidence, origin_evidence(scene, p));
  return out;
}

}  // namespace stray
