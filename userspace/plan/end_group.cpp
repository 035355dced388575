// SPDX-License-Identifier: Apache-2.0
#include "plan/end_group.hpp"

#include "base/layout.hpp"

namespace stray {

EndGroup end_below(const Scene& scene, const Process& top) {
  std::vector<const Process*> family{&top};
  for (const ProcessKey& key : descendants(top))
    if (const Process* p = scene.lineage.find(key); p && p->alive()) family.push_back(p);
  std::vector<Ending> watchers, programs, wrappers;
  for (auto it = family.rbegin(); it != family.rend(); ++it) {  // from below
    const Program& program = (*it)->program();
    const bool wrapper = program.role == Role::wrapper || program.shell_c || program.shell;
    auto& stage = program.watcher ? watchers : wrapper ? wrappers : programs;
    stage.push_back({(*it)->key, shortened((*it)->command(), 120)});
  }
  EndGroup out;
  for (auto* stage : {&watchers, &programs, &wrappers})
    if (!stage->empty()) out.stages.push_back(std::move(*stage));
  return out;
}

}  // namespace stray
