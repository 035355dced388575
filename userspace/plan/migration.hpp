// SPDX-License-Identifier: Apache-2.0
// How a process is put under its supervisor by hand: the file that its supervisor reads, and the steps around
// it. `stray adopt` writes the same file to the same place; its --show and the report print these steps.
#pragma once

#include <string>
#include <vector>

#include "findings/stray.hpp"
#include "plan/adoption.hpp"

namespace stray {

// Untrusted texts are not yet escaped; commands are quoted for a shell.
struct Migration {
  ProcessKey subject;
  std::string name;              // of its package, else of its folder; plain letters
  std::string file_name;         // "~/.stray/api/ecosystem.config.js"
  std::string environment_name;  // the file of its environment
  std::string file_text;         // empty: it cannot be written, and `why_not` says why
  std::string why_not;
  std::vector<Step> by_hand;  // none without the file; the last one is left to a person by `adopt` too
};

// `home`: of its user, where that is known; it is for PM2.
Migration migration_of(const Adoption& adoption, Under under, const std::string& home = "~");

// Of the strays that move, in their order.
std::vector<Migration> migrations_of(const Scene& scene, const std::vector<Stray>& strays);

}  // namespace stray
