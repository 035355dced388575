// SPDX-License-Identifier: Apache-2.0
// stale-release, old-code and exe-replaced: when they are told, when not, and what ends them.
#include "unit/findings/detect_fixture.hpp"

namespace stray::test {
namespace {

class FilesTest : public DetectTest {
 protected:
  const ProcessKey god = key(15, 2), worker = key(21, 11);

  // A supervised server: whatever is told of it is told of its files.
  void start_below_pm2(const std::string& entry = "/srv/current/dist/index.js") {
    feed(fork(god, init, at(5), {}, {.sid = 15, .pgid = 15}));
    feed(exec(god, at(5), "/usr/bin/node", {"node", "/usr/lib/node_modules/pm2/lib/Daemon.js"},
              {.sid = 15, .pgid = 15}));
    start_worker(node, entry);
  }
  void start_worker(ProcessKey who, const std::string& entry) {
    feed(fork(who, god, at(10), {}, {.sid = who.tgid, .pgid = who.tgid}));
    feed(exec(who, at(10), "/usr/bin/node", {"node", "/usr/lib/node_modules/pm2/lib/ProcessContainerFork.js"},
              {.sid = who.tgid, .pgid = who.tgid}));
    Answer& a = answers[who.tgid];
    a.process.env = {"pm_id=0", "name=web", "pm_exec_path=" + entry, "NODE_CHANNEL_FD=3"};
    a.code = {.inode = 7,
              .hash = 1,
              .bytes = 10,
              .path = "/srv/releases/1/dist/index.js",
              .link = "/srv/current",
              .target = "/srv/releases/1"};
  }
  void switch_release(std::uint32_t pid) {
    answers[pid].code = {.inode = 8,
                         .hash = 2,
                         .bytes = 10,
                         .path = "/srv/releases/2/dist/index.js",
                         .link = "/srv/current",
                         .target = "/srv/releases/2"};
  }
  std::string said(const std::string& what, std::uint32_t pid) {
    std::string out = got.last[Told(what, pid)].what.message;
    for (const Evidence& e : got.last[Told(what, pid)].what.evidence) out += "\n" + e.text;
    return out;
  }
};

TEST_F(FilesTest, AnAbsoluteEntryBehindASwitchedLinkIsAnOtherRelease) {
  start_below_pm2();
  until(at(100));
  EXPECT_EQ(raised(), std::set<Told>{});
  switch_release(20);
  until(at(200));
  ASSERT_EQ(raised(), (std::set<Told>{{"stale-release", 20}}));
  const std::string text = said("raised stale-release", 20);
  EXPECT_NE(text.find("it runs /srv/releases/1/dist/index.js"), std::string::npos) << text;
  EXPECT_NE(text.find("/srv/current now leads to /srv/releases/2"), std::string::npos) << text;
  const auto strays = strays_of(pipeline->detectors().scene(), pipeline->detectors().open());
  ASSERT_EQ(strays.size(), 1u);
  EXPECT_EQ(strays[0].treatment.action, Remedy::restart);
  start_worker(worker, "/srv/current/dist/index.js");  // and back
  answers[20].code = answers[21].code;
  until(at(400));
  EXPECT_EQ(count("cleared stale-release", 20), 1u);
}

TEST_F(FilesTest, ItMustHoldForTheWaitingTime) {
  start_below_pm2();
  until(at(100));
  switch_release(20);
  while (pipeline->lineage().find(node)->seen->script.inode != 8) until(now + seconds(1));
  const BootTime seen = now;
  until(seen + seconds(9));
  EXPECT_EQ(raised(), std::set<Told>{});
  until(seen + seconds(12));
  EXPECT_EQ(raised(), (std::set<Told>{{"stale-release", 20}}));
}

TEST_F(FilesTest, ALinkMadeAnewToTheSamePlaceIsNoOtherRelease) {
  start_below_pm2();
  until(at(100));
  answers[20].code.link_ctime_ns = ~0ull >> 2;
  until(at(400));
  EXPECT_EQ(raised(), std::set<Told>{});
}

TEST_F(FilesTest, ARelativeEntryIsHeldAgainstTheNameOfItsDirectory) {
  start_below_pm2("dist/index.js");
  Answer& a = answers[20];
  a.process.cwd = "/srv/releases/1/api";
  a.process.env.push_back("PWD=/srv/current/api");
  until(at(100));
  EXPECT_EQ(raised(), std::set<Told>{});
  a.code.target = "/srv/releases/2";  // the file of its own directory stays what it was
  until(at(200));
  EXPECT_EQ(raised(), (std::set<Told>{{"stale-release", 20}}));
}

TEST_F(FilesTest, APwdOfTheCallerTellsNothing) {
  start_below_pm2("dist/index.js");
  Answer& a = answers[20];
  a.process.cwd = "/opt/web";
  a.process.env.push_back("PWD=/srv/current");
  a.code.target = "/srv/releases/2";
  until(at(400));
  EXPECT_EQ(raised(), std::set<Told>{});
}

TEST_F(FilesTest, AReplacedScriptIsOldCodeUntilItIsWhatItWas) {
  start_below_pm2();
  answers[20].code.link = answers[20].code.target = "";
  until(at(100));
  answers[20].code.inode = 9, answers[20].code.hash = 3;
  until(at(200));
  ASSERT_EQ(raised(), (std::set<Told>{{"old-code", 20}}));
  EXPECT_EQ(got.last[Told("raised old-code", 20)].what.severity, Severity::notice);
  until(at(100000));
  ASSERT_EQ(count("updated old-code", 20), 1u) << "graver after a day";
  EXPECT_EQ(got.last[Told("updated old-code", 20)].what.severity, Severity::warning);
  answers[20].code.hash = 1;
  until(at(100200));
  EXPECT_EQ(count("cleared old-code", 20), 1u);
}

TEST_F(FilesTest, TheSameContentAnewIsNoOldCode) {
  start_below_pm2();
  answers[20].code.link = answers[20].code.target = "";
  until(at(100));
  answers[20].code.inode = 9, answers[20].code.mtime_ns = answers[20].code.birth_ns = ~0ull >> 2;
  until(at(400));
  EXPECT_EQ(raised(), std::set<Told>{});
}

TEST_F(FilesTest, WithoutAHashOnlyAnotherFileTells) {
  start_below_pm2();
  answers[20].code = {.inode = 7, .bytes = 10};
  until(at(100));
  answers[20].code.mtime_ns = ~0ull >> 2;
  until(at(300));
  EXPECT_EQ(raised(), std::set<Told>{});
  answers[20].code.inode = 8;
  until(at(500));
  EXPECT_EQ(raised(), (std::set<Told>{{"old-code", 20}}));
}

TEST_F(FilesTest, TheOldestWorkerSpeaksForAll) {
  start_below_pm2();
  start_worker(worker, "/srv/current/dist/index.js");
  until(at(100));
  switch_release(20), switch_release(21);
  until(at(300));
  EXPECT_EQ(raised(), (std::set<Told>{{"stale-release", 20}}));
  EXPECT_EQ(got.last[Told("raised stale-release", 20)].what.members, std::vector<ProcessKey>{worker});
}

TEST_F(FilesTest, BelowAWatcherCodeIsNeverOld) {
  const ProcessKey watcher = key(16, 1);
  feed(fork(watcher, shell, at(9), {}, on_tty));
  feed(exec(watcher, at(9), "/usr/bin/node", {"node", "/srv/app/node_modules/.bin/nodemon", "a.js"}, on_tty));
  feed(fork(node, watcher, at(10), {}, on_tty));
  feed(exec(node, at(10), "/usr/bin/node", {"node", "a.js"}, on_tty));
  answers[20].code = {.inode = 7, .hash = 1};
  until(at(100));
  answers[20].code = {.inode = 8, .hash = 2};
  until(at(400));
  EXPECT_EQ(raised(), std::set<Told>{});
}

TEST_F(FilesTest, WithoutARecordAFileWrittenSinceIsALowSuspicion) {
  got.told.clear();
  pipeline = std::make_unique<Pipeline>(DetectOptions{}, LineageOptions{});
  pipeline->add(got);
  const Who in_unit{.sid = 20, .pgid = 20, .cgroup = "/system.slice/web.service"};
  feed(session(at(1000), 1'700'000'000));
  feed(seed(init, {}, "/sbin/init", at(1000), STRAY_SEED_NAMESPACE_INIT));
  feed(seed(node, init, "/usr/bin/node", at(1000), 0, in_unit));
  answers[20].process = {.sid = 20,
                         .pgid = 20,
                         .argv = {"node", "/srv/a.js"},
                         .env = {"SYSTEMD_EXEC_PID=20"},
                         .cgroup = in_unit.cgroup};
  answers[20].code = {.inode = 7, .hash = 1, .mtime_ns = 1'699'000'000'000'000'000};
  feed(ready(at(1000)));
  until(at(1200));
  EXPECT_EQ(raised(), std::set<Told>{});
  answers[20].code.mtime_ns = 1'699'999'500'000'000'000;  // it started at second 2: 998 s before the session
  until(at(1400));
  EXPECT_EQ(raised(), (std::set<Told>{{"old-code", 20}}));
  EXPECT_EQ(got.last[Told("raised old-code", 20)].what.severity, Severity::info);
}

TEST_F(FilesTest, AnUpgradeOfTheRuntimeIsToldOnce) {
  start_below_pm2();
  start_worker(worker, "/srv/other/index.js");
  until(at(100));
  for (const std::uint32_t pid : {15u, 20u, 21u}) answers[pid].code.exe = STRAY_EXE_REPLACED;
  until(at(300));
  EXPECT_EQ(raised(), (std::set<Told>{{"exe-replaced", 15}}));
  EXPECT_EQ(got.last[Told("raised exe-replaced", 15)].what.severity, Severity::notice);
  for (const std::uint32_t pid : {15u, 20u, 21u}) answers[pid].code.exe = STRAY_EXE_SAME;
  until(at(500));
  EXPECT_EQ(count("cleared exe-replaced", 15), 1u);
}

TEST_F(FilesTest, AnExecutableDeletedBeforeItsStartWasNotReplaced) {
  feed(fork(node, shell, at(10), {}, on_tty));
  feed(exec(node, at(10), "/tmp/x/node", {"node", "a.js"}, on_tty, "/srv/app", STRAY_EXEC_EXE_DELETED));
  answers[20].code.exe = STRAY_EXE_GONE;
  until(at(300));
  EXPECT_EQ(raised(), std::set<Told>{});
}

}  // namespace
}  // namespace stray::test
