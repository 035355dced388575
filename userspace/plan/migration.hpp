// SPDX-License-Identifier: Apache-2.0
// How the server of a stray is put under its supervisor by hand: the file that its supervisor reads, and the
// steps around it. `stray adopt` does the same by itself; this is for a document that a person follows. That
// a stray moves, and under what, was decided before (findings/treatment.hpp).
#pragma once

#include <string>
#include <vector>

#include "findings/stray.hpp"

namespace stray {

// Untrusted texts are not yet escaped; commands are quoted for a shell.
struct Migration {
  ProcessKey subject;
  std::string name;       // of its package, else of its folder; plain letters
  std::string file_name;  // "~/.stray/api/ecosystem.config.js"
  std::string file_text;  // empty: it cannot be written, and `why_not` says why
  std::string why_not;
  std::vector<Step> by_hand;  // none without the file
};

// Of the strays that move, in their order.
std::vector<Migration> migrations_of(const Scene& scene, const std::vector<Stray>& strays);

}  // namespace stray
