// SPDX-License-Identifier: Apache-2.0
// Thousands of like processes: what judging them costs, by counting, and what is told of them.
#include "sinks/scan_view.hpp"
#include "sinks/text.hpp"
#include "unit/findings/detect_fixture.hpp"

namespace stray::test {
namespace {

class CrowdTest : public DetectTest {
 protected:
  ProcessKey copy(std::uint32_t n) const { return {at(10 + 6.0 * n), 1000 + n}; }
  // A snapshot finds servers that were left to init, alike, each started some seconds after the one before.
  void crowd(std::uint32_t count) {
    options.at_once = true;
    pipeline = std::make_unique<Pipeline>(options, LineageOptions{});
    pipeline->add(got);
    got.told.clear();
    now = at(1);
    feed(session());
    feed(seed(init, {}, "/sbin/init", at(50000), STRAY_SEED_NAMESPACE_INIT));
    for (std::uint32_t n = 0; n < count; ++n) {
      answers[1000 + n].process.argv = {"node", "server.js"};
      feed(seed(copy(n), init, "/usr/bin/node", at(50000), 0, {.sid = 1000 + n, .pgid = 1000 + n}));
    }
    feed(ready(at(50000)));
    until(at(50004));
  }
  std::size_t told(const std::string& action) const {
    return static_cast<std::size_t>(std::count_if(
        got.told.begin(), got.told.end(), [&](const Told& t) { return t.first.starts_with(action); }));
  }
  struct Cost {
    std::uint64_t begins, ends;
  };
  Cost cost_of(std::uint32_t count) {
    crowd(count);
    const std::uint64_t begins = pipeline->detectors().visited();
    for (std::uint32_t n = 0; n < count; ++n) feed(exit(copy(n), now, 0, init));
    EXPECT_TRUE(pipeline->detectors().open().empty());
    return {begins, pipeline->detectors().visited() - begins};
  }
};

TEST_F(CrowdTest, AFewSpeakForAllAndTheRestIsCounted) {
  crowd(100);
  const auto open = pipeline->detectors().open();
  std::set<ProcessKey> speakers;
  std::uint64_t alike = 0;
  for (const Finding& f : open) speakers.insert(f.process), alike = std::max(alike, f.what.alike);
  EXPECT_EQ(speakers.size(), Crowd::kMostSpeakers);
  EXPECT_EQ(speakers.size() + alike, 100u);
  EXPECT_LE(told("raised"), 4 * Crowd::kMostSpeakers);
  EXPECT_LE(told("updated"), 20u) << "the count is told when it doubles";
  const auto strays = strays_of(pipeline->detectors().scene(), open);
  EXPECT_EQ(totals_of(strays).strays, 100u);
  EXPECT_EQ(totals_of(strays).alike, 100u - Crowd::kMostSpeakers);
  EXPECT_EQ(totals_of(open, pipeline->lineage()).processes, 100u);
}

TEST_F(CrowdTest, TheHeadlineCountsStraysAndTheEntriesTheyStandIn) {
  crowd(100);
  const Scene scene = pipeline->detectors().scene();
  const auto strays = strays_of(scene, pipeline->detectors().open());
  const std::string text = Text(pipeline->host(), Style{false}).strays(strays, scene, {});
  EXPECT_EQ(text.substr(0, text.find(':')), "100 strays in 1 entry") << text.substr(0, 200);
  std::size_t entries = 0;
  for (auto at = text.find("\n\n"); at != std::string::npos; at = text.find("\n\n", at + 1)) ++entries;
  EXPECT_EQ(entries, 1u);
}

TEST_F(CrowdTest, WhoIsSilentIsExplainedAllTheSame) {
  crowd(40);
  const ProcessKey silent = copy(30);
  const auto about = [&](const std::vector<Finding>& open) {
    return std::count_if(open.begin(), open.end(), [&](const Finding& f) { return f.process == silent; });
  };
  EXPECT_EQ(about(pipeline->detectors().open()), 0);
  EXPECT_GT(about(pipeline->detectors().open(silent)), 0);
}

TEST_F(CrowdTest, WhatTheSpeakersDoNotHaveIsTold) {
  crowd(40);
  answers[1030].ports = {8080};
  answers[1030].public_ports = true;
  until(now + seconds(100));
  EXPECT_EQ(count("raised unsupervised-node", 1030), 1u) << "graver: open to the network";
}

TEST_F(CrowdTest, WhenTheSpeakersEndOthersTakeTheirPlaces) {
  crowd(40);
  for (std::uint32_t n = 0; n < 20; ++n) feed(exit(copy(n), now, 0, init));
  until(now + seconds(100));
  std::set<ProcessKey> speakers;
  std::uint64_t alike = 0;
  for (const Finding& f : pipeline->detectors().open())
    speakers.insert(f.process), alike = std::max(alike, f.what.alike);
  EXPECT_EQ(speakers.size(), Crowd::kMostSpeakers);
  EXPECT_EQ(speakers.size() + alike, 20u);
}

TEST_F(CrowdTest, AnotherUsersProcessIsNoneOfThem) {
  crowd(40);
  const ProcessKey other{now, 5000};
  feed(fork(other, init, now, {}, {.uid = 1001, .sid = 5000, .pgid = 5000}));
  feed(exec(other, now, "/usr/bin/node", {"node", "server.js"}, {.uid = 1001, .sid = 5000, .pgid = 5000}));
  answers[5000].process.uid = 1001;
  answers[5000].ports = {8080};
  until(now + seconds(100));
  EXPECT_EQ(count("raised unsupervised-node", 5000), 1u);
}

// Twice as many processes cost twice as much, not four times.
TEST_F(CrowdTest, WhatItCostsIsLinear) {
  const Cost few = cost_of(100), many = cost_of(200);
  EXPECT_GT(few.begins, 100u);
  EXPECT_LT(many.begins, 5 * few.begins / 2) << few.begins << " and " << many.begins;
  EXPECT_LT(many.ends, 5 * few.ends / 2) << few.ends << " and " << many.ends;
}

}  // namespace
}  // namespace stray::test
