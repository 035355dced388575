// SPDX-License-Identifier: Apache-2.0
// Programs as fields of a saved state. They are saved and not recognised anew: that also depended on what was
// known at the time.
#include "program/program.hpp"
#include "program/supervisors.hpp"
#include "record/tlv.hpp"

namespace stray {
namespace tlv {

template <>
struct LastOf<Runtime> {
  static constexpr auto value = Runtime::other;
};
template <>
struct LastOf<EntryKind> {
  static constexpr auto value = EntryKind::titled;
};
template <>
struct LastOf<Role> {
  static constexpr auto value = Role::app;
};
template <>
struct LastOf<Breaker> {
  static constexpr auto value = Breaker::terminal;
};

#if defined(__x86_64__) && defined(__GLIBCXX__)
static_assert(sizeof(Program) == 192, "Program has changed: does Saved<Program> have all of it?");
#endif

template <>
struct Saved<Program> {
  static void fields(auto& a, auto& p) {
    a(1, p.runtime);
    a(2, p.entry_kind);
    a(3, p.entry);
    a(4, p.role);
    a(5, p.name);
    a(6, p.watcher);
    a(7, p.data_explorer);
    a(8, p.ide);
    a(9, p.shell_c);
    a(10, p.shell);
    a(11, p.daemon);
    a(12, p.inspector);
    a(13, p.inspector_address);
    a(14, p.runs_runtime);
    a(15, p.daemonizer);
    a(16, p.breaker);
    a(17, p.heap_limit_mib);
    a(19, p.runtime_name);
    // By name: what it does is this program's knowledge, or the configuration's (ProgramRules), and an
    // unknown one is none.
    std::string supervisor(p.supervisor ? p.supervisor->name : std::string_view());
    a(18, supervisor);
    if constexpr (std::remove_cvref_t<decltype(a)>::kReads)
      if (const SupervisorKind* kind = find_supervisor(supervisor)) p.supervisor = *kind;
  }
};

}  // namespace tlv

std::string save_program(const Program& program) { return tlv::save(program); }
bool restore_program(Program& program, std::string_view body) { return tlv::restore(program, body); }

}  // namespace stray
