// SPDX-License-Identifier: Apache-2.0
// Findings over a restart of stray: what the run before left open goes on, or is resolved.
#include <gtest/gtest.h>

#include "sinks/sinks.hpp"
#include "unit/findings/detect_fixture.hpp"

namespace stray {
namespace {

using namespace test;

// The findings that `ready` names.
class AtReady final : public Sink {
 public:
  void ready(const View& view) override {
    for (const Finding& f : view.detectors.open())
      open.emplace_back(std::string(to_string(f.kind)), f.process.tgid);
  }
  std::vector<Told> open;
};

class CarriedFindings : public DetectTest {
 protected:
  AtReady at_ready;
  std::vector<Bytes> left;

  // A server is left behind, and stray ends with two findings about it.
  void first_run() {
    start_server();
    answers[20].ports = {3000};
    leave_behind();
    until(at(200));
    ASSERT_EQ(raised(), (std::set<Told>{{"orphan", 20}, {"unsupervised-node", 20}}));
    pipeline->save_open([&](RawRecord raw) { left.emplace_back(raw.begin(), raw.end()); }, now);
    before = pipeline->detectors().open();
  }
  // Stray runs again, on a host where the server is alive or not.
  void second_run(bool alive, bool resumed = true) {
    got = {};
    pipeline = std::make_unique<Pipeline>(options, LineageOptions{});
    pipeline->add(got);
    pipeline->add(at_ready);
    feed(session(at(300)));
    if (resumed)
      for (const Bytes& record : left) feed(record);
    feed(seed(init, {}, "/sbin/init", at(300), STRAY_SEED_NAMESPACE_INIT));
    answers[20].process.argv = {"node", "dist/index.js"};
    if (alive) feed(seed(node, init, "/usr/bin/node", at(300), 0, {.sid = 10, .pgid = 20}));
    feed(ready(at(300)));
  }
  const Finding* found(Kind kind) const {
    for (const Finding& f : now_open)
      if (f.kind == kind) return &f;
    return nullptr;
  }
  std::vector<Finding> before, now_open;
};

TEST_F(CarriedFindings, WhatHoldsKeepsItsTimesAndIsRaisedNoSecondTime) {
  first_run();
  second_run(true);
  EXPECT_EQ(at_ready.open, (std::vector<Told>{{"orphan", 20}, {"unsupervised-node", 20}}));
  until(at(1200));
  EXPECT_EQ(raised(), std::set<Told>{});
  EXPECT_EQ(count("cleared orphan", 20), 0u);
  now_open = pipeline->detectors().open();
  ASSERT_EQ(now_open.size(), before.size());
  for (const Finding& f : before) {
    const Finding* later = found(f.kind);
    ASSERT_TRUE(later);
    EXPECT_EQ(later->since, f.since);
    EXPECT_EQ(later->raised, f.raised);
  }
}

TEST_F(CarriedFindings, WhatEndedMeanwhileIsResolvedWithTheReason) {
  first_run();
  second_run(false);
  EXPECT_TRUE(at_ready.open.empty());
  EXPECT_EQ(got.told, (std::vector<Told>{{"cleared orphan", 20}, {"cleared unsupervised-node", 20}}));
  const Finding& cleared = got.last.at({"cleared orphan", 20});
  EXPECT_EQ(cleared.reason, "the process exited while stray was not running");
  EXPECT_EQ(cleared.since, before.front().since);
  EXPECT_TRUE(pipeline->detectors().open().empty());
}

TEST_F(CarriedFindings, WhatEndsLaterIsResolvedThen) {
  first_run();
  second_run(true);
  feed(exit(node, at(300.05), 9, init));
  EXPECT_EQ(raised(), std::set<Told>{});
  EXPECT_EQ(count("cleared orphan", 20), 1u);
  EXPECT_EQ(count("cleared unsupervised-node", 20), 1u);
}

// Whether the condition holds is judged like any other, on fresh observations.
TEST_F(CarriedFindings, WhatNoLongerHoldsIsResolvedAfterAWhile) {
  first_run();
  answers[20].process.pidfile = "/run/app.pid";  // a daemon now
  second_run(true);
  until(at(599));
  EXPECT_EQ(count("cleared orphan", 20), 0u);
  until(at(601));
  EXPECT_EQ(count("cleared orphan", 20), 1u);
  EXPECT_EQ(got.last.at({"cleared orphan", 20}).reason, "the condition no longer holds");
  EXPECT_EQ(count("cleared unsupervised-node", 20), 0u);
}

TEST_F(CarriedFindings, WithoutThemAllIsRaisedAgain) {
  first_run();
  second_run(true, false);
  until(at(1200));
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 20}, {"unsupervised-node", 20}}));
}

// They are part of the state: a capture can be read from a checkpoint on before they were judged.
TEST_F(CarriedFindings, ACheckpointHasThem) {
  first_run();
  second_run(true);
  std::vector<Bytes> state;
  pipeline->save_state([&](RawRecord raw) { state.emplace_back(raw.begin(), raw.end()); }, now);
  got = {};
  pipeline = std::make_unique<Pipeline>(options, LineageOptions{});
  pipeline->add(got);
  for (const Bytes& record : state) pipeline->feed(record);
  EXPECT_EQ(pipeline->detectors().open().size(), 2u);
  until(at(1200));
  EXPECT_EQ(raised(), std::set<Told>{});
}

TEST_F(CarriedFindings, AreRefusedOnceTheSnapshotIsIn) {
  first_run();
  second_run(true, false);
  const std::uint64_t malformed = pipeline->summary().malformed;
  for (const Bytes& record : left) pipeline->feed(record);
  EXPECT_EQ(pipeline->summary().malformed, malformed + left.size());
}

}  // namespace
}  // namespace stray
