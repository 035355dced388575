// SPDX-License-Identifier: Apache-2.0
// The first look at what a process runs. A name says little: a supervisor is believed by whose file it is,
// and a runtime is known by what its file exports. One process of a file is looked at for all that run it.
#include "findings/detectors.hpp"

namespace stray {
namespace {

constexpr BootTime kLives = seconds(1);  // most that is executed has ended by then

}  // namespace

void Detectors::look_at_newcomer(const Process& process) {
  const Image* image = process.image.get();
  if (process.kthread || !image || image->observed || !lineage_.ready()) return;
  const Program& program = image->program;
  // The evidence of what is below them names whose they are. Each loader runs something else.
  const bool at_once = program.supervisor || program.breaker != Breaker::none || is_loader(image->exe);
  if (at_once) return ask(process.key, Look::process);
  if (program.runtime != Runtime::none || !image->inode) return;
  const BootTime due = now_ + (image->at_exec ? kLives : BootTime{});
  if (newcomers_.insert_or_assign(image->file(), process.key).second) look_at_.emplace(due, image->file());
}

void Detectors::look_at_files() {
  while (!look_at_.empty() && look_at_.begin()->first <= now_) {
    const Image::File file = look_at_.begin()->second;
    look_at_.erase(look_at_.begin());
    const auto it = newcomers_.find(file);
    const Process* process = lineage_.find(it->second);
    newcomers_.erase(it);
    const auto runs_it = [&](const Process& p) {
      return p.image && p.image->file() == file && !p.image->observed;
    };
    if (!process || !process->alive() || !runs_it(*process)) {
      process = nullptr;
      lineage_.each_live([&](const Process& p) {
        if (runs_it(p) && (!process || p.key < process->key)) process = &p;
      });
    }
    if (process) ask(process->key, Look::process);
  }
}

}  // namespace stray
