// SPDX-License-Identifier: Apache-2.0
// Users in event lines: by name where the core has observed one.
#include <gtest/gtest.h>

#include "record/decode.hpp"
#include "sinks/text.hpp"
#include "support/records.hpp"

namespace stray {
namespace {

using records::at;
using records::key;

TEST(UserName, OfAnExecIsThatOfWhomeverWasObservedAboveIt) {
  Lineage lineage{{}};
  Host host;
  Decoder decoder;
  std::string line;
  const auto feed = [&](const records::Bytes& bytes) {
    const auto decoded = decoder.decode(bytes);
    const Event& event = std::get<Event>(decoded);
    host.learn(event);
    lineage.apply(event);
    line = Text(host, {}).event(event, lineage);
  };
  const ProcessKey shell = key(10, 1), alice = key(20, 3), other = key(30, 4);
  feed(records::session());
  feed(records::fork(shell, {}, at(2)));
  feed(records::exec(shell, at(2), "/usr/bin/bash", {"bash"}));
  EXPECT_NE(line.find(", uid 1000"), std::string::npos) << "nobody has looked yet: " << line;
  feed(records::saw(shell, at(2.5)));
  feed(records::fork(alice, shell, at(3)));
  feed(records::exec(alice, at(3), "/usr/bin/node", {"node"}));
  EXPECT_NE(line.find(", alice"), std::string::npos) << line;
  feed(records::fork(other, shell, at(4)));
  feed(records::exec(other, at(4), "/usr/bin/sudo", {"sudo"}, {.uid = 0}));
  EXPECT_NE(line.find(", uid 0"), std::string::npos) << "another user than the one above: " << line;
}

}  // namespace
}  // namespace stray
