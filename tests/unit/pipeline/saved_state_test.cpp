// SPDX-License-Identifier: Apache-2.0
// A pipeline that begins with a saved state goes on as the one that it was saved of.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <set>

#include "unit/pipeline/state_history.hpp"

namespace stray {
namespace {

using namespace state_test;

std::vector<std::string> kinds_of(const std::vector<Bytes>& state) {
  std::vector<std::string> out;
  for (const Bytes& record : state) {
    stray_head head;
    std::memcpy(&head, record.data(), sizeof head);
    out.push_back(std::to_string(head.kind));
  }
  return out;
}

std::size_t count_of(const std::vector<Bytes>& state, stray_kind kind) {
  const auto all = kinds_of(state);
  return static_cast<std::size_t>(std::count(all.begin(), all.end(), std::to_string(kind)));
}

std::size_t bytes_of_state(const std::vector<Bytes>& state) {
  std::size_t sum = 0;
  for (const Bytes& record : state) sum += record.size();
  return sum;
}

// What must be so after any record, however hostile.
void expect_sound(Traced& run) {
  const Lineage& lineage = run.pipeline.lineage();
  lineage.each_live([&](const Process& p) {
    std::size_t steps = 0;
    Lineage::each_ancestor(p, [&](const Process&) { return ++steps < 10000; });
    EXPECT_LT(steps, 10000u);
    const Process* before = nullptr;
    Lineage::each_child(p, [&](const Process& child) {
      EXPECT_EQ(child.parent, &p);
      EXPECT_EQ(child.previous, before);
      before = &child;
    });
    EXPECT_EQ(p.last_child, before);
  });
}

// Everything that one run of a history said, record by record, and its state before every `step`th.
struct Course {
  Course(const Options& setup, const std::vector<Bytes>& all, std::size_t step) : history(all) {
    Traced run(setup);
    for (std::size_t i = 0; i < history.size(); ++i) {
      states.push_back(i % step ? std::vector<Bytes>() : run.state());
      run.said.text.clear(), run.asked.clear();
      run.feed(history[i]);
      said.push_back(run.said.text), asked.push_back(run.asked);
      due.push_back(run.pipeline.detectors().next_due());
    }
    states.push_back(run.state());
    counts = run.pipeline.lineage().counts();
  }
  // Feeds record `at` to a run that was restored, and holds what it does against this one.
  void expect_same(Traced& run, std::size_t at) const {
    run.said.text.clear(), run.asked.clear();
    run.feed(history[at]);
    ASSERT_EQ(run.said.text, said[at]) << "after record " << at;
    ASSERT_EQ(run.asked, asked[at]) << "after record " << at;
    ASSERT_EQ(run.pipeline.detectors().next_due(), due[at]) << "after record " << at;
  }

  const std::vector<Bytes>& history;
  std::vector<std::vector<Bytes>> states;  // before the records, and after the last
  std::vector<std::string> said, asked;
  std::vector<std::optional<BootTime>> due;
  LineageCounts counts;
};

std::unique_ptr<Traced> restored(const Options& setup, const std::vector<Bytes>& state) {
  auto run = std::make_unique<Traced>(setup);
  for (const Bytes& record : state) run->feed(record);
  EXPECT_EQ(run->state(), state) << "restored another state";
  return run;
}

// Runs the history to its end from the state at `cut`: for what goes wrong only long after the beginning.
void expect_same_from(const Options& setup, const Course& whole, std::size_t cut) {
  SCOPED_TRACE("begun at record " + std::to_string(cut));
  const auto later = restored(setup, whole.states[cut]);
  for (std::size_t i = cut; i < whole.history.size() && !testing::Test::HasFailure(); ++i)
    whole.expect_same(*later, i);
  EXPECT_EQ(later->state(), whole.states.back());
}

// Runs the history, and at each state begins anew from it: for all that a state does not hold.
void expect_same_anew(const Options& setup, const Course& whole) {
  std::unique_ptr<Traced> run;
  for (std::size_t i = 0; i < whole.history.size() && !testing::Test::HasFailure(); ++i) {
    if (!whole.states[i].empty()) {
      if (run) {
        ASSERT_EQ(run->state(), whole.states[i]) << "before record " << i;
      }
      run = restored(setup, whole.states[i]);
    }
    whole.expect_same(*run, i);
  }
  EXPECT_EQ(run->state(), whole.states.back());
}

// Fewer records in the same history.
Options seldom_looks() {
  Options setup;
  setup.detect.sample_interval = minutes(5), setup.detect.stale_interval = minutes(3);
  return setup;
}

TEST(StateTest, TheHistoryHasAllThatAStateIsAbout) {
  const Options setup = seldom_looks();
  Traced run(setup);
  std::set<std::string> kinds;
  bool dead = false, past = false;
  for (const Bytes& record : told_history(setup)) {
    run.feed(record);
    for (const auto& kind : kinds_of(run.state())) kinds.insert(kind);
    dead |= run.pipeline.lineage().counts().dead > 2;
    run.pipeline.lineage().each_live([&](const Process& p) { past |= p.past.size() > 1; });
  }
  EXPECT_EQ(kinds, (std::set<std::string>{"48", "49", "50", "51", "52", "53"}));
  EXPECT_TRUE(dead && past);
  for (const char* what :
       {"raised orphan", "raised unsupervised-node", "raised dev-tool", "raised stale-script",
        "raised supervisor-lost", "raised oom-kill", "cleared oom-kill", "cleared stale-script",
        "cleared orphan", "cleared dev-tool", "updated orphan"})
    EXPECT_GT(run.said.findings[what], 0) << what;
}

TEST(StateTest, GoesOnAsFromTheBeginningWhereverItBegins) {
  const Options setup = seldom_looks();
  const auto history = told_history(setup);
  expect_same_anew(setup, Course(setup, history, 1));
}

TEST(StateTest, GoesOnAsFromTheBeginningToTheEnd) {
  const Options setup = seldom_looks();
  const auto history = told_history(setup);
  const Course whole(setup, history, 16);
  for (std::size_t cut = 0; cut < history.size() && !HasFailure(); cut += 16)
    expect_same_from(setup, whole, cut);
}

TEST(StateTest, GoesOnAsFromTheBeginningInRandomHistories) {
  std::uint64_t evicted = 0, with_skeletons = 0;
  for (unsigned number = 1; number <= 6 && !HasFailure(); ++number) {
    Options setup;
    setup.detect.after.fill(seconds(number));
    if (number % 2) setup.lineage.memory_bytes = 40'000;  // so that detail and dead ancestors are given up
    const auto history = random_history(setup, number, 150);
    const std::size_t step = 10 + number;  // other places in each history
    const Course whole(setup, history, step);
    evicted += whole.counts.evicted;
    if (whole.counts.evicted_detail) ++with_skeletons;
    expect_same_anew(setup, whole);
    for (std::size_t part = 1; part < 4 && !HasFailure(); ++part)
      expect_same_from(setup, whole, history.size() * part / 4 / step * step);
  }
  EXPECT_GT(evicted, 0u);
  EXPECT_GT(with_skeletons, 0u);
}

TEST(StateTest, TellsTheLivingProcessesAndNothingElseWhenItIsIn) {
  const Options setup;
  const auto history = told_history(setup);
  Traced whole(setup), later(setup);
  for (std::size_t i = 0; i < history.size() / 2; ++i) whole.feed(history[i]);
  const auto state = whole.state();
  for (const Bytes& record : state) {
    EXPECT_EQ(later.said.text, "");
    later.feed(record);
  }
  Said expected(whole.pipeline.host());
  expected.ready(whole.pipeline.view());
  for (const Process* p : whole.pipeline.lineage().live_by_key()) expected.seed(whole.pipeline.view(), *p);
  EXPECT_EQ(later.said.text, expected.text);
}

TEST(StateTest, ProcessesOfOneImageShareItInTheRecordsAndAfterThem) {
  const Options setup;
  Traced whole(setup), later(setup);
  whole.feed(session());
  whole.feed(seed(key(1, 0), {}, "/sbin/init", at(1), STRAY_SEED_NAMESPACE_INIT));
  whole.feed(ready(at(1)));
  whole.feed(fork(key(2, 2), key(1, 0), at(2)));
  whole.feed(exec(key(2, 2), at(2), "/usr/bin/node", {"node", std::string(30000, 'x')}));
  for (std::uint32_t i = 0; i < 1000; ++i)
    whole.feed(fork(key(10 + i, 10 + i), key(2, 2), at(10 + i), {}, {.sid = 9, .pgid = 9}));
  const auto state = whole.state();
  EXPECT_EQ(count_of(state, STRAY_STATE_IMAGE), 2u);
  EXPECT_LT(bytes_of_state(state), 300'000u + 40'000u);
  for (const Bytes& record : state) later.feed(record);
  EXPECT_EQ(later.pipeline.lineage().counts().bytes, whole.pipeline.lineage().counts().bytes);
  const Lineage& lineage = later.pipeline.lineage();
  EXPECT_EQ(lineage.find(key(10, 10))->image, lineage.find(key(1009, 1009))->image);
  EXPECT_EQ(lineage.find(key(10, 10))->image.use_count(), 1001);
  EXPECT_EQ(lineage.find(key(10, 10))->cgroup_path, lineage.find(key(1009, 1009))->cgroup_path);
}

TEST(StateTest, WhatIsLargerThanARecordGoesOverSeveral) {
  const Options setup;
  Traced whole(setup), later(setup);
  const ProcessKey node = key(20, 2);
  whole.feed(session());
  whole.feed(fork(node, key(1, 0), at(2)));
  whole.feed(exec(node, at(2), "/usr/bin/node", {"node", std::string(32000, 'x')}));
  whole.feed(
      saw(node, at(3), {.argv = {std::string(30000, 'y')}, .env = {"PWD=" + std::string(34000, 'z')}}));
  whole.feed(saw_script(node, at(3), STRAY_SCRIPT_PRESENT, std::string(32000, 's')));
  const auto state = whole.state();
  EXPECT_GT(count_of(state, STRAY_STATE_IMAGE), 1u);
  EXPECT_GT(count_of(state, STRAY_STATE_PROCESS), 1u);
  for (const Bytes& record : state) {
    ASSERT_LE(record.size(), STRAY_RECORD_MAX);
    later.feed(record);
  }
  EXPECT_EQ(later.state(), state);
}

TEST(StateTest, AStateIsRefusedByAPipelineThatHasOne) {
  const Options setup;
  Traced whole(setup);
  for (const Bytes& record : told_history(setup)) whole.feed(record);
  const auto state = whole.state();
  whole.said.text.clear();
  for (const Bytes& record : state) whole.feed(record);
  EXPECT_EQ(whole.said.text, "");
  EXPECT_EQ(whole.pipeline.summary().malformed, state.size());
}

TEST(StateTest, AStateWithoutItsEndIsUsedAndCounted) {
  const Options setup;
  const auto history = told_history(setup);
  Traced whole(setup), later(setup);
  for (std::size_t i = 0; i < 100; ++i) whole.feed(history[i]);
  auto state = whole.state();
  state.pop_back();
  for (const Bytes& record : state) later.feed(record);
  later.feed(history[100]);
  EXPECT_EQ(later.pipeline.summary().malformed, whole.pipeline.summary().malformed + 1);
  EXPECT_EQ(later.pipeline.lineage().counts().live, whole.pipeline.lineage().counts().live);
  expect_sound(later);
}

TEST(StateTest, FieldsOfANewerVersionArePassedOver) {
  const Options setup;
  const auto history = told_history(setup);
  Traced whole(setup), later(setup);
  for (std::size_t i = 0; i < history.size() / 2; ++i) whole.feed(history[i]);
  const auto state = whole.state();
  for (Bytes record : state) {
    stray_state fixed;
    std::memcpy(&fixed, record.data(), sizeof fixed);
    const __u32 field[] = {60000, 4, 0};  // tag and zero, length, four bytes
    const auto* bytes = reinterpret_cast<const std::byte*>(field);
    if (fixed.body.offset == 0) fixed.body.offset = sizeof fixed;
    fixed.head.size += sizeof field, fixed.body.length += sizeof field;
    record.insert(record.end(), bytes, bytes + sizeof field);
    std::memcpy(record.data(), &fixed, sizeof fixed);
    later.feed(record);
  }
  EXPECT_EQ(later.state(), state);
}

// ---- hostile records ----

struct HostileStateTest : ::testing::Test {
  Options setup;
  std::vector<Bytes> history = told_history(setup), state;
  void SetUp() override {
    // Short enough for every byte, late enough for findings and dead ancestors.
    Traced run(setup);
    std::size_t best = 0;
    for (std::size_t i = 0; i < history.size(); ++i) {
      run.feed(history[i]);
      const auto now = run.state();
      if (count_of(now, STRAY_STATE_OOM) && run.pipeline.detectors().open().size() > 2) {
        state = now, best = i;
        break;
      }
    }
    ASSERT_GT(best, 0u);
  }
  // Feeds a state with one record replaced, and some events after it.
  void feed_with(std::size_t index, const Bytes& record) {
    Traced run(setup);
    for (std::size_t i = 0; i < state.size(); ++i) run.feed(i == index ? record : state[i]);
    run.feed(tick(at(5000)));
    run.feed(fork(key(999, 5000), key(20, 2), at(5000)));
    run.feed(exit(key(20, 2), at(5001), 9, key(1, 0)));
    run.feed(exit(key(1, 0), at(5002), 9));
    run.feed(tick(at(9000)));
    expect_sound(run);
    run.state();
  }
  static Bytes resized(Bytes record, std::size_t size) {
    record.resize(size);
    if (size >= sizeof(stray_state)) {
      stray_state fixed;
      std::memcpy(&fixed, record.data(), sizeof fixed);
      fixed.head.size = static_cast<__u32>(size);
      if (fixed.body.length) fixed.body.length = static_cast<__u32>(size - sizeof fixed);
      std::memcpy(record.data(), &fixed, sizeof fixed);
    }
    return record;
  }
  // Places to try: every third of a small record, another third than in the record before; of a large one its
  // ends, and here and there between.
  std::vector<std::size_t> places(std::size_t index) const {
    const Bytes& record = state[index];
    std::vector<std::size_t> out;
    for (std::size_t i = index % 3; i < record.size(); i += i < 250 || i + 100 > record.size() ? 3 : 41)
      out.push_back(i);
    return out;
  }
};

TEST_F(HostileStateTest, ChangedBytesNeverCrashNorMakeALoop) {
  std::mt19937 random(1);
  for (std::size_t i = 0; i < state.size(); ++i)
    for (const std::size_t place : places(i)) {
      Bytes changed = state[i];
      if (random() % 4)
        changed[place] ^= static_cast<std::byte>(1u << random() % 8);
      else
        changed[place] = std::byte{0xff};
      feed_with(i, changed);
    }
}

TEST_F(HostileStateTest, CutRecordsNeverCrash) {
  for (std::size_t i = 0; i < state.size(); ++i)
    for (const std::size_t place : places(i)) feed_with(i, resized(state[i], place));
}

TEST_F(HostileStateTest, MissingRepeatedAndExchangedRecordsNeverCrash) {
  for (std::size_t i = 0; i < state.size(); ++i) {
    feed_with(i, tick(at(1)));
    feed_with(i, state[(i + 1) % state.size()]);
    feed_with(i, state[(i * 7 + 3) % state.size()]);
  }
  auto turned = state;
  std::reverse(turned.begin(), turned.end() - 1);
  Traced run(setup);
  for (const Bytes& record : turned) run.feed(record);
  expect_sound(run);
  EXPECT_GT(run.pipeline.summary().malformed, 0u);
}

TEST_F(HostileStateTest, WhatCannotBeIsRefused) {
  Traced good(setup), twice(setup), no_image(setup), no_process(setup);
  for (const Bytes& record : state) good.feed(record);
  const auto refused = good.pipeline.summary().malformed;
  const auto is = [](const Bytes& record, stray_kind kind) {
    stray_head head;
    std::memcpy(&head, record.data(), sizeof head);
    return head.kind == kind;
  };
  for (const Bytes& record : state) {
    twice.feed(record);
    if (!is(record, STRAY_STATE_END)) twice.feed(record);
    if (!is(record, STRAY_STATE_IMAGE)) no_image.feed(record);
    if (!is(record, STRAY_STATE_PROCESS)) no_process.feed(record);
  }
  EXPECT_EQ(twice.pipeline.summary().malformed, refused + state.size() - 1);
  EXPECT_EQ(twice.pipeline.lineage().counts().live, good.pipeline.lineage().counts().live);
  EXPECT_GE(no_image.pipeline.summary().malformed, refused + count_of(state, STRAY_STATE_PROCESS) / 2);
  EXPECT_EQ(no_process.pipeline.summary().malformed, refused + count_of(state, STRAY_STATE_WATCH))
      << "a watch of nobody";
  EXPECT_EQ(no_process.pipeline.lineage().counts().live, 0u);
}

}  // namespace
}  // namespace stray
