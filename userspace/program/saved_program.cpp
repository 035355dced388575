// SPDX-License-Identifier: Apache-2.0
// Programs as fields of a saved state. They are saved and not recognised anew: that also depended on what was
// known at the time.
#include "program/program.hpp"
#include "program/supervisors.hpp"
#include "record/tlv.hpp"

namespace stray {
namespace tlv {

template <>
struct LastOf<Runtime> : Last<Runtime::other> {};
template <>
struct LastOf<EntryKind> : Last<EntryKind::titled> {};
template <>
struct LastOf<Role> : Last<Role::app> {};
template <>
struct LastOf<Breaker> : Last<Breaker::terminal> {};

template <>
struct LastOf<Desk> : Last<Desk::worker> {};

template <>
struct Saved<Program> {
  static void fields(auto& a, auto& p) {
    auto& [runtime, entry_kind, runtime_name, entry, role, name, watcher, data_explorer, ide, shell_c, shell,
           daemon, inspector, inspector_address, runs_runtime, daemonizer, breaker, heap_limit_mib,
           supervisor, desk] = p;
    in_order(a, 1, runtime, entry_kind, entry, role, name, watcher, data_explorer, ide, shell_c, shell,
             daemon, inspector, inspector_address, runs_runtime, daemonizer, breaker, heap_limit_mib);
    a(19, runtime_name);
    a(20, desk);
    // By name: what it does is this program's knowledge, or the configuration's (ProgramRules), and an
    // unknown one is none.
    std::string restarted_by(supervisor ? supervisor->name : std::string_view());
    a(18, restarted_by);
    if constexpr (std::remove_cvref_t<decltype(a)>::kReads)
      if (const SupervisorKind* kind = find_supervisor(restarted_by)) supervisor = *kind;
  }
};

}  // namespace tlv

std::string save_program(const Program& program) { return tlv::save(program); }
bool restore_program(Program& program, std::string_view body) { return tlv::restore(program, body); }

}  // namespace stray
