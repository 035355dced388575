// SPDX-License-Identifier: Apache-2.0
// How much CPU is used: in the evidence, in the severity of an orphan, and in what its end frees.
#include <gtest/gtest.h>

#include "unit/findings/detect_fixture.hpp"

namespace stray::test {
namespace {

constexpr double kHour = 3600, kLong = 8 * kHour;

class CpuTest : public DetectTest {
 protected:
  const Finding* open_orphan() {
    open_ = pipeline->detectors().open();
    const auto it =
        std::find_if(open_.begin(), open_.end(), [](const Finding& f) { return f.kind == Kind::orphan; });
    return it == open_.end() ? nullptr : &*it;
  }
  Severity severity() { return open_orphan() ? open_orphan()->what.severity : Severity::info; }
  std::string text_of(std::string_view code) {
    if (const Finding* orphan = open_orphan())
      for (const Evidence& e : orphan->what.evidence)
        if (e.code == code) return e.text;
    return {};
  }
  Treatment treatment() { return pipeline->detectors().stray_of(*open_orphan()).treatment; }

 private:
  std::vector<Finding> open_;
};

TEST_F(CpuTest, AnOrphanAtAllOfACpuForAnHourIsCritical) {
  start_server();
  answers[20].cpu_permille = 1000;
  leave_behind();
  until(at(20 + 0.8 * kHour));
  ASSERT_NE(open_orphan(), nullptr);
  EXPECT_LT(severity(), Severity::critical);
  EXPECT_EQ(text_of("cpu").substr(0, 34), "used 100 % of a CPU over the last ") << text_of("cpu");
  until(at(20 + 1.2 * kHour));
  EXPECT_EQ(severity(), Severity::critical);
  EXPECT_NE(text_of("cpu").find(", 100 % of a CPU over the last 1 h"), std::string::npos) << text_of("cpu");
  EXPECT_EQ(treatment().frees_cpu, 1000u);
  EXPECT_NE(treatment().expected.find(", 100 % of a CPU free"), std::string::npos) << treatment().expected;
  until(at(6 * kHour));
  EXPECT_LE(count("updated orphan", 20), 3u) << "what changes all the time is reported with something else";
}

TEST_F(CpuTest, OfAStartThatJustWasNothingIsSaid) {
  options.after[Kind::orphan] = BootTime{};
  start(options);
  const ProcessKey late = key(21, 18);
  answers[21] = {.process = {.stdio = STRAY_STDIO_TTY_GONE}, .cpu_permille = 1000};
  feed(fork(late, shell, at(18), {}, on_tty));
  feed(exec(late, at(18), "/usr/bin/node", {"node", "dist/index.js"}, on_tty));
  feed(exit(shell, at(20), 0, init));
  until(at(22));
  ASSERT_NE(open_orphan(), nullptr);
  EXPECT_EQ(text_of("cpu"), "");
}

TEST_F(CpuTest, AnIdleOrphanIsNotAndSaysNothingOfIt) {
  start_server();
  answers[20].cpu_permille = 5;
  leave_behind();
  until(at(20 + 3 * kHour));
  EXPECT_EQ(severity(), Severity::warning);
  EXPECT_EQ(text_of("cpu"), "");
  EXPECT_EQ(treatment().expected.find("CPU"), std::string::npos);
}

TEST_F(CpuTest, WhatCountsIsTheLastHourAndNotTheWholeLife) {
  start_server();
  leave_behind();
  answers[20].cpu_permille = 1000, answers[20].busy_since = at(kLong);
  until(at(kLong + 0.5 * kHour));
  EXPECT_EQ(severity(), Severity::warning);
  until(at(kLong + 1.2 * kHour));
  EXPECT_EQ(severity(), Severity::critical);
}

TEST_F(CpuTest, WhatItHasStartedCounts) {
  start_server();
  leave_behind();
  const ProcessKey worker = key(21, 30);
  feed(fork(worker, node, at(30), {}, on_tty));
  feed(exec(worker, at(30), "/usr/bin/esbuild", {"esbuild", "--service"}, on_tty));
  answers[21].cpu_permille = 1500;
  until(at(30 + 1.2 * kHour));
  EXPECT_EQ(severity(), Severity::critical);
  EXPECT_EQ(text_of("cpu").substr(0, 37), "esbuild (pid 21) used 150 % of a CPU ") << text_of("cpu");
}

TEST_F(CpuTest, AJobOnPurposeMayUseACpu) {
  start_server();
  answers[20].cpu_permille = 1000;
  answers[20].process.env = {"_=/usr/bin/nohup"};
  leave_behind();
  until(at(2 * kHour));
  EXPECT_EQ(severity(), Severity::warning);
}

// One look shows its whole life alone, and says so.
TEST_F(CpuTest, OneLookKnowsTheShareSinceTheStart) {
  const BootTime late = at(5 * kHour);
  DetectOptions scan;
  scan.at_once = true;
  pipeline = std::make_unique<Pipeline>(scan, LineageOptions{});
  now = late;
  answers[20].cpu_permille = 980;
  answers[20].process.argv = {"node", "dist/index.js"};
  answers[20].process.sid = 10, answers[20].process.pgid = 20;
  answers[1].process.argv = {"init"};
  feed(session(late));
  feed(seed(init, {}, "/sbin/init", late, STRAY_SEED_NAMESPACE_INIT));
  feed(seed(node, init, "/usr/bin/node", late, 0, {.sid = 10, .pgid = 20}));
  feed(ready(late));
  EXPECT_EQ(severity(), Severity::critical);
  EXPECT_EQ(text_of("cpu").substr(0, 46), "used 98 % of a CPU since its start, for 4 h 59") << text_of("cpu");
}

}  // namespace
}  // namespace stray::test
