// SPDX-License-Identifier: Apache-2.0
// Whose a supervisor is, and whom it is believed for.
#include "supervision/supervision.hpp"

#include <gtest/gtest.h>

#include "unit/findings/detect_fixture.hpp"

namespace stray {
namespace {

using namespace test;

// A server below a supervisor, both of the users given.
class OwnerTest : public DetectTest {
 protected:
  const ProcessKey above = key(30, 3), below = key(31, 3);

  Supervision with(const std::string& exe, std::uint32_t its_uid, std::uint32_t uid,
                   std::vector<std::string> argv = {}) {
    if (argv.empty()) argv = {exe};
    answers[30].process.uid = its_uid, answers[30].process.user = its_uid == 0 ? "root" : "eve";
    answers[30].process.argv = argv;
    answers[31].process.uid = uid;
    feed(fork(above, init, at(10)));
    feed(exec(above, at(10), exe, argv, {.uid = its_uid, .sid = 30, .pgid = 30}));
    feed(fork(below, above, at(11)));
    feed(exec(below, at(11), "/usr/bin/node", {"node", "server.js"}, {.uid = uid, .sid = 31, .pgid = 31}));
    until(at(13));
    return supervise(pipeline->lineage(), *pipeline->lineage().find(below));
  }
  void owner(stray_owner what, std::uint32_t uid = 0) {
    answers[30].process.owner = what, answers[30].process.owner_uid = uid;
  }
  static std::string evidence(const Supervision& who, const std::string& code) {
    for (const Evidence& e : who.evidence)
      if (e.code == code) return e.text;
    return {};
  }
};

TEST_F(OwnerTest, TheSystemsOwnSupervisesEverybody) {
  owner(STRAY_OWNER_ROOT);
  const Supervision who = with("/usr/bin/runsv", 0, 1001);
  EXPECT_EQ(who.verdict, Verdict::supervisor);
  EXPECT_EQ(who.owner, Owner::system);
  EXPECT_EQ(who.whose, "");
  EXPECT_EQ(evidence(who, "ancestor"), "below runit: runit (pid 30)");
}

TEST_F(OwnerTest, AUsersOwnSupervisesThatUser) {
  owner(STRAY_OWNER_USER, 1001);
  const Supervision who = with("/home/eve/bin/runsv", 1001, 1001);
  EXPECT_EQ(who.verdict, Verdict::supervisor);
  EXPECT_EQ(who.owner, Owner::user);
  EXPECT_EQ(who.whose, "of user eve, from /home/eve/bin/runsv");
  EXPECT_EQ(evidence(who, "ancestor"), "below runit: runit (pid 30) of user eve, from /home/eve/bin/runsv");
}

TEST_F(OwnerTest, AUsersOwnSupervisesNobodyElse) {
  for (const std::string name : {"runsv", "s6-supervise", "supervise", "nomad", "perpd", "conmon", "cron"}) {
    SetUp();
    owner(STRAY_OWNER_USER, 1001);
    const Supervision who = with("/home/eve/bin/" + name, 1001, 1002);
    EXPECT_EQ(who.verdict, Verdict::nobody) << name;
    if (name != "cron") {
      EXPECT_NE(evidence(who, "not-believed").find("of user eve, from /home/eve/bin/" + name),
                std::string::npos);
    }
  }
}

TEST_F(OwnerTest, AProgramOfPm2sNameIsThatUsersToo) {
  owner(STRAY_OWNER_USER, 1001);
  answers[30].process.owned = "/home/eve/pm2/lib/Daemon.js";
  const Supervision who = with("/usr/bin/node", 1001, 1001, {"node", "/home/eve/pm2/lib/Daemon.js"});
  EXPECT_EQ(who.verdict, Verdict::pm2);
  EXPECT_EQ(who.whose, "of user eve, from /home/eve/pm2/lib/Daemon.js");
  SetUp();
  EXPECT_EQ(with("/usr/bin/node", 1001, 0, {"node", "/home/eve/pm2/lib/Daemon.js"}).verdict, Verdict::nobody);
}

TEST_F(OwnerTest, WhatOthersCanChangeIsSaidOfRootsToo) {
  owner(STRAY_OWNER_USER, 1001);
  const Supervision who = with("/home/eve/bin/runsv", 0, 1002);
  EXPECT_EQ(who.verdict, Verdict::supervisor);
  EXPECT_EQ(who.owner, Owner::user);
  EXPECT_EQ(who.whose, "of root, from /home/eve/bin/runsv, which user 1001 may change");
}

TEST_F(OwnerTest, WhatWasNotObservedIsUnknown) {
  const Supervision who = with("/usr/bin/runsv", 0, 1002);
  EXPECT_EQ(who.verdict, Verdict::supervisor);
  EXPECT_EQ(who.owner, Owner::unknown);
  EXPECT_EQ(who.whose, "of root, from /usr/bin/runsv, whose owner is unknown");
}

TEST_F(OwnerTest, ARootlessContainerHasUidsOfItsOwn) {
  owner(STRAY_OWNER_ROOT);
  answers[30].process.uid = 1001, answers[30].process.user = "eve";
  answers[31].process.uid = 100999;
  feed(fork(above, init, at(10)));
  feed(exec(above, at(10), "/usr/bin/conmon", {"conmon"}, {.uid = 1001, .sid = 30, .pgid = 30}));
  feed(fork(below, above, at(11), {}, {.pidns = 2}));
  feed(exec(below, at(11), "/usr/bin/node", {"node", "x.js"},
            {.uid = 100999, .sid = 31, .pgid = 31, .pidns = 2}));
  EXPECT_EQ(supervise(pipeline->lineage(), *pipeline->lineage().find(below)).verdict, Verdict::container);
}

TEST_F(OwnerTest, MonitOfAnotherUserIsNoAnswer) {
  for (const std::uint32_t uid : {1001u, 1002u}) {
    SetUp();
    owner(STRAY_OWNER_USER, 1001);
    answers[30].process.uid = 1001, answers[30].process.user = "eve";
    answers[31].process.uid = uid, answers[31].process.env = {"MONIT_SERVICE=web"};
    feed(fork(above, init, at(10)));
    feed(exec(above, at(10), "/home/eve/monit", {"monit"}, {.uid = 1001, .sid = 30, .pgid = 30}));
    feed(fork(below, init, at(11)));
    feed(exec(below, at(11), "/usr/bin/node", {"node", "x.js"}, {.uid = uid, .sid = 31, .pgid = 31}));
    until(at(13));
    const Supervision who = supervise(pipeline->lineage(), *pipeline->lineage().find(below));
    EXPECT_EQ(who.verdict, uid == 1001 ? Verdict::supervisor : Verdict::nobody) << uid;
  }
}

// By its file: a copy of node with the name of a supervisor is node.
TEST_F(OwnerTest, ACopyOfNodeIsNode) {
  answers[30].process.content = STRAY_CONTENT_NODE;
  feed(fork(above, init, at(10)));
  feed(exec(above, at(10), "/home/eve/runsv", {"runsv", "server.js"}, {.uid = 1001, .inode = 77}));
  feed(fork(below, init, at(10)));
  feed(exec(below, at(10), "/home/eve/nginx", {"nginx", "other.js"}, {.uid = 1001, .inode = 78}));
  answers[31].process.content = STRAY_CONTENT_NODE;
  until(at(12));
  for (const ProcessKey& key : {above, below}) {
    const Program& program = pipeline->lineage().find(key)->program();
    EXPECT_EQ(program.runtime, Runtime::node);
    EXPECT_EQ(program.role, Role::app);
    EXPECT_FALSE(program.supervisor);
  }
  EXPECT_EQ(pipeline->lineage().find(above)->program().entry, "server.js");
}

// One look is for all that run the file.
TEST_F(OwnerTest, OneLookIsForAllThatRunTheFile) {
  answers[30].process.content = answers[31].process.content = STRAY_CONTENT_BUN;
  for (const ProcessKey& one : {above, below}) {
    feed(fork(one, init, at(10)));
    feed(exec(one, at(10), "/srv/agent", {"agent", "a.ts"}, {.inode = 77}));
  }
  until(at(12));
  EXPECT_EQ(pipeline->lineage().find(above)->program().runtime, Runtime::bun);
  EXPECT_EQ(pipeline->lineage().find(below)->program().runtime, Runtime::bun);
}

}  // namespace
}  // namespace stray
