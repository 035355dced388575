// SPDX-License-Identifier: Apache-2.0
// exe-replaced: its executable was replaced or removed, as by an upgrade.
#include "findings/copies.hpp"
#include "findings/kinds.hpp"
#include "findings/rules.hpp"

namespace stray {
namespace {

// What may be left running on another executable after an upgrade: what lasts.
bool lasts_on_its_executable(const Process& p) {
  const Program& program = p.program();
  const bool kept = is_app(p) || program.role == Role::supervisor;
  if (!p.alive() || !p.seen || program.runtime == Runtime::none || !kept || program.ide) return false;
  if (p.seen->exe_state != STRAY_EXE_GONE && p.seen->exe_state != STRAY_EXE_REPLACED) return false;
  const bool so_from_the_start =
      p.image && p.image->at_exec && (p.image->flags & (STRAY_EXEC_EXE_DELETED | STRAY_EXEC_MEMFD));
  return !so_from_the_start && !parent_answers(p) && !covered_by_above(p);
}

std::optional<Condition> judge(const Scene& scene, const Process& p) {
  if (!lasts_on_its_executable(p)) return {};
  auto others = scene.copies.if_oldest(scene.lineage, p, Copies::Of::executable, [&](const Process& other) {
    return other.exe() == p.exe() && other.mntns == p.mntns && lasts_on_its_executable(other);
  });
  if (!others) return {};
  const bool gone = p.seen->exe_state == STRAY_EXE_GONE;
  Condition out;
  out.wait = scene.options.at_once ? BootTime{} : scene.options.stale_debounce;
  out.claim = (others->all == 0 ? std::string("runs") : "and " + std::to_string(others->all) + " more run") +
              " an executable that was " + (gone ? "removed: " : "replaced: ") + std::string(p.exe());
  out.evidence.push_back(
      {gone ? "exe-gone" : "exe-other",
       std::string(p.exe()) + (gone ? " no longer exists" : " is another file now, as after an upgrade")});
  if (others->all)
    out.evidence.push_back({"members", std::to_string(others->all) + " more processes run the old one"});
  out.members = std::move(others->some);
  append(out.evidence, origin_evidence(scene, p));
  return out;
}

}  // namespace

extern const KindRow kExeReplaced;
const KindRow kExeReplaced{
    .kind = Kind::exe_replaced,
    .name = "exe-replaced",
    .message_id = "e6ac32d64c8346b79033da3759faaa7a",
    .when = "its executable was replaced or removed, as by an upgrade; reported once per executable",
    .wait = "10 s, two observations",
    .impact = "The executable was updated or removed while it ran: security fixes in it are not in force.",
    .unsupervised = Remedy::move,
    .supervised = Remedy::restart,
    .reason = "A restart runs the executable that is on disk now.",
    .hint = "",
    .of_launch = false,
    .needs = Needs::files,
    .judge = judge};

}  // namespace stray
