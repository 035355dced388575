// SPDX-License-Identifier: Apache-2.0
// Whether something runs again after a reboot.
#include "unit/findings/detect_fixture.hpp"

namespace stray::test {
namespace {

class RebootTest : public Pm2Test {
 protected:
  AfterReboot after(ProcessKey key) {
    const Process& p = *pipeline->lineage().find(key);
    return after_reboot(pipeline->lineage(), p, supervise(pipeline->lineage(), p));
  }
  Reboot of_pm2(std::uint32_t boot, std::uint32_t saved) {
    now = at(1);
    SetUp();
    pm2_starts_a_copy(30);
    answers[40].process.boot = boot, answers[40].process.saved = saved;
    until(at(32));
    return after(app).verdict;
  }
};

TEST_F(RebootTest, Pm2NeedsItsUnitAndItsDump) {
  EXPECT_EQ(of_pm2(STRAY_BOOT_ENABLED, STRAY_SAVED_YES), Reboot::yes);
  EXPECT_EQ(of_pm2(STRAY_BOOT_ENABLED, STRAY_SAVED_NO), Reboot::no);
  EXPECT_EQ(of_pm2(STRAY_BOOT_NOT_ENABLED, STRAY_SAVED_YES), Reboot::no);
  EXPECT_EQ(of_pm2(STRAY_BOOT_ENABLED, STRAY_SAVED_UNKNOWN), Reboot::unknown);
  EXPECT_EQ(of_pm2(0, 0), Reboot::unknown);
}

TEST_F(RebootTest, AUnitComesBackWhenItIsEnabled) {
  const Who in_unit{.sid = 20, .pgid = 20, .cgroup = "/system.slice/web.service"};
  feed(fork(node, init, at(10), {}, in_unit));
  feed(exec(node, at(10), "/usr/bin/node", {"node", "a.js"}, in_unit));
  answers[20].process.cgroup = in_unit.cgroup;
  answers[20].process.boot = STRAY_BOOT_ENABLED;
  answers[20].process.boot_by = "/etc/systemd/system/multi-user.target.wants/web.service";
  until(at(12));
  EXPECT_EQ(after(node).verdict, Reboot::yes);
  EXPECT_NE(after(node).evidence.front().text.find("multi-user.target.wants/web.service"), std::string::npos);
}

TEST_F(RebootTest, AUnitRestartsAsItsFileSays) {
  const Who in_unit{.sid = 20, .pgid = 20, .cgroup = "/system.slice/web.service"};
  for (const auto& [restart, want] :
       {std::pair{STRAY_RESTART_UNKNOWN, Restarts::unknown}, std::pair{STRAY_RESTART_NO, Restarts::no},
        std::pair{STRAY_RESTART_YES, Restarts::yes}}) {
    now = at(1);
    SetUp();
    feed(fork(node, init, at(10), {}, in_unit));
    feed(exec(node, at(10), "/usr/bin/node", {"node", "a.js"}, in_unit));
    answers[20].process.cgroup = in_unit.cgroup;
    answers[20].process.restart = restart;
    until(at(12));
    const Supervision who = supervise(pipeline->lineage(), *pipeline->lineage().find(node));
    EXPECT_EQ(who.verdict, Verdict::systemd);
    EXPECT_EQ(who.restarts, want);
  }
}

TEST_F(RebootTest, ALauncherUnitLooksAfterItsMainProcessAlone) {
  const Who in_unit{.sid = 20, .pgid = 20, .cgroup = "/system.slice/gitlab-runner.service"};
  const ProcessKey job = key(21, 11);
  feed(fork(node, init, at(10), {}, in_unit));
  feed(exec(node, at(10), "/usr/bin/gitlab-runner", {"gitlab-runner", "run"}, in_unit));
  feed(fork(job, node, at(11), {}, in_unit));
  feed(exec(job, at(11), "/usr/bin/node", {"node", "a.js"}, in_unit));
  until(at(12));
  const auto verdict = [&](ProcessKey of) {
    return supervise(pipeline->lineage(), *pipeline->lineage().find(of)).verdict;
  };
  EXPECT_EQ(verdict(node), Verdict::systemd);
  EXPECT_EQ(verdict(job), Verdict::nobody);
}

TEST_F(RebootTest, WhatNobodyHasDoesNotComeBack) {
  start_server();
  EXPECT_EQ(after(node).verdict, Reboot::no);
}

}  // namespace
}  // namespace stray::test
