// SPDX-License-Identifier: Apache-2.0
// child-hoard: what piles up below a living parent, or is left by each run of a unit, and the pools that are
// none.
#include <gtest/gtest.h>

#include "unit/findings/detect_fixture.hpp"

namespace stray::test {
namespace {

const Who kNoTerminal{.sid = 30, .pgid = 30};

class HoardTest : public DetectTest {
 protected:
  const ProcessKey gateway = key(30, 3);
  std::uint32_t next_pid = 100;
  std::vector<ProcessKey> children;

  void SetUp() override {
    DetectTest::SetUp();
    feed(fork(gateway, shell, at(3), {}, kNoTerminal));
    feed(exec(gateway, at(3), "/opt/gate/bin/gateway", {"gateway"}, kNoTerminal));
  }
  ProcessKey child(double second, const std::vector<std::string>& argv = {"mcp-files", "--stdio"},
                   Who who = kNoTerminal) {
    until(at(second));
    const ProcessKey one{at(second), next_pid++};
    feed(fork(one, gateway, at(second), {}, who));
    if (!argv.empty()) feed(exec(one, at(second), "/opt/tools/bin/" + argv.front(), argv, who));
    children.push_back(one);
    return one;
  }
  void end(std::size_t which) {
    feed(exit(children[which], now, 0, {}));
    children.erase(children.begin() + static_cast<std::ptrdiff_t>(which));
  }
  // One every so many seconds, from then on.
  void children_from(double second, int many, double every,
                     const std::vector<std::string>& argv = {"mcp-files", "--stdio"}) {
    for (int n = 0; n < many; ++n) child(second + n * every, argv);
  }
  std::string evidence(const std::string& what, std::uint32_t pid, std::string_view code) {
    for (const Evidence& e : got.last[Told(what, pid)].what.evidence)
      if (e.code == code) return e.text;
    return {};
  }
};

TEST_F(HoardTest, ChildrenThatPileUpBelowALivingParent) {
  children_from(10, 13, 180);
  EXPECT_EQ(raised(), std::set<Told>{}) << "ten or more, but not yet grown three times";
  children_from(10 + 13 * 180, 4, 180);
  EXPECT_EQ(raised(), (std::set<Told>{{"child-hoard", 30}}));
  const Finding raised_one = got.last[Told("raised child-hoard", 30)];
  EXPECT_EQ(raised_one.what.message.find("process `gateway` holds 1"), 0u) << raised_one.what.message;
  EXPECT_EQ(evidence("raised child-hoard", 30, "pile").find("seen: 10 or more are alive"), 0u);
  EXPECT_EQ(raised_one.what.severity, Severity::notice);
  EXPECT_EQ(pipeline->detectors().stray_of(raised_one).treatment.action, Remedy::note);
  children_from(static_cast<double>(now.count()) / 1e9 + 1, 50, 180);
  EXPECT_LE(count("updated child-hoard", 30), 4u) << "not for each one";
  EXPECT_EQ(pipeline->detectors().open().front().what.severity, Severity::warning);
  while (children.size() > 5) end(0);
  until(now + std::chrono::minutes(6));
  EXPECT_EQ(count("cleared child-hoard", 30), 0u);
  end(0);
  until(now + std::chrono::minutes(6));
  EXPECT_EQ(count("cleared child-hoard", 30), 1u);
}

TEST_F(HoardTest, APoolThatDoesNotGrowIsNone) {
  children_from(10, 20, 0.1);
  until(at(24 * 3600));
  EXPECT_EQ(raised(), std::set<Told>{});
}

TEST_F(HoardTest, APoolThatShrinksAgainIsNone) {
  children_from(10, 12, 1);
  for (int round = 1; round < 30; ++round) {
    children_from(600.0 * round, 3, 1);
    until(at(600.0 * round + 310));
    for (int n = 0; n < 3; ++n) end(children.size() - 1);
  }
  EXPECT_EQ(raised(), std::set<Told>{});
}

TEST_F(HoardTest, WorkersOfItsOwnProgramAndForksAreNone) {
  const ProcessKey primary = key(40, 4);
  feed(fork(primary, shell, at(4), {}, kNoTerminal));
  feed(exec(primary, at(4), "/usr/bin/node", {"node", "/srv/app/cluster.js"}, kNoTerminal));
  for (int n = 0; n < 60; ++n) {
    until(at(100.0 * n + 10));
    const ProcessKey worker{now, next_pid++}, forked{now, next_pid++};
    feed(fork(worker, primary, now, {}, kNoTerminal));
    feed(exec(worker, now, "/usr/bin/node", {"/usr/bin/node", "/srv/app/cluster.js"}, kNoTerminal));
    answers[worker.tgid].process.env = {"NODE_UNIQUE_ID=1"};
    feed(fork(forked, gateway, now, {},
              kNoTerminal));  // postgres, php-fpm: it runs on with the parent's image
  }
  for (const Told& told : raised()) EXPECT_NE(told.first, "child-hoard");
}

TEST_F(HoardTest, ThoseThatWorkOrHaveATerminalOrDifferAreNone) {
  for (std::uint32_t pid = 100; pid < 200; ++pid) answers[pid].cpu_permille = 200;
  children_from(10, 30, 180);
  EXPECT_EQ(raised(), std::set<Told>{}) << "they are busy";
  while (!children.empty()) end(0);
  for (int n = 0; n < 30; ++n) child(10000 + 180 * n, {"bash"}, {.sid = 30, .pgid = 30, .tty_major = 136});
  EXPECT_EQ(raised(), std::set<Told>{}) << "sessions of people";
  while (!children.empty()) end(0);
  for (int n = 0; n < 30; ++n) child(20000 + 180 * n, {"tool" + std::to_string(n)});
  EXPECT_EQ(raised(), std::set<Told>{}) << "each is another program";
}

TEST_F(HoardTest, WorkThatEndsAndIsFollowedByMoreIsNone) {
  for (int n = 0; n < 40; ++n) {
    children_from(300.0 * n + 10, 12 + n, 0.1);
    until(at(300.0 * n + 290));
    while (children.size() > static_cast<std::size_t>(n) / 4) end(0);
  }
  EXPECT_EQ(raised(), std::set<Told>{});
}

// Interpreters: it is the script that counts.
TEST_F(HoardTest, AScriptIsAProgramOfItsOwn) {
  for (int n = 0; n < 20; ++n) {
    until(at(180.0 * n + 10));
    for (const std::string script : {"a", "b"}) {
      const ProcessKey one{now, next_pid++};
      feed(fork(one, gateway, now, {}, kNoTerminal));
      feed(exec(one, now, "/usr/bin/python3", {"python3", "/opt/" + script + std::to_string(n % 10) + ".py"},
                kNoTerminal));
    }
  }
  EXPECT_EQ(raised(), std::set<Told>{}) << "two of each";
  for (int n = 0; n < 20; ++n) {
    until(at(4000 + 180.0 * n));
    const ProcessKey one{now, next_pid++};
    feed(fork(one, gateway, now, {}, kNoTerminal));
    feed(
        exec(one, now, "/usr/bin/python3", {"python3", "-u", "/opt/mcp.py", std::to_string(n)}, kNoTerminal));
  }
  EXPECT_EQ(raised(), (std::set<Told>{{"child-hoard", 30}}));
}

TEST_F(HoardTest, AfterHasItsOwnTimeBetweenCounts) {
  options.after[Kind::child_hoard] = std::chrono::seconds(1);
  DetectOptions with = options;
  got = {};
  start(with);
  feed(fork(gateway, shell, at(3), {}, kNoTerminal));
  feed(exec(gateway, at(3), "/opt/gate/bin/gateway", {"gateway"}, kNoTerminal));
  children_from(10, 30, 0.3);
  EXPECT_EQ(raised(), (std::set<Told>{{"child-hoard", 30}}));
}

TEST_F(HoardTest, ARestartOfStrayGoesOnWithIt) {
  children_from(10, 20, 180);
  ASSERT_EQ(raised(), (std::set<Told>{{"child-hoard", 30}}));
  std::vector<Bytes> left;
  pipeline->save_open([&](RawRecord raw) { left.emplace_back(raw.begin(), raw.end()); }, now);
  const BootTime since = pipeline->detectors().open().front().since, again = now + std::chrono::minutes(1);
  got = {};
  pipeline = std::make_unique<Pipeline>(DetectOptions(), LineageOptions{});
  pipeline->add(got);
  feed(session(again));
  for (const Bytes& record : left) feed(record);
  feed(seed(init, {}, "/sbin/init", again, STRAY_SEED_NAMESPACE_INIT));
  feed(seed(shell, init, "/bin/bash", again, 0, {.sid = 10, .pgid = 10, .tty_major = 136}));
  feed(seed(gateway, shell, "/opt/gate/bin/gateway", again, 0, kNoTerminal));
  answers[30].process.argv = {"gateway"};
  for (const ProcessKey& one : children)
    feed(seed(one, gateway, "/opt/tools/bin/mcp-files", again, 0, kNoTerminal));
  feed(ready(again));
  until(again + std::chrono::minutes(20));
  EXPECT_EQ(count("cleared child-hoard", 30) + count("raised child-hoard", 30), 0u);
  ASSERT_EQ(pipeline->detectors().open().size(), 1u);
  EXPECT_EQ(pipeline->detectors().open().front().since, since);
}

// One look: not that they become more, but that they were started one by one and stay.
class ScanHoardTest : public HoardTest {
 protected:
  void scan(int many, std::uint64_t first_s, std::uint64_t every_s,
            const std::string& exe = "/opt/tools/bin/mcp-files", const std::vector<std::string>& argv = {}) {
    const BootTime late = at(100000);
    DetectOptions with;
    with.at_once = true;
    pipeline = std::make_unique<Pipeline>(with, LineageOptions{});
    now = late;
    answers[30].process.argv = {"gateway"};
    feed(session(late));
    feed(seed(init, {}, "/sbin/init", late, STRAY_SEED_NAMESPACE_INIT));
    feed(seed(shell, init, "/bin/bash", late, 0, {.sid = 10, .pgid = 10, .tty_major = 136}));
    feed(seed(gateway, shell, "/opt/gate/bin/gateway", late, 0, kNoTerminal));
    for (int n = 0; n < many; ++n) {
      const auto pid = static_cast<std::uint32_t>(200 + n);
      answers[pid].process.argv = argv;
      feed(seed(key(pid, first_s + every_s * static_cast<unsigned>(n)), gateway, exe, late, 0, kNoTerminal));
    }
    feed(ready(late));
  }
  const Finding* hoard() {
    open_ = pipeline->detectors().open();
    for (const Finding& f : open_)
      if (f.kind == Kind::child_hoard) return &f;
    return nullptr;
  }

 private:
  std::vector<Finding> open_;
};

TEST_F(ScanHoardTest, StartsFarApartAreReportedAsInferred) {
  scan(20, 1000, 400);
  ASSERT_NE(hoard(), nullptr);
  EXPECT_NE(hoard()->what.claim.find(", started one by one"), std::string::npos) << hoard()->what.claim;
  const auto& why = hoard()->what.evidence;
  EXPECT_TRUE(std::any_of(why.begin(), why.end(),
                          [](const Evidence& e) { return e.text.starts_with("inferred: "); }));
}

TEST_F(ScanHoardTest, StartedTogetherIsAPool) {
  scan(20, 1000, 1);
  EXPECT_EQ(hoard(), nullptr);
}

TEST_F(ScanHoardTest, TheScriptIsLookedAtBefore) {
  scan(20, 1000, 400, "/usr/bin/python3", {"python3", "/opt/mcp.py"});
  EXPECT_NE(hoard(), nullptr);
}

// The reaper has them; their unit's cgroup shows where they are from.
class LeftoversOfAUnit : public HoardTest {
 protected:
  void run_of(double second, const std::string& unit, int leaves = 1) {
    until(at(second));
    const Who who{.uid = 0, .sid = next_pid, .pgid = next_pid, .cgroup = "/system.slice/" + unit};
    const ProcessKey job{now, next_pid++};
    feed(fork(job, init, now, {}, who));
    feed(exec(job, now, "/usr/local/bin/nightly", {"nightly"}, who));
    for (int n = 0; n < leaves; ++n) {
      const ProcessKey left{now, next_pid++};
      feed(fork(left, job, now, {}, who));
      feed(exec(left, now, "/usr/bin/pusher", {"pusher", "--all"}, who));
      answers[left.tgid].process.cgroup = who.cgroup;
      children.push_back(left);
    }
    feed(exit(job, now + std::chrono::milliseconds(500), 0, init));
  }
};

TEST_F(LeftoversOfAUnit, EachRunLeavesOne) {
  for (int n = 0; n < 4; ++n) run_of(3600.0 * n + 10, "nightly.service");
  until(at(4 * 3600));
  EXPECT_EQ(raised(), std::set<Told>{}) << "four are few";
  run_of(4 * 3600 + 10, "nightly.service");
  until(at(5 * 3600));
  ASSERT_EQ(raised(), (std::set<Told>{{"child-hoard", children.front().tgid}}));
  const auto& what = got.last[Told("raised child-hoard", children.front().tgid)].what;
  EXPECT_EQ(what.claim, "is the oldest of 5 that runs of nightly.service left: one a run");
  EXPECT_EQ(what.members.size(), 4u);
}

// `setsid pusher &`: the shell is gone before its child has become the program.
TEST_F(LeftoversOfAUnit, WhatBecomesTheProgramAfterTheRunCounts) {
  for (int n = 0; n < 5; ++n) {
    until(at(3600.0 * n + 10));
    const Who who{.uid = 0, .sid = next_pid, .pgid = next_pid, .cgroup = "/system.slice/nightly.service"};
    const ProcessKey job{now, next_pid++}, left{now, next_pid++};
    feed(fork(job, init, now, {}, who));
    feed(exec(job, now, "/bin/sh", {"sh", "-c", "setsid pusher &"}, who));
    feed(fork(left, job, now, {}, who));
    children.push_back(left);
    answers[left.tgid].process.cgroup = who.cgroup;
    feed(exit(job, now, 0, init));
    until(now + std::chrono::milliseconds(1));
    feed(exec(left, now, "/usr/bin/pusher", {"pusher"}, who));
  }
  until(now + std::chrono::minutes(10));
  EXPECT_EQ(raised(), (std::set<Told>{{"child-hoard", children.front().tgid}}));
}

TEST_F(LeftoversOfAUnit, OneRunThatStartsFiveIsAService) {
  run_of(10, "web.service", 5);
  until(at(24 * 3600));
  EXPECT_EQ(raised(), std::set<Told>{});
}

TEST_F(LeftoversOfAUnit, UnitsAreCountedApart) {
  for (int n = 0; n < 12; ++n) run_of(3600.0 * n + 10, "job" + std::to_string(n % 3) + ".service");
  until(at(24 * 3600));
  EXPECT_EQ(raised(), std::set<Told>{}) << "four of each";
}

}  // namespace
}  // namespace stray::test
