// SPDX-License-Identifier: Apache-2.0
// An exec whose record was lost: the snapshot after the loss shows its outcome.
#include <gtest/gtest.h>

#include <algorithm>

#include "pipeline/pipeline.hpp"
#include "support/records.hpp"

namespace stray {
namespace {

using namespace records;

class Execs final : public Sink {
 public:
  void event(const View&, const Event& event) override {
    if (const auto* exec = std::get_if<Exec>(&event.what))
      seen.emplace_back(exec->exe, (event.flags & STRAY_EXEC_INFERRED) != 0);
  }
  void seed(const View&, const Process&) override { ++seeds; }
  std::vector<std::pair<std::string, bool>> seen;  // executable, inferred
  int seeds = 0;
};

class LostExecTest : public ::testing::Test {
 protected:
  const ProcessKey init = key(1, 0), shell = key(10, 1), child = key(20, 2);
  const Who first{.execs = 3, .inode = 7}, second{.execs = 4, .inode = 8};
  Pipeline pipeline{{}, {}};
  Execs execs;

  void SetUp() override {
    pipeline.add(execs);
    feed(session());
    feed(seed(init, {}, "/sbin/init", at(1), STRAY_SEED_NAMESPACE_INIT, {.execs = 1, .inode = 1}));
    feed(seed(shell, init, "/bin/bash", at(1), 0, {.execs = 2, .inode = 2}));
    feed(ready(at(1)));
    feed(fork(child, shell, at(2)));
    feed(exec(child, at(3), "/bin/sh", {"sh", "start.sh"}, first));
    execs.seeds = 0;
  }
  void feed(const Bytes& bytes) { pipeline.feed(bytes); }
  void feed_gap() { pipeline.feed(wire::Record<stray_gap>(wire::head(STRAY_GAP, at(5))).bytes()); }
  void audit(const Who& now, std::string_view exe) {
    feed_gap();
    feed(seed(child, shell, exe, at(6), 0, now));
  }
  const Process& process() { return *pipeline.lineage().find(child); }
  using Seen = std::vector<std::pair<std::string, bool>>;
};

TEST_F(LostExecTest, BecomesANewImageThatOutputsShow) {
  audit(second, "/usr/bin/node");
  EXPECT_EQ(process().image->exe, "/usr/bin/node");
  EXPECT_FALSE(process().image->at_exec);
  EXPECT_TRUE(process().image->flags & STRAY_EXEC_INFERRED);
  EXPECT_EQ(process().images, 2u);
  EXPECT_EQ(process().past.back()->exe, "/bin/sh");
  EXPECT_EQ(execs.seen, (Seen{{"/bin/sh", false}, {"/usr/bin/node", true}}));
  EXPECT_EQ(pipeline.summary().events["exec"], 2u);
}

TEST_F(LostExecTest, IsLookedAtAfreshForItsArguments) {
  pipeline.detectors().take_requests();
  feed(saw(child, at(4), {.argv = {"sh", "start.sh"}}));
  audit(second, "/usr/bin/node");
  const auto requests = pipeline.detectors().take_requests();
  EXPECT_TRUE(std::ranges::any_of(requests, [&](const Request& request) {
    return request.process == child && request.look == Look::process;
  }));
  feed(saw(child, at(7), {.argv = {"node", "server.js"}}));
  EXPECT_EQ(process().label(), "node server.js");
}

TEST_F(LostExecTest, OfTheSameFileIsToldByTheCountOfExecs) {
  audit({.execs = 4, .inode = 7}, "/bin/sh");
  EXPECT_EQ(process().images, 2u);
  EXPECT_TRUE(process().argv().empty()) << "other arguments, and which is not known yet";
}

TEST_F(LostExecTest, NoneWhereNothingChanged) {
  audit(first, "/bin/sh");
  audit(first, "/renamed/since/sh");
  EXPECT_EQ(execs.seen.size(), 1u);
  EXPECT_TRUE(process().image->at_exec);
}

TEST_F(LostExecTest, WhoseRecordComesAfterTheSnapshotIsOneImage) {
  audit(second, "/usr/bin/node");
  feed(exec(child, at(5), "/usr/bin/node", {"node", "server.js"}, second));
  EXPECT_EQ(process().images, 2u);
  EXPECT_TRUE(process().image->at_exec);
  EXPECT_EQ(process().label(), "node server.js");
}

TEST_F(LostExecTest, InACaptureWithoutCountsIsToldByTheFile) {
  feed(exec(child, at(4), "/bin/sh", {"sh", "other.sh"}, {.inode = 7}));
  audit({.inode = 7}, "/bin/sh");
  EXPECT_EQ(execs.seen.size(), 2u);
  audit({.inode = 8}, "/usr/bin/node");
  EXPECT_EQ(execs.seen.back(), (Seen::value_type{"/usr/bin/node", true}));
}

TEST_F(LostExecTest, SeedsFromProcAreNotHeldAgainstTheKernels) {
  audit({.inode = 99}, "/bin/sh");
  EXPECT_EQ(execs.seen.size(), 1u);
}

TEST_F(LostExecTest, OfAForkedChildIsNotItsMakers) {
  const ProcessKey forked = key(30, 4);
  feed(fork(forked, child, at(4)));
  feed_gap();
  feed(seed(child, shell, "/bin/sh", at(6), 0, first));
  feed(seed(forked, child, "/usr/bin/node", at(6), 0, second));
  EXPECT_EQ(process().image->exe, "/bin/sh");
  EXPECT_EQ(pipeline.lineage().find(forked)->image->exe, "/usr/bin/node");
}

}  // namespace
}  // namespace stray
