// SPDX-License-Identifier: Apache-2.0
#include "lineage/lineage.hpp"

#include <gtest/gtest.h>

#include "record/decode.hpp"
#include "support/records.hpp"

namespace stray {
namespace {

using namespace records;

class LineageTest : public ::testing::Test {
 protected:
  const ProcessKey init = key(1, 0), shell = key(10, 1), child = key(20, 2), grandchild = key(30, 3);
  Lineage lineage;
  std::vector<Change> changes;

  void SetUp() override {
    feed(seed(init, {}, "/sbin/init", at(1), STRAY_SEED_NAMESPACE_INIT));
    feed(seed(shell, init, "/bin/bash", at(1)));
    feed(ready(at(1)));
  }
  void feed(const Bytes& bytes) {
    Decoder decoder;
    const auto result = decoder.decode(bytes);
    ASSERT_TRUE(std::holds_alternative<Event>(result)) << std::get<DecodeError>(result).what;
    changes = lineage.apply(std::get<Event>(result));
  }
  const Process& process(ProcessKey k) const {
    const Process* found = lineage.find(k);
    if (!found) throw std::runtime_error("no process " + std::to_string(k.tgid));
    return *found;
  }
  std::size_t reparented() const {
    std::size_t n = 0;
    for (const Change& change : changes) n += change.kind == Change::Kind::reparented;
    return n;
  }
};

TEST_F(LineageTest, KeepsADeadParentForItsLivingChildAndThenLetsItGo) {
  feed(fork(child, shell, at(2)));
  feed(fork(grandchild, child, at(3)));
  feed(exit(child, at(4), 0, init));
  EXPECT_EQ(reparented(), 1u);
  EXPECT_EQ(process(grandchild).parent, &process(init));
  EXPECT_EQ(process(grandchild).origin, &process(child));
  EXPECT_EQ(process(grandchild).reparented, at(4));
  feed(exit(grandchild, at(5), 0));
  EXPECT_NE(lineage.find(grandchild), nullptr) << "sinks still describe it in the event of its end";
  feed(tick(at(6)));
  EXPECT_EQ(lineage.find(grandchild), nullptr);
  EXPECT_EQ(lineage.find(child), nullptr) << "nobody needs it any more";
}

TEST_F(LineageTest, GivesChildrenToTheSubreaperThatTheKernelNames) {
  const ProcessKey reaper = key(11, 1);
  feed(fork(reaper, shell, at(2)));
  feed(fork(child, reaper, at(3)));
  const ProcessKey lower = key(40, 4);
  feed(fork(lower, child, at(4)));
  feed(exit(child, at(5), 0, reaper));
  EXPECT_EQ(process(lower).parent, &process(reaper));
  EXPECT_EQ(process(lower).parent_edge, Edge::observed);
}

TEST_F(LineageTest, GivesChildrenToTheInitOfTheirNamespace) {
  const ProcessKey ns_init = key(12, 2), middle = key(13, 3), leaf = key(14, 4);
  feed(fork(ns_init, shell, at(2), {}, {.pidns = 2}));
  feed(fork(middle, ns_init, at(3), {}, {.pidns = 2}));
  feed(fork(leaf, middle, at(4), {}, {.pidns = 2}));
  feed(exit(middle, at(5), 0, ns_init));
  EXPECT_EQ(process(leaf).parent, &process(ns_init));
}

TEST_F(LineageTest, CloneParentHasAnotherCreator) {
  feed(fork(child, shell, at(2)));
  feed(fork(grandchild, shell, at(3), child));
  EXPECT_EQ(process(grandchild).parent, &process(shell));
  EXPECT_EQ(process(grandchild).creator, &process(child));
}

TEST_F(LineageTest, ACloneOfADyingParentHangsFromItsReaper) {
  feed(fork(child, shell, at(2)));
  const ProcessKey keeps = key(21, 2);
  feed(fork(keeps, child, at(2.5)));  // keeps the dead parent in the table
  feed(exit(child, at(3), 0, init));
  feed(fork(grandchild, child, at(3), keeps));
  EXPECT_EQ(process(grandchild).parent, &process(init));
}

TEST_F(LineageTest, DoubleForkLeavesTheDaemonWithItsWholeOrigin) {
  feed(fork(child, shell, at(2)));
  feed(fork(grandchild, child, at(3)));
  feed(exit(child, at(3), 0, init));
  ASSERT_EQ(process(grandchild).origin, &process(child));
  EXPECT_EQ(process(child).origin, &process(shell));
}

TEST_F(LineageTest, ExecByAThreadKeepsTheProcess) {
  feed(fork(child, shell, at(2)));
  feed(exec(child, at(3), "/usr/bin/a", {"a"}, {}, "/", STRAY_EXEC_BY_THREAD));
  feed(exec(child, at(4), "/usr/bin/b", {"b"}));
  EXPECT_EQ(process(child).exe(), "/usr/bin/b");
  EXPECT_EQ(process(child).past.back()->exe, "/usr/bin/a");
  EXPECT_EQ(process(child).parent, &process(shell));
}

TEST_F(LineageTest, KeepsFirstAndLatestOfManyImages) {
  feed(fork(child, shell, at(2)));
  for (int i = 0; i < 100; ++i) feed(exec(child, at(3 + i), "/bin/i" + std::to_string(i), {"i"}));
  const Process& p = process(child);
  EXPECT_LE(p.past.size(), 8u);
  EXPECT_EQ(p.exe(), "/bin/i99");
  EXPECT_EQ(p.past.back()->exe, "/bin/i98");
  EXPECT_EQ(p.images, 100u);
}

TEST_F(LineageTest, ReusedPidIsAnotherProcess) {
  feed(fork(child, shell, at(2)));
  feed(fork(grandchild, child, at(3)));
  feed(exit(child, at(4), 0, init));
  const ProcessKey again{at(5), child.tgid};
  feed(fork(again, shell, at(5)));
  EXPECT_EQ(lineage.live(child.tgid), &process(again));
  EXPECT_EQ(process(grandchild).origin, &process(child));
  feed(exit(again, at(6), 9, {}));
  EXPECT_FALSE(process(child).ended->signal());
}

TEST_F(LineageTest, ALostExitEndsWhenItsPidComesAgain) {
  feed(fork(child, shell, at(2)));
  feed(fork(grandchild, child, at(3)));
  const ProcessKey again{at(9), child.tgid};
  feed(fork(again, shell, at(9)));
  ASSERT_TRUE(process(child).ended);
  EXPECT_TRUE(process(child).ended->inferred);
  EXPECT_EQ(process(grandchild).parent, nullptr);
  EXPECT_EQ(process(grandchild).parent_edge, Edge::broken);
}

TEST_F(LineageTest, ALostForkMakesAProcessWithABrokenEdge) {
  feed(exec(child, at(3), "/usr/bin/a", {"a"}));
  EXPECT_EQ(process(child).parent, nullptr);
  EXPECT_EQ(process(child).parent_edge, Edge::broken);
  EXPECT_EQ(lineage.counts().broken_edges, 1u);
  feed(saw(child, at(4), {.ppid = shell.tgid}));
  EXPECT_EQ(process(child).parent, &process(shell));
  EXPECT_EQ(process(child).parent_edge, Edge::inferred);
}

TEST_F(LineageTest, AnObservationThatCouldNotBeMadeChangesNothing) {
  feed(fork(child, shell, at(2), {}, {.sid = 77}));
  feed(saw(child, at(3), {.ppid = shell.tgid, .sid = 77, .argv = {"a"}}));
  feed(saw(child, at(4), {.flags = STRAY_SAW_UNREAD}));
  EXPECT_EQ(process(child).sid, 77u);
  EXPECT_EQ(process(child).uid, 1000u);
  EXPECT_EQ(process(child).seen->process_time, at(3)) << "not fresh either";
  EXPECT_TRUE(changes.empty());
}

TEST_F(LineageTest, AnUnknownReaperIsSettledByTheObserver) {
  feed(fork(child, shell, at(2)));
  feed(fork(grandchild, child, at(3)));
  feed(exit(child, at(4), 0, {}, STRAY_EXIT_REAPER_UNKNOWN));
  EXPECT_EQ(process(grandchild).parent_edge, Edge::broken);
  feed(saw(grandchild, at(5), {.ppid = init.tgid}));
  EXPECT_EQ(process(grandchild).parent, &process(init));
}

TEST_F(LineageTest, RefusesALoopOfParents) {
  // Forged or mangled: two processes that name each other. Walks upwards must end.
  const ProcessKey a = key(100, 50), b = key(101, 51);
  feed(fork(a, b, at(50)));
  feed(fork(b, a, at(51)));
  feed(seed(a, b, "/bin/a", at(52)));
  feed(seed(b, b, "/bin/b", at(53)));
  int steps = 0;
  for (const ProcessKey k : {a, b})
    Lineage::each_ancestor(process(k), [&](const Process&) { return ++steps < 1000; });
  EXPECT_LT(steps, 10);
}

TEST_F(LineageTest, ASecondExitOfAGroupChangesNothing) {
  feed(fork(child, shell, at(2)));
  feed(fork(grandchild, child, at(2)));  // keeps it in the table
  feed(exit(child, at(3), 0x300, init));
  feed(exit(child, at(3.1), 9, init));
  EXPECT_EQ(process(child).ended->code(), 3);
  EXPECT_TRUE(changes.empty());
}

TEST_F(LineageTest, ASecondExitOfAReleasedProcessIsNoProcess) {
  feed(fork(child, shell, at(2)));
  feed(exit(child, at(3), 0x300, init));
  EXPECT_FALSE(lineage.repeated());
  feed(tick(at(3)));
  ASSERT_EQ(lineage.find(child), nullptr);
  feed(exit(child, at(3.1), 0x300, init));
  EXPECT_TRUE(lineage.repeated());
  EXPECT_TRUE(changes.empty());
  EXPECT_EQ(lineage.find(child), nullptr);
  EXPECT_EQ(lineage.counts().broken_edges, 0u);
  for (std::uint32_t i = 0; i < 1100; ++i) {
    feed(fork(key(1000 + i, 4), shell, at(4)));
    feed(exit(key(1000 + i, 4), at(4), 0, init));
  }
  feed(exit(child, at(5), 0x300, init));
  EXPECT_FALSE(lineage.repeated()) << "only the last ones are remembered";
}

TEST_F(LineageTest, SaysWhoKilledIt) {
  feed(fork(child, shell, at(2)));
  feed(fork(grandchild, child, at(2)));
  feed(signal(child, at(3), 15, shell));
  feed(signal(child, at(3.1), 15, child));  // it passes the signal on to itself, as npm does
  feed(exit(child, at(3.2), 15, init));
  ASSERT_TRUE(process(child).ended->killer);
  EXPECT_EQ(process(child).ended->killer->sender, shell);
}

TEST_F(LineageTest, AForkAfterItsSeedIsMergedNotDoubled) {
  feed(seed(child, shell, "/bin/cat", at(3)));
  EXPECT_EQ(process(child).origin_edge, Edge::snapshot);
  feed(fork(child, shell, at(2)));
  EXPECT_EQ(process(child).origin_edge, Edge::observed);
  EXPECT_FALSE(process(child).seeded);
  EXPECT_EQ(lineage.counts().live, 3u);
}

TEST_F(LineageTest, AnExecOlderThanTheSeedReplacesItsGuess) {
  feed(seed(child, shell, "/bin/cat", at(3)));
  feed(exec(child, at(2.5), "/bin/cat", {"cat", "x"}));
  EXPECT_EQ(process(child).image->argc, 2u);
  EXPECT_TRUE(process(child).past.empty());
  EXPECT_EQ(process(child).images, 1u);
  feed(exec(child, at(4), "/bin/tac", {"tac"}));
  EXPECT_EQ(process(child).past.size(), 1u) << "an exec after it is another image";
}

TEST_F(LineageTest, AForkAndAnExecOlderThanTheSeedReplaceItsGuess) {
  feed(seed(child, shell, "/bin/cat", at(3)));
  feed(fork(child, shell, at(2)));
  feed(exec(child, at(2.5), "/bin/cat", {"cat", "x"}));
  EXPECT_TRUE(process(child).past.empty());
}

TEST_F(LineageTest, AnInheritedGuessStaysTheFirstImage) {
  feed(seed(key(40, 2), init, "/bin/zsh", at(9)));
  feed(fork(key(41, 5), key(40, 2), at(5)));
  feed(exec(key(41, 5), at(6), "/bin/cat", {"cat"}));
  ASSERT_EQ(process(key(41, 5)).past.size(), 1u);
  EXPECT_EQ(process(key(41, 5)).past.front()->exe, "/bin/zsh");
}

TEST(LineageSeeds, ParentsMayComeAfterTheirChildren) {
  Lineage lineage;
  Decoder decoder;
  for (const Bytes& bytes :
       {seed(key(30, 3), key(20, 2), "/b", at(5)), seed(key(20, 2), key(1, 0), "/a", at(5)),
        seed(key(1, 0), {}, "/init", at(5)), ready(at(5))})
    lineage.apply(std::get<Event>(decoder.decode(bytes)));
  EXPECT_EQ(lineage.find(key(30, 3))->parent, lineage.find(key(20, 2)));
  EXPECT_EQ(lineage.find(key(20, 2))->parent, lineage.find(key(1, 0)));
}

TEST(LineageBound, GivesUpTheOldestDeadAndNeverALivingProcess) {
  Lineage lineage({.memory_bytes = 400'000});
  Decoder decoder;
  const auto feed = [&](const Bytes& bytes) { lineage.apply(std::get<Event>(decoder.decode(bytes))); };
  feed(seed(key(1, 0), {}, "/init", at(1), STRAY_SEED_NAMESPACE_INIT));
  feed(ready(at(1)));
  // Each forks its successor and ends: the last one alive has all of them as origins.
  ProcessKey last = key(1, 0);
  for (std::uint32_t i = 2; i < 2000; ++i) {
    const ProcessKey next = key(i, i);
    feed(fork(next, last, at(i)));
    feed(exec(next, at(i), "/usr/bin/generation", {"generation", std::string(200, 'x')}));
    if (last.tgid != 1) feed(exit(last, at(i), 0, key(1, 0)));
    last = next;
  }
  EXPECT_NE(lineage.find(last), nullptr);
  EXPECT_EQ(lineage.live(last.tgid)->argv().bytes().size(), 212u);
  const auto counts = lineage.counts();
  EXPECT_LE(counts.bytes, 500'000u);
  EXPECT_GT(counts.evicted_detail, 0u);
  EXPECT_GT(counts.evicted, 0u);
  EXPECT_EQ(counts.live, 2u);
}

// A record out of its time makes a process anew whose end was seen, in the lists of the dead it stands too.
TEST(LineageBound, AProcessThatIsMadeAnewIsNotGivenUpWithTheDead) {
  Lineage lineage({.memory_bytes = 30'000});
  Decoder decoder;
  const auto feed = [&](const Bytes& bytes) { lineage.apply(std::get<Event>(decoder.decode(bytes))); };
  feed(ready(at(1)));
  const std::string text(100, 'x');
  for (std::uint32_t i = 2; i < 30; ++i) {  // the dead, held by a child each
    feed(exec(key(i, i), at(i), "/usr/bin/before", {"before", text}));
    feed(fork(key(1000 + i, 100), key(i, i), at(100)));
    feed(exit(key(i, i), at(101)));
  }
  for (std::uint32_t i = 2; i < 30; ++i) feed(exit(key(1000 + i, 100), at(102)));
  for (std::uint32_t i = 2; i < 30; ++i) feed(exec(key(i, i), at(103), "/usr/bin/again", {"again", text}));
  for (std::uint32_t i = 2; i < 60; ++i) {
    feed(fork(key(2000 + i, 104), key(i % 28 + 2, i % 28 + 2), at(104)));
    feed(exec(key(2000 + i, 104), at(104), "/usr/bin/more", {"more", text}));
    feed(fork(key(3000 + i, 105), key(2000 + i, 104), at(105)));
    feed(exit(key(2000 + i, 104), at(106)));
  }
  EXPECT_GT(lineage.counts().evicted_detail, 0u);
  for (std::uint32_t i = 2; i < 30; ++i) {
    ASSERT_NE(lineage.find(key(i, i)), nullptr) << i;
    EXPECT_EQ(lineage.live(i), lineage.find(key(i, i)));
    EXPECT_NE(lineage.live(i)->image, nullptr) << i;
  }
}

TEST_F(LineageTest, ADeadCreatorThatIsNeededForLongHoldsNoPlacesForOthers) {
  feed(fork(child, shell, at(2)));
  feed(fork(grandchild, child, at(3)));
  feed(exit(child, at(4), 0, init));  // needed by its child from now on
  const std::size_t before = lineage.counts().bytes;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    feed(fork(key(1000 + i, 5), shell, at(5)));
    feed(exit(key(1000 + i, 5), at(5), 0, init));
  }
  EXPECT_LT(lineage.counts().bytes, before + 100'000);
  EXPECT_NE(lineage.find(child), nullptr);
}

TEST(LineageBound, CutsTheLongArgvOfTheLivingWhenTheDeadDoNotSuffice) {
  constexpr std::size_t kBound = 2'000'000;
  Lineage lineage({.memory_bytes = kBound});
  Decoder decoder;
  const auto feed = [&](const Bytes& bytes) { lineage.apply(std::get<Event>(decoder.decode(bytes))); };
  feed(seed(key(1, 0), {}, "/init", at(1), STRAY_SEED_NAMESPACE_INIT));
  feed(ready(at(1)));
  const std::string longest(30'000, 'x');
  for (std::uint32_t i = 2; i < 202; ++i) {
    feed(fork(key(i, i), key(1, 0), at(i)));
    feed(exec(key(i, i), at(i), "/usr/bin/before", {"before", longest}));
    feed(exec(key(i, i), at(i), "/usr/bin/now", {"now", longest}));
    feed(saw(key(i, i), at(i), {.ppid = 1, .argv = {"now", longest}}));
  }
  feed(tick(at(300)));
  const auto counts = lineage.counts();
  EXPECT_LE(counts.bytes, kBound);
  EXPECT_EQ(counts.live, 201u);
  EXPECT_GT(counts.cut_argv, 0u);
  const Process& first = *lineage.live(2);
  EXPECT_TRUE(first.image->flags & STRAY_EXEC_ARGV_CUT);
  EXPECT_EQ(first.image->argv_bytes, longest.size() + 5);
  EXPECT_TRUE(first.argv().bytes().starts_with(std::string_view("now\0xxx", 7)));
}

TEST(LineageBound, CountsWhatTheObserverToldOfTheLiving) {
  Lineage lineage;
  Decoder decoder;
  const auto feed = [&](const Bytes& bytes) { lineage.apply(std::get<Event>(decoder.decode(bytes))); };
  feed(seed(key(1, 0), {}, "/init", at(1)));
  feed(exec(key(1, 0), at(1), "/init", {"init"}));
  const std::size_t before = lineage.counts().bytes;
  feed(saw(key(1, 0), at(2), {.argv = {std::string(9'000, 't')}, .cwd = "/" + std::string(3'000, 'd')}));
  EXPECT_GT(lineage.counts().bytes, before + 12'000);
  const std::size_t seen = lineage.counts().bytes;
  feed(saw_sockets(key(1, 0), at(3), std::vector<std::uint16_t>(1'000, 80)));
  EXPECT_GE(lineage.counts().bytes, seen + 20'000);
  feed(exit(key(1, 0), at(4)));
  feed(tick(at(5)));
  EXPECT_LT(lineage.counts().bytes, 1'000u);
}

TEST_F(LineageTest, ParentsThatNoSnapshotBroughtAreNotWaitedForForever) {
  for (std::uint32_t round = 0; round < 200; ++round) {
    wire::Record<stray_gap> gap(wire::head(STRAY_GAP, at(10 + round)));
    feed(bytes_of(gap));
    for (std::uint32_t i = 0; i < 10; ++i) {
      const ProcessKey one = key(1000 + i, 10 + round);
      feed(seed(one, key(5000 + round, 3), "/bin/x", at(10 + round)));
      feed(exit(one, at(10 + round), 0, init));
    }
  }
  feed(tick(at(1000)));
  EXPECT_LT(lineage.counts().bytes, 20'000u);
}

}  // namespace
}  // namespace stray
