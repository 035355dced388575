// SPDX-License-Identifier: Apache-2.0
// Where a process comes from: who started it, when and from where, and how those that started it ended.
#pragma once

#include <string>
#include <vector>

#include "findings/scene.hpp"

namespace stray {

// Texts for people; untrusted bytes are not yet escaped.
struct Origin {
  std::string person;               // "alice", "uid 1000, logged in as bob"
  std::string client;               // "of Claude Code session 4711, ended 12 min ago, in /repo"; empty: none
  std::string terminal;             // "pts/3, closed since"; empty: none
  std::string directory;            // its working directory
  std::string npm;                  // "npm script \"dev\" of intranet-backend"; empty: none
  std::vector<std::string> makers;  // who started it, who started that, ...: a phrase each
};

Origin origin_of(const Scene& scene, const Process& process);

}  // namespace stray
