// SPDX-License-Identifier: Apache-2.0
// memory-high, restart-storm and zombie-leak: when they are told, when not, and what ends them.
#include "unit/findings/detect_fixture.hpp"

namespace stray::test {
namespace {

class LoadTest : public DetectTest {
 protected:
  const ProcessKey god = key(15, 2);
  std::uint32_t next_pid = 100;

  void start_god() {
    feed(fork(god, init, at(5), {}, {.sid = 15, .pgid = 15}));
    feed(exec(god, at(5), "/usr/bin/node", {"node", "/usr/lib/node_modules/pm2/lib/Daemon.js"},
              {.sid = 15, .pgid = 15}));
  }
  ProcessKey start_app(double second, const std::vector<std::string>& env = {}) {
    const ProcessKey app{at(second), next_pid++};
    feed(fork(app, god, at(second), {}, {.sid = app.tgid, .pgid = app.tgid}));
    feed(exec(app, at(second), "/usr/bin/node",
              {"node", "/usr/lib/node_modules/pm2/lib/ProcessContainerFork.js"},
              {.sid = app.tgid, .pgid = app.tgid}));
    Answer& a = answers[app.tgid];
    a.process.env = {"pm_id=0", "name=web", "pm_exec_path=/srv/app/index.js"};
    a.process.env.insert(a.process.env.end(), env.begin(), env.end());
    return app;
  }
  void crash(double second, int times, double every) {
    for (int n = 0; n < times; ++n) {
      const double start = second + n * every;
      until(at(start));
      const ProcessKey app = start_app(start);
      feed(exit(app, at(start + every / 2), 0x100, {}));
    }
  }
};

TEST_F(LoadTest, ManyShortLivesAreOneStorm) {
  start_god();
  crash(20, 4, 0.2);
  EXPECT_EQ(raised(), std::set<Told>{}) << "four are none";
  crash(21, 12, 0.2);
  EXPECT_EQ(raised(), (std::set<Told>{{"restart-storm", 15}}));
  EXPECT_EQ(count("raised restart-storm", 15), 1u);
  EXPECT_EQ(count("updated restart-storm", 15), 0u);
  until(at(90));
  ASSERT_EQ(count("updated restart-storm", 15), 1u) << "it gave up";
  const auto& why = got.last[Told("updated restart-storm", 15)].what.evidence;
  EXPECT_TRUE(std::any_of(why.begin(), why.end(), [](const Evidence& e) { return e.code == "gave-up"; }));
  until(at(3000));
  EXPECT_EQ(count("cleared restart-storm", 15), 0u) << "nothing runs";
  start_app(3000);
  until(at(3660));
  EXPECT_EQ(count("cleared restart-storm", 15), 1u) << "ten minutes of one life";
}

TEST_F(LoadTest, RestartsThatAreFarApartOrLiveAWhileAreNone) {
  start_god();
  crash(20, 10, 20);
  for (int n = 0; n < 6; ++n) {
    const ProcessKey app = start_app(1000 + n);
    until(at(1040 + n));
    feed(exit(app, at(1040 + n), 0, {}));
  }
  EXPECT_EQ(raised(), std::set<Told>{});
}

TEST_F(LoadTest, HelpersOfPm2AreNoServices) {
  start_god();
  for (int n = 0; n < 20; ++n) {
    const ProcessKey helper{at(20 + n), next_pid++};
    feed(fork(helper, god, at(20 + n), {}, {.sid = 15, .pgid = 15}));
    feed(exec(helper, at(20 + n), "/usr/bin/ps", {"ps", "-o", "rss"}, {.sid = 15, .pgid = 15}));
    feed(exit(helper, at(20.1 + n), 0, {}));
  }
  until(at(100));
  EXPECT_EQ(raised(), std::set<Told>{});
}

TEST_F(LoadTest, AUnitThatFailsAgainAndAgainIsTheManagersStorm) {
  const ProcessKey manager = key(12, 1);
  feed(fork(manager, init, at(4), {}, {.sid = 12, .pgid = 12}));
  feed(exec(manager, at(4), "/usr/lib/systemd/systemd", {"systemd", "--user"}, {.sid = 12, .pgid = 12}));
  const auto run = [&](const std::string& unit, std::uint32_t status, double second) {
    for (int n = 0; n < 6; ++n) {
      const ProcessKey main{at(second + n), next_pid++};
      const Who who{.sid = main.tgid, .pgid = main.tgid, .cgroup = "/system.slice/" + unit};
      feed(fork(main, manager, at(second + n), {}, who));
      feed(exec(main, at(second + n), "/usr/bin/python3", {"python3", "x.py"}, who));
      feed(exit(main, at(second + n + 0.5), status, {}));
    }
    until(at(second + 10));
  };
  run("job.service", 0, 20);
  EXPECT_EQ(raised(), std::set<Told>{}) << "a job of a timer";
  run("web.service", 0x100, 40);
  EXPECT_EQ(raised(), (std::set<Told>{{"restart-storm", 12}}));
}

TEST_F(LoadTest, MemoryOverPm2sLimitForAMinuteIsTold) {
  start_god();
  const ProcessKey app = start_app(10, {"max_memory_restart=104857600"});
  answers[app.tgid].rss = 90u << 20;
  until(at(200));
  EXPECT_EQ(raised(), std::set<Told>{});
  answers[app.tgid].rss = 200u << 20;
  until(at(225));
  answers[app.tgid].rss = 90u << 20;  // PM2 restarts it, or it comes down by itself
  until(at(400));
  EXPECT_EQ(raised(), std::set<Told>{});
  answers[app.tgid].rss = 200u << 20;
  until(at(500));
  EXPECT_EQ(raised(), (std::set<Told>{{"memory-high", app.tgid}}));
  answers[app.tgid].rss = 95u << 20;  // not below nine tenths
  until(at(1000));
  EXPECT_EQ(count("cleared memory-high", app.tgid), 0u);
  answers[app.tgid].rss = 80u << 20;
  until(at(1200));
  EXPECT_EQ(count("cleared memory-high", app.tgid), 0u) << "five minutes of it";
  until(at(1400));
  EXPECT_EQ(count("cleared memory-high", app.tgid), 1u);
}

TEST_F(LoadTest, Pm2IsGivenTheTimeToRestartIt) {
  DetectOptions fast;
  fast.after.fill(seconds(1));
  start(fast);
  start_god();
  const ProcessKey app = start_app(10, {"max_memory_restart=150M"});
  answers[app.tgid].rss = 200u << 20;
  until(at(60));
  EXPECT_EQ(raised(), std::set<Told>{});
  until(at(75));
  EXPECT_EQ(raised(), (std::set<Told>{{"memory-high", app.tgid}}));
}

TEST_F(LoadTest, TheKernelsLimitIsCriticalBeforeItIsReached) {
  start_god();
  const ProcessKey app = start_app(10);
  answers[app.tgid].memory_limit = 200u << 20;
  answers[app.tgid].rss = 340u << 20;  // half of it its own: 170 MB
  until(at(200));
  EXPECT_EQ(raised(), std::set<Told>{});
  answers[app.tgid].rss = 370u << 20;
  until(at(400));
  ASSERT_EQ(raised(), (std::set<Told>{{"memory-high", app.tgid}}));
  EXPECT_EQ(got.last[Told("raised memory-high", app.tgid)].what.severity, Severity::critical);
}

TEST_F(LoadTest, WhatAPersonTriesAtATerminalMayUseWhatItWants) {
  start_server();
  answers[20].rss = 3ull << 30;
  until(at(3600));
  EXPECT_EQ(raised(), std::set<Told>{});
}

TEST_F(LoadTest, MoreThanTwiceTheUsualIsToldAfterADay) {
  start_god();
  const ProcessKey app = start_app(10);
  answers[app.tgid].rss = 300u << 20;
  until(at(26 * 3600));
  EXPECT_EQ(raised(), std::set<Told>{});
  answers[app.tgid].rss = 700u << 20;
  until(at(26 * 3600 + 200));
  ASSERT_EQ(raised(), (std::set<Told>{{"memory-high", app.tgid}}));
  EXPECT_EQ(got.last[Told("raised memory-high", app.tgid)].what.severity, Severity::notice);
}

TEST_F(LoadTest, SteadyGrowthIsToldBeforeTheLimit) {
  start_god();
  const ProcessKey app = start_app(10);
  for (int hour = 0; hour < 10; ++hour) {
    answers[app.tgid].rss = (400ull + 60 * static_cast<unsigned>(hour)) << 20;
    until(at(3600.0 * (hour + 1)));
  }
  EXPECT_EQ(raised(), (std::set<Told>{{"memory-high", app.tgid}}));
}

class ZombieTest : public LoadTest {
 protected:
  const ProcessKey parent = key(30, 3);
  void SetUp() override {
    LoadTest::SetUp();
    feed(fork(parent, shell, at(5), {}, {.sid = 10, .pgid = 30, .tty_major = 136}));
    feed(exec(parent, at(5), "/usr/bin/python3", {"python3", "spawn.py"},
              {.sid = 10, .pgid = 30, .tty_major = 136}));
  }
  void end_children(int many, double second) {
    for (int n = 0; n < many; ++n) {
      const ProcessKey child{at(second), next_pid++};
      feed(fork(child, parent, at(second)));
      feed(exit(child, at(second), 0, {}));
    }
  }
};

TEST_F(ZombieTest, ChildrenThatNobodyWaitsForAreTold) {
  answers[30].zombies = 60;
  end_children(60, 20);
  until(at(138));
  EXPECT_EQ(raised(), std::set<Told>{}) << "a look after a minute, and a minute more";
  until(at(142));
  EXPECT_EQ(raised(), (std::set<Told>{{"zombie-leak", 30}}));
  answers[30].zombies = 20;
  until(at(300));
  EXPECT_EQ(count("cleared zombie-leak", 30), 0u) << "ten or more";
  answers[30].zombies = 5;
  until(at(400));
  EXPECT_EQ(count("cleared zombie-leak", 30), 1u);
}

// The evidence of a code as it is now.
std::string now_says(const Pipeline& pipeline, std::string_view code) {
  for (const Finding& f : pipeline.detectors().open())
    for (const Evidence& e : f.what.evidence)
      if (e.code == code) return e.text;
  return {};
}

TEST_F(ZombieTest, HowFastTheyBecomeMoreAndHowLongThePidsLast) {
  answers[30].zombies = 60;
  answers[30].pids = {.limit = 0, .used = 0, .host_limit = 32768, .host_used = 2768};
  end_children(60, 20);
  until(at(142));
  ASSERT_EQ(raised(), (std::set<Told>{{"zombie-leak", 30}}));
  EXPECT_EQ(got.last[Told("raised zombie-leak", 30)].what.severity, Severity::notice);
  EXPECT_EQ(now_says(*pipeline, "pids"), "30000 of 32768 pids of the host are left");
  EXPECT_EQ(now_says(*pipeline, "zombie-rate"), "") << "they have not become more";
  for (int minute = 3; minute < 63; ++minute) {
    answers[30].zombies += 120;
    until(at(60.0 * minute));
  }
  answers[30].zombies += 700;
  answers[30].pids.limit = 10000, answers[30].pids.used = 8200;
  until(at(60 * 63));
  const Finding last = got.last[Told("updated zombie-leak", 30)];
  EXPECT_EQ(last.what.severity, Severity::critical) << "a quarter of an hour is left";
  until(at(60 * 80));
  EXPECT_EQ(now_says(*pipeline, "pids").find("1800 of 10000 pids of its cgroup are left, which last "), 0u)
      << now_says(*pipeline, "pids");
  EXPECT_NE(now_says(*pipeline, "zombie-rate").find(" a minute"), std::string::npos);
  EXPECT_LE(count("updated zombie-leak", 30), 4u);
}

TEST_F(ZombieTest, ThoseOfBeforeStrayAreSeenInTheSnapshot) {
  for (const bool at_once : {true, false}) {
    got = {};
    DetectOptions with;
    with.at_once = at_once;
    pipeline = std::make_unique<Pipeline>(with, LineageOptions{});
    pipeline->add(got);
    now = at(1000);
    answers[30].zombies = 60;
    answers[30].process.argv = {"python3", "spawn.py"};
    feed(session(now));
    feed(seed(init, {}, "/sbin/init", now, STRAY_SEED_NAMESPACE_INIT));
    feed(seed(parent, init, "/usr/bin/python3", now, 0, {.sid = 10, .pgid = 30}));
    feed(saw_children(parent, now, 60));  // as the edge counts them
    feed(ready(now));
    until(at(1000 + (at_once ? 0 : 140)));
    EXPECT_TRUE(raised().contains({"zombie-leak", 30})) << at_once;
  }
}

TEST_F(ZombieTest, WhoWaitsForManyChildrenIsQuiet) {
  answers[30].zombies = 1;
  for (int minute = 1; minute < 5; ++minute) {
    end_children(60, 60 * minute);
    until(at(60 * minute + 59));
  }
  EXPECT_EQ(raised(), std::set<Told>{});
}

}  // namespace
}  // namespace stray::test
