// SPDX-License-Identifier: Apache-2.0
// Findings over records built in memory, with an observer whose answers the test decides.
#include <gtest/gtest.h>

#include "unit/findings/detect_fixture.hpp"

namespace stray::test {
namespace {

TEST_F(DetectTest, AServerAtALiveTerminalIsQuiet) {
  start_server();
  answers[20].ports = {3000};
  until(at(3600));
  EXPECT_EQ(raised(), std::set<Told>{});
}

TEST_F(DetectTest, AServerLeftByItsShellIsAnOrphanAndUnsupervised) {
  start_server();
  answers[20].ports = {3000};
  leave_behind();
  until(at(49.9));
  EXPECT_EQ(raised(), std::set<Told>{}) << "30 s have not passed since the shell ended";
  until(at(50));
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 20}}));
  until(at(80));
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 20}, {"unsupervised-node", 20}}));
  EXPECT_EQ(got.times[Told("raised orphan", 20)], at(50));
  EXPECT_EQ(got.times[Told("raised unsupervised-node", 20)], at(80))
      << "the time at the terminal does not count";
  feed(exit(node, at(90), 15, {}));
  EXPECT_EQ(count("cleared orphan", 20), 1u);
  EXPECT_EQ(count("cleared unsupervised-node", 20), 1u);
}

TEST_F(DetectTest, AServerThatEndsInTimeIsNeverTold) {
  start_server();
  leave_behind();
  feed(exit(node, at(25), 0, {}));
  until(at(200));
  EXPECT_TRUE(got.told.empty());
}

TEST_F(DetectTest, NpmKilledLeavesNodeAsTheOnlySubject) {
  feed(fork(npm, shell, at(9), {}, on_tty));
  feed(exec(npm, at(9), "/usr/bin/node", {"node", "/usr/bin/npm", "run", "dev"}, on_tty));
  feed(fork(sh, npm, at(9.5), {}, on_tty));
  feed(exec(sh, at(9.5), "/usr/bin/dash", {"sh", "-c", "node src/server.js"}, on_tty));
  feed(fork(node, sh, at(10), {}, on_tty));
  feed(exec(node, at(10), "/usr/bin/node", {"node", "src/server.js"}, on_tty));
  answers[20].ports = {3000};
  answers[20].process.env = {"npm_lifecycle_event=dev"};
  feed(signal(npm, at(20), 15, shell));
  feed(signal(sh, at(20), 15, npm));
  feed(exit(sh, at(20), 15, init));
  feed(signal(npm, at(20), 15, npm));
  feed(exit(npm, at(20), 15, {}));
  feed(exit(shell, at(21), 0, {}));
  until(at(100));
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 20}, {"unsupervised-node", 20}}));
  std::string why;
  for (const Evidence& e : got.last[Told("raised orphan", 20)].what.evidence) why += e.text + "\n";
  EXPECT_NE(why.find("sh -c node src/server.js (pid 19), which ended by SIGTERM sent by npm"),
            std::string::npos)
      << why;
  EXPECT_NE(why.find("(pid 18), which ended by SIGTERM sent by bash"), std::string::npos) << why;
}

TEST_F(DetectTest, ASupervisorAboveMakesItQuietAndItsDeathDoesNot) {
  const ProcessKey god = key(15, 2);
  feed(fork(god, init, at(5), {}, {.sid = 15, .pgid = 15}));
  feed(exec(god, at(5), "/usr/bin/node", {"node", "/usr/lib/node_modules/pm2/lib/Daemon.js"},
            {.sid = 15, .pgid = 15}));
  feed(fork(node, god, at(10), {}, {.sid = 20, .pgid = 20}));
  feed(exec(node, at(10), "/usr/bin/node", {"node", "/usr/lib/node_modules/pm2/lib/ProcessContainerFork.js"},
            {.sid = 20, .pgid = 20}));
  answers[20].process.env = {"pm_id=0", "name=web", "pm_exec_path=/srv/app/dist/index.js"};
  answers[20].ports = {3000};
  until(at(3600));
  EXPECT_EQ(raised(), std::set<Told>{});
  feed(exit(god, at(3600), 9, init));
  until(at(3604.9));
  EXPECT_EQ(raised(), std::set<Told>{});
  until(at(3605));
  EXPECT_EQ(raised(), (std::set<Told>{{"supervisor-lost", 20}}));
  until(at(3660));
  EXPECT_EQ(raised(), (std::set<Told>{{"supervisor-lost", 20}, {"orphan", 20}, {"unsupervised-node", 20}}));
}

TEST_F(DetectTest, AMissingScriptIsToldAfterTwoLooks) {
  start_server({"node", "src/server.js"});
  until(at(15));
  answers[20].script = STRAY_SCRIPT_MISSING;
  until(at(300));
  ASSERT_EQ(count("raised stale-script", 20), 1u);
  answers[20].script = STRAY_SCRIPT_PRESENT;
  until(at(500));
  EXPECT_EQ(count("cleared stale-script", 20), 1u);
}

TEST_F(DetectTest, AScriptThatIsBackInTimeIsNotTold) {
  start_server({"node", "src/server.js"});
  until(at(15));
  answers[20].script = STRAY_SCRIPT_MISSING;
  // The first look that misses it is one of those made each minute.
  while (!pipeline->lineage().find(node)->seen ||
         pipeline->lineage().find(node)->seen->script.state != STRAY_SCRIPT_MISSING)
    until(now + seconds(1));
  answers[20].script = STRAY_SCRIPT_PRESENT;
  until(at(400));
  EXPECT_EQ(count("raised stale-script", 20), 0u);
}

TEST_F(DetectTest, ADevToolLeftBehindIsTold) {
  start_server({"node", "/srv/app/node_modules/.bin/prisma", "studio", "--port", "5555"});
  answers[20].ports = {5555};
  leave_behind();
  until(at(20 + 601));
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 20}, {"dev-tool", 20}}));
}

TEST_F(DetectTest, ADaemonOnPurposeIsNoOrphan) {
  start_server();
  answers[20].process.pidfile = "/run/web.pid";
  answers[20].ports = {3000};
  leave_behind();
  until(at(200));
  EXPECT_EQ(raised(), (std::set<Told>{{"unsupervised-node", 20}}));
}

TEST_F(DetectTest, AnotherProgramNeedsTwoSignsOfAnAccident) {
  const ProcessKey daemon = key(30, 3), job = key(31, 3);
  feed(fork(daemon, shell, at(10), {}, {.sid = 30, .pgid = 30}));
  feed(exec(daemon, at(10), "/usr/bin/mydaemon", {"mydaemon"}, {.sid = 30, .pgid = 30}));
  feed(fork(job, shell, at(10), {}, {.sid = 10, .pgid = 31, .tty_major = 136}));
  feed(exec(job, at(10), "/usr/bin/python3", {"python3", "job.py"},
            {.sid = 10, .pgid = 31, .tty_major = 136}));
  answers[31].process.stdio = STRAY_STDIO_TTY_GONE;
  feed(exit(shell, at(20), 0, init));
  until(at(100));
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 31}}));
}

TEST_F(DetectTest, WaitingTimesCanBeSetButNotTheLimitsForPeople) {
  DetectOptions fast;
  fast.after.fill(seconds(1));
  start(fast);
  got.told.clear();
  start_server();
  answers[20].ports = {3000};
  until(at(19));
  EXPECT_TRUE(got.told.empty()) << "a live terminal";
  leave_behind();
  until(at(21.2));
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 20}, {"unsupervised-node", 20}}));
}

TEST_F(DetectTest, AnAllowedProcessIsQuietAndTheReasonIsKept) {
  DetectOptions with;
  with.allow.push_back({.argv = "node dist/*", .reason = "the demo"});
  start(with);
  start_server();
  answers[20].ports = {3000};
  leave_behind();
  until(at(200));
  EXPECT_TRUE(got.told.empty());
}

TEST_F(DetectTest, AnAllowanceOfOneKindLeavesTheOthers) {
  DetectOptions with;
  with.allow.push_back({.exe = {"bun", "node"}, .kinds = {Kind::orphan}, .reason = "the demo"});
  start(with);
  start_server();
  answers[20].ports = {3000};
  leave_behind();
  until(at(200));
  EXPECT_EQ(raised(), (std::set<Told>{{"unsupervised-node", 20}}));
}

TEST_F(DetectTest, AnAllowanceEndsWhileItIsTraced) {
  DetectOptions with;
  // The session's clock shows 1,700,000,000 s when boot time is 1 s.
  with.allow.push_back(
      {.argv = "node dist/*", .until = 1'700'000'120ll * 1'000'000'000, .reason = "the demo"});
  start(with);
  start_server();
  answers[20].ports = {3000};
  leave_behind();
  until(at(120));
  EXPECT_TRUE(got.told.empty());
  until(at(185));  // each kind waits from then on
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 20}, {"unsupervised-node", 20}}));
}

TEST_F(DetectTest, TheOomKillIsToldAtOnceAndClearedWhenItIsBack) {
  start_server();
  feed(oom(node, at(15), "/limited"));
  EXPECT_EQ(raised(), (std::set<Told>{{"oom-kill", 20}}));
  feed(exit(node, at(15.1), 9, {}));
  const ProcessKey again = key(21, 16);
  feed(fork(again, shell, at(16), {}, on_tty));
  feed(exec(again, at(17), "/usr/bin/node", {"node", "dist/index.js"}, on_tty));
  EXPECT_EQ(count("cleared oom-kill", 20), 1u);
}

TEST_F(DetectTest, AnOomKillNamesTheOrphansThatItMadeAndTheyNameIt) {
  start_server({"node", "engine.js"});
  const ProcessKey worker = key(21, 11);
  feed(fork(worker, node, at(11), {}, on_tty));
  feed(exec(worker, at(11), "/usr/bin/node", {"node", "worker.js"}, on_tty));
  feed(oom(node, at(15), "/limited"));
  feed(exit(node, at(15.1), 9, init));
  const auto text = [&](const std::string& told, std::uint32_t pid, std::string_view code) {
    for (const Evidence& e : got.last[Told(told, pid)].what.evidence)
      if (e.code == code) return e.text;
    return std::string();
  };
  EXPECT_EQ(text("raised oom-kill", 20, "children"),
            "1 process that descends from it is orphaned: node worker.js (pid 21)");
  until(at(100));
  ASSERT_TRUE(raised().contains({"orphan", 21}));
  EXPECT_EQ(text("raised orphan", 21, "oom-victim"),
            "the OOM killer ended node engine.js (pid 20), which it descended from");
}

TEST_F(DetectTest, AGpuThatAnOrphanHasOpenIsNamed) {
  start_server();
  answers[20].gpu = "/dev/nvidia0";
  leave_behind();
  until(at(100));
  const Finding orphan = got.last[Told("raised orphan", 20)];
  EXPECT_TRUE(std::any_of(orphan.what.evidence.begin(), orphan.what.evidence.end(), [](const Evidence& e) {
    return e.text == "has the GPU device /dev/nvidia0 open";
  }));
  EXPECT_NE(pipeline->detectors().stray_of(orphan).treatment.expected.find(", /dev/nvidia0 is released"),
            std::string::npos);
}

TEST_F(DetectTest, AWorkerOnPipesOfALivingParentIsTheParentsBusiness) {
  const ProcessKey editor = key(15, 2);
  feed(fork(editor, init, at(5), {}, {.sid = 15, .pgid = 15}));
  feed(exec(editor, at(5), "/usr/bin/editor", {"editor"}, {.sid = 15, .pgid = 15}));
  feed(fork(node, editor, at(10), {}, {.sid = 15, .pgid = 15}));
  feed(exec(node, at(10), "/usr/bin/node", {"node", "/opt/server/out/cli.js", "--stdio"},
            {.sid = 15, .pgid = 15}));
  answers[20].process.stdio = STRAY_STDIO_PIPE;
  until(at(3600));
  EXPECT_EQ(raised(), std::set<Told>{});
  feed(exit(editor, at(3600), 9, init));
  until(at(3700));
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 20}})) << "it served the one that is gone";
}

TEST_F(DetectTest, ADelegatedCgroupStillBelongsToItsUnit) {
  const ProcessKey main = key(15, 2);
  const Who in_unit{.sid = 15, .pgid = 15, .cgroup = "/system.slice/web.service"};
  const Who below{.sid = 15, .pgid = 15, .cgroup = "/system.slice/web.service/workers"};
  feed(fork(main, init, at(5), {}, in_unit));
  feed(exec(main, at(5), "/usr/bin/launcher", {"launcher"}, in_unit));
  feed(fork(node, main, at(10), {}, below));
  feed(exec(node, at(10), "/usr/bin/node", {"node", "server.js"}, below));
  answers[20].ports = {3000};
  until(at(3600));
  EXPECT_EQ(raised(), std::set<Told>{});
}

TEST_F(DetectTest, AReusedPidDoesNotKeepAFinding) {
  start_server();
  answers[20].ports = {3000};
  leave_behind();
  until(at(100));
  feed(exit(node, at(100), 0, {}));
  const ProcessKey again{at(100), 20};
  feed(fork(again, init, at(100)));
  feed(exec(again, at(100), "/usr/bin/cat", {"cat"}));
  until(at(300));
  EXPECT_EQ(count("cleared orphan", 20), 1u);
  EXPECT_EQ(count("raised orphan", 20), 1u);
}

TEST_F(DetectTest, AProcessFoundAtTheStartIsToldByItsAge) {
  got.told.clear();
  answers[20] = {.process = {.sid = 9,
                             .pgid = 20,
                             .argv = {"node", "src/server.js"},
                             .exe = "/usr/bin/node",
                             .stdio = STRAY_STDIO_TTY_GONE},
                 .ports = {3000},
                 .script = STRAY_SCRIPT_MISSING};
  pipeline = std::make_unique<Pipeline>(DetectOptions{}, LineageOptions{});
  pipeline->add(got);
  feed(session(at(100000)));
  feed(seed(init, {}, "/sbin/init", at(100000), STRAY_SEED_NAMESPACE_INIT));
  feed(seed(node, init, "/usr/bin/node", at(100000), 0, {.sid = 9, .pgid = 20}));
  feed(ready(at(100000)));
  until(at(100000.5));
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 20}, {"unsupervised-node", 20}}));
  until(at(100020));
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 20}, {"unsupervised-node", 20}, {"stale-script", 20}}));
}

TEST_F(DetectTest, HowLongAnOomKillIsToldCanBeChangedWhileItIs) {
  const ProcessKey second = key(21, 3);
  start_server();
  feed(fork(second, shell, at(10)));
  feed(exec(second, at(10), "/usr/bin/hog", {"hog"}));
  feed(oom(node, at(15), "/limited"));
  feed(exit(node, at(15), 9, {}));
  options.oom_keep = hours(48);
  pipeline->detectors().replace_options(options);
  until(at(25 * 3600));
  EXPECT_EQ(count("cleared oom-kill", 20), 0u);
  until(at(48 * 3600 + 15));
  EXPECT_EQ(count("cleared oom-kill", 20), 1u);

  feed(oom(second, at(48 * 3600 + 20), "/limited"));
  options.oom_keep = hours(1);
  pipeline->detectors().replace_options(options);
  until(at(49 * 3600 + 30));
  EXPECT_EQ(count("cleared oom-kill", 21), 1u);
}

TEST_F(DetectTest, AnInstallLeftBehindHasSixHours) {
  start_server({"node", "/usr/bin/npm", "ci"});
  const ProcessKey tool = key(30, 11);
  feed(fork(tool, node, at(11), {}, on_tty));
  feed(exec(tool, at(11), "/usr/bin/dash", {"sh", "-c", "node-gyp rebuild"}, on_tty));
  leave_behind();
  until(at(20 + 6 * 3600 - 1));
  EXPECT_EQ(raised(), std::set<Told>{});
  until(at(20 + 6 * 3600));
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 20}}));
}

TEST_F(DetectTest, AnInstallThatStartsAServerHasNot) {
  start_server({"node", "/usr/bin/npm", "ci"});
  const ProcessKey server = key(30, 11);
  feed(fork(server, node, at(11), {}, on_tty));
  feed(exec(server, at(11), "/usr/bin/node", {"node", "server.js"}, on_tty));
  leave_behind();
  until(at(50));
  EXPECT_TRUE(raised().contains({"orphan", 20}));
}

TEST_F(DetectTest, OomKillsAreBoundedAndTheOldestMakesRoom) {
  const auto victim = [](std::uint32_t i) { return key(1000 + i, 5); };
  for (std::uint32_t i = 0; i < 1030; ++i) {
    feed(fork(victim(i), shell, at(10 + i)));
    feed(exec(victim(i), at(10 + i), "/usr/bin/hog", {"hog", std::to_string(i)}));
    feed(oom(victim(i), at(10 + i), "/small"));
    feed(exit(victim(i), at(10 + i), 9, init));
  }
  EXPECT_EQ(pipeline->detectors().open().size(), 1024u);
  EXPECT_EQ(count("cleared oom-kill", 1000), 1u);
  EXPECT_EQ(count("cleared oom-kill", 1005), 1u);
  EXPECT_EQ(count("cleared oom-kill", 1006), 0u);
  EXPECT_NE((got.last[{"cleared oom-kill", 1000}].reason.find("makes room")), std::string::npos);
  feed(fork(key(5000, 2000), shell, at(2000)));
  feed(exec(key(5000, 2000), at(2000), "/usr/bin/hog", {"hog", "500"}));
  EXPECT_EQ(count("cleared oom-kill", 1500), 1u) << "it is back";
  EXPECT_EQ(pipeline->detectors().open().size(), 1023u);
}

TEST_F(DetectTest, ADeathReportedTwiceIsToldOnce) {
  feed(fork(node, shell, at(10)));
  feed(exit(node, at(11), 0, init));
  feed(exit(node, at(11), 0, init));
  feed(tick(at(12)));
  feed(exit(node, at(12), 0, init));
  EXPECT_EQ(pipeline->summary().events["exit"], 1u);
}

TEST_F(DetectTest, AShellInAMultiplexerIsNoLogin) {
  const ProcessKey tmux = key(30, 2), inner = key(31, 3), left = key(32, 4);
  feed(fork(tmux, init, at(10)));
  feed(exec(tmux, at(10), "/usr/bin/tmux", {"tmux"}, {.sid = 30, .pgid = 30}));
  const Who at_pane{.sid = 31, .pgid = 31, .tty_major = 136, .tty_minor = 7};
  feed(fork(inner, tmux, at(11), {}, at_pane));
  feed(exec(inner, at(11), "/usr/bin/bash", {"-bash"}, at_pane));
  feed(fork(node, inner, at(12), {}, at_pane));
  feed(exec(node, at(12), "/usr/bin/node", {"node", "a.js"}, at_pane));
  const auto verdict = [&] { return supervise(pipeline->lineage(), *pipeline->lineage().find(node)); };
  EXPECT_EQ(verdict().verdict, Verdict::multiplexer);
  EXPECT_EQ(verdict().name, "tmux");
  // Left by its maker, it hangs from init, but its session is still that of the pane.
  feed(fork(left, inner, at(13), {}, at_pane));
  feed(fork(key(33, 14), left, at(14), {}, at_pane));
  feed(exit(left, at(15), 0, init));
  EXPECT_EQ(supervise(pipeline->lineage(), *pipeline->lineage().find(key(33, 14))).verdict,
            Verdict::multiplexer);
}

TEST_F(DetectTest, ATerminalThatIsStillOpenIsNotCalledClosed) {
  feed(fork(key(40, 1), shell, at(10), {}, on_tty));
  feed(fork(node, key(40, 1), at(10), {}, on_tty));
  feed(exec(node, at(10), "/usr/bin/node", {"node", "a.js"}, {.sid = 20, .pgid = 20}));  // setsid
  answers[20].process.stdio = STRAY_STDIO_TTY;
  feed(exit(key(40, 1), at(11), 0, init));
  until(at(60));
  ASSERT_EQ(count("raised orphan", 20), 1u);
  std::string all;
  for (const Evidence& e : got.last[{"raised orphan", 20}].what.evidence) all += e.text + "\n";
  EXPECT_NE(all.find("still on that terminal"), std::string::npos) << all;
  EXPECT_EQ(all.find("has ended"), std::string::npos) << all;
  EXPECT_EQ(all.find("closed since"), std::string::npos) << all;
}

// PM2 as the container's init restarts it, whatever the engine does.
TEST_F(DetectTest, AnAppThatPm2ManagesInItsContainerIsSupervised) {
  const std::string cgroup = "/system.slice/docker-" + std::string(64, 'a') + ".scope";
  options.after[Kind::container_unsupervised] = seconds(1);
  for (const bool pm2 : {false, true}) {
    got = {};
    start(options);
    feed(fork(npm, init, at(5)));
    feed(exec(npm, at(5), "/usr/bin/node",
              {"node", pm2 ? "/usr/lib/node_modules/pm2/bin/pm2-runtime" : "/srv/init.js", "app.js"},
              {.pidns = 2, .cgroup = cgroup}));
    feed(fork(node, npm, at(6)));
    feed(exec(node, at(6), "/usr/bin/node", {"node", "app.js"}, {.pidns = 2, .cgroup = cgroup}));
    until(at(60));
    EXPECT_EQ(raised().contains({"container-unsupervised", pm2 ? 20u : 18u}), !pm2);
    EXPECT_EQ(raised().contains({"container-unsupervised", 20u}), false);
  }
}

}  // namespace
}  // namespace stray::test
