// SPDX-License-Identifier: Apache-2.0
// One run for all exports: a shell's server that leaves a child behind, a killed one, a pid used three times,
// an end that was lost, parents that nobody knows, and names that are made to break what they are written
// into.
#pragma once

#include <string>
#include <vector>

#include "pipeline/pipeline.hpp"
#include "support/records.hpp"

namespace stray::story {

using records::at;
using records::Bytes;
using records::key;

inline const std::string kEvil =
    "a\"b'c\\d;--<>&{}[]|\n\t\x1b[31m\xff\xc3 </script>\\x41 \xe2\x80\xae%s$(id)`id` \xf0\x9f\x98\x80";

inline const ProcessKey kInit = key(1, 0), kShell = key(10, 50), kStranger = key(11, 60),
                        kServer = key(20, 101), kFirst = key(30, 102), kSecond = key(30, 105),
                        kThird = key(30, 110), kUnseen = key(77, 90), kHog = key(40, 112),
                        kShort = key(50, 114);

inline std::vector<Bytes> records() {
  using namespace stray::records;
  std::vector<Bytes> all{
      session(at(99)),
      seed(kInit, {}, "/sbin/init", at(99), STRAY_SEED_NAMESPACE_INIT),
      seed(kShell, kInit, "/bin/bash", at(99)),
      seed(kStranger, key(999, 55), "/opt/stranger", at(99)),
      ready(at(100)),
      fork(kServer, kShell, at(101)),
      exec(kServer, at(101.5), "/usr/bin/node", {"node", "server.js"}),
      fork(kFirst, kServer, at(102)),
      exec(kFirst, at(102.5), "/tmp/" + std::string("x\"y\n"), {"x", kEvil}),
      exec(kFirst, at(103), "/bin/second", {"second"}),
      signal(kFirst, at(104), 15, kShell),
      exit(kFirst, at(104), 15, {}),
      fork(kSecond, kServer, at(105)),  // its end is lost
      fork(kThird, kServer, at(110)),
      exec(kThird, at(110.5), "/usr/bin/tail", {"tail", "-f", "log"}),
      exec(kUnseen, at(111), "/bin/unseen", {"unseen"}),  // its fork was lost
      fork(kHog, kShell, at(112)),
      exec(kHog, at(112.5), "/usr/bin/node", {"node", "hog.js"}),
      oom(kHog, at(113), "/box"),
      exit(kHog, at(113.5), 9, {}),
      fork(kShort, key(888, 1), at(114)),  // of a parent that nobody knows
      exit(kShort, at(114.5), 3 << 8, {}),
      exit(kServer, at(115), 0, kInit),  // kThird goes to init
      tick(at(120), 5),
  };
  wire::Record<stray_end> end(wire::head(STRAY_END, at(121)));
  all.push_back(bytes_of(end));
  return all;
}

}  // namespace stray::story
