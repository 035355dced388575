// SPDX-License-Identifier: Apache-2.0
// Like findings about like processes, told as one beyond a bound: thousands of copies of one program must not
// become thousands of documents, nor thousands of looks.
//
// Design: the processes of one user that run the same from the same directory are a crowd. The first few with
// a finding speak for it; a further one with a finding that one of these has, as grave or graver, stays
// silent: it is not looked at for that finding, and it is counted. What the speakers do not have is reported
// all the same. A speaker whose findings are over leaves its place to a silent one, when that is judged next.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "lineage/process.hpp"

namespace stray {

struct Crowd {
  static constexpr std::size_t kMostSpeakers = 16;

  using Key = std::pair<std::uint32_t, std::uint64_t>;  // the user, and a number of what they run
  static Key key_of(const Process& process);

  std::set<ProcessKey> speakers, silent;  // by their start
};

// The text of a count, as evidence.
std::string alike_text(std::uint64_t alike);

}  // namespace stray
