// SPDX-License-Identifier: Apache-2.0
// inspector-open: a debugger may attach, from the network, or in production on loopback.
#include <algorithm>

#include "findings/kinds.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

constexpr std::uint16_t kInspectorPort = 9229;

std::optional<Condition> judge(const Scene& scene, const Process& p) {
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
  out.claim = "accepts a debugger at " + where + ": whoever reaches it runs any code as " + user_of(p);
  out.evidence.push_back(
      {loopback ? "inspector-loopback" : "inspector-public",
       where + (loopback ? " is open to every user of this host" : " is open to the network")});
  out.evidence.push_back({"inspector-by", program.inspector ? "by --inspect, in its arguments or NODE_OPTIONS"
                                                            : "by a signal: no option asks for it"});
  if (production(p)) out.evidence.push_back({"production", "NODE_ENV=production"});
  append(out.evidence, origin_evidence(scene, p));
  return out;
}

}  // namespace

extern const KindRow kInspectorOpen;
const KindRow kInspectorOpen{
    .kind = Kind::inspector_open,
    .name = "inspector-open",
    .message_id = "23911f1062d449df8e7a1614a803530b",
    .when = "a debugger may attach: from the network, or in production on loopback",
    .wait = "10 s",
    .impact =
        "Whoever reaches the inspector's port can run any code in the process and read all of its memory.",
    .unsupervised = Remedy::move,
    .supervised = Remedy::restart,
    .reason = "It must be started without the inspector.",
    .hint =
        "first take --inspect out of its command line and NODE_OPTIONS; for debugging bind 127.0.0.1 and use "
        "ssh -L",
    .of_launch = false,
    .needs = Needs::nothing_else,
    .judge = judge};

}  // namespace stray
