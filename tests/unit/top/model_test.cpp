// SPDX-License-Identifier: Apache-2.0
// What the live view shows and what keys do to it, without a terminal; and the snapshots it shows, from
// records.
#include "top/model.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "base/columns.hpp"
#include "base/units.hpp"
#include "sinks/text.hpp"
#include "support/incident.hpp"
#include "top/redraw.hpp"
#include "top/survey.hpp"

namespace stray::top {
namespace {

using namespace records;
using Kind = Key::Kind;

Key letter(const char* text) { return {.kind = Kind::character, .text = text}; }
Key of(Kind kind) { return {.kind = kind}; }

class TopTest : public ::testing::Test {
 protected:
  void SetUp() override {
    use_utf8();
    host.pipeline.add(survey);
    told = play_incident(host);
    host.pass(700);
    model.resize(24, 80);
    look();
  }
  void look() { model.show(std::make_shared<Snapshot>(survey.snapshot(host.pipeline, model.wanted()))); }
  void type(const std::string& text) {
    for (const char c : text) model.press({.text = std::string(1, c)});
  }
  std::vector<std::string> screen() const {
    std::vector<std::string> out;
    for (const Line& line : model.lines()) out.push_back(line.text());
    return out;
  }
  std::string all() const {
    std::string out;
    for (const std::string& line : screen()) out += line + "\n";
    return out;
  }
  bool shows(const std::string& text) const { return all().find(text) != std::string::npos; }
  std::string selected() const {
    for (const Line& line : model.lines())
      if (line.selected) return line.text();
    return {};
  }
  std::vector<Stray> strays() const {
    return strays_of(host.pipeline.detectors().scene(), host.pipeline.detectors().open());
  }

  Survey survey;
  Sink nothing;
  StagedHost host{nothing};
  Incident told;
  Model model{false};
};

TEST_F(TopTest, ShowsTheVerdictOfScanAndItsStraysGravestFirst) {
  model.resize(24, 200);
  const Text text(host.pipeline.host(), {});
  const std::string verdict = text.verdict(strays(), strays().size(), {});
  EXPECT_TRUE(shows(verdict.substr(0, verdict.find('\n')))) << all();
  ASSERT_GE(strays().size(), 3u);
  std::size_t line = 4;
  for (const Stray& stray : strays()) {
    const std::string shown = screen()[line++];
    EXPECT_NE(shown.find(std::string(to_string(stray.severity))), std::string::npos) << shown;
    EXPECT_NE(shown.find(" " + stray.treatment.title + " "), std::string::npos) << shown;
    EXPECT_NE(shown.find(std::to_string(stray.top.tgid)), std::string::npos) << shown;
  }
}

TEST_F(TopTest, FitsEveryScreen) {
  for (const char* key : {"", "t", "?"}) {
    if (*key) model.press(letter(key));
    look();
    for (const std::size_t columns : {1u, 20u, 80u, 100u, 131u, 140u, 300u})
      for (const std::size_t rows : {1u, 3u, 24u, 90u}) {
        model.resize(rows, columns);
        EXPECT_EQ(screen().size(), rows);
        for (const std::string& line : screen()) EXPECT_EQ(columns_of(line), columns) << line;
      }
    if (*key == '?') model.press(of(Kind::escape));
  }
}

TEST_F(TopTest, TheCursorStaysWithItsProcess) {
  model.press(of(Kind::end));
  const std::string before = selected();
  ASSERT_FALSE(before.empty());
  host.leave_behind(1501, {"node", "jobs/more.js"});
  host.pass(60);
  look();
  model.press(letter("s"));  // by memory: another order
  EXPECT_NE(selected().find(before.substr(23, 7)), std::string::npos) << before << all();
}

TEST_F(TopTest, FiltersByAnyTextOfALine) {
  model.resize(24, 200);
  type("/PRISMA");
  EXPECT_TRUE(shows("filter: PRISMA_"));
  EXPECT_TRUE(shows("prisma"));
  EXPECT_FALSE(shows("dist/main.js"));
  model.press(of(Kind::enter));
  EXPECT_TRUE(shows("filter \"PRISMA\": 1"));
  model.press(of(Kind::escape));
  EXPECT_TRUE(shows("dist/main.js"));
  type("/zzz");
  EXPECT_EQ(selected(), "");
  model.press(of(Kind::backspace)), model.press(of(Kind::backspace)), model.press(of(Kind::backspace));
  EXPECT_NE(selected(), "");
}

TEST_F(TopTest, SortsByMemory) {
  model.press(letter("s"));
  model.press(of(Kind::home));
  std::uint64_t most = 0;
  for (const Stray& stray : strays()) most = std::max(most, stray.memory);
  EXPECT_NE(selected().find(memory_text(most)), std::string::npos) << all();
  EXPECT_TRUE(shows("s by memory"));
}

TEST_F(TopTest, EnterExplainsAndPPlans) {
  model.resize(90, 250);
  model.press(of(Kind::enter));
  ASSERT_TRUE(model.wanted().detail);
  look();
  const Stray first = strays().front();
  const Scene scene = host.pipeline.detectors().scene();
  const std::string text =
      Text(host.pipeline.host(), {}).explain(*scene.lineage.find(first.top), scene, strays());
  EXPECT_TRUE(shows(text.substr(0, text.find('\n')))) << all();
  EXPECT_TRUE(shows(first.treatment.why)) << all();
  model.press(letter("p"));
  look();
  EXPECT_TRUE(shows("#!/bin/sh")) << all();
  model.press(of(Kind::escape));
  EXPECT_FALSE(model.wanted().detail);
  EXPECT_TRUE(shows("SEVERITY"));
}

TEST_F(TopTest, APageScrollsToItsEndAndNotBeyond) {
  model.resize(12, 60);
  model.press(of(Kind::enter));
  look();
  const auto top = screen();
  model.press(of(Kind::up));
  EXPECT_EQ(screen(), top);
  model.press(of(Kind::end));
  const auto end = screen();
  EXPECT_NE(end, top);
  model.press(of(Kind::page_down));
  EXPECT_EQ(screen(), end);
  model.press(of(Kind::home));
  EXPECT_EQ(screen(), top);
}

TEST_F(TopTest, TheTreeFoldsAndShowsWhatIsFound) {
  model.resize(24, 200);
  model.press(letter("t"));
  ASSERT_TRUE(model.wanted().tree);
  look();
  EXPECT_TRUE(shows("SUPERVISOR"));
  EXPECT_TRUE(shows("<- ")) << all();
  EXPECT_TRUE(shows("src/worker.js"));
  type("/src/server.js");
  model.press(of(Kind::enter));
  EXPECT_FALSE(shows("prisma"));
  model.press(of(Kind::end));
  EXPECT_NE(selected().find("src/server.js"), std::string::npos);
  model.press(of(Kind::escape));
  EXPECT_FALSE(model.wanted().in_view.empty());
  model.press(letter("f"));
  EXPECT_FALSE(shows("src/worker.js")) << all();
  EXPECT_TRUE(shows("[+] "));
  model.press(of(Kind::right));
  EXPECT_TRUE(shows("src/worker.js"));
}

TEST_F(TopTest, StopsAndAcceptsWhatIsSelected) {
  const Stray first = strays().front();
  const auto id = [&](ProcessKey key) { return process_id(host.pipeline.host().boot, key); };
  const Action stop = model.press(letter("k"));
  EXPECT_EQ(stop.kind, Action::Kind::stop);
  EXPECT_EQ(stop.id, id(first.top));
  model.press(letter("a"));
  EXPECT_TRUE(shows("reason to accept"));
  type("a demo");
  const Action allow = model.press(of(Kind::enter));
  EXPECT_EQ(allow.kind, Action::Kind::allow);
  EXPECT_EQ(allow.id, id(first.findings.front().process));
  EXPECT_EQ(allow.text, "a demo");
  model.press(letter("a"));
  EXPECT_EQ(model.press(of(Kind::enter)).kind, Action::Kind::none);
  EXPECT_TRUE(shows("the reason is missing"));
  EXPECT_EQ(model.press(letter("q")).kind, Action::Kind::quit);
}

TEST_F(TopTest, ACaptureIsMovedThroughAndNothingIsDoneInIt) {
  Model capture{true};
  auto snapshot = survey.snapshot(host.pipeline, {});
  snapshot.place = Place{.begin = 0, .end = 100'000'000'000, .at = 50'000'000'000, .step = 1'000'000'000};
  capture.show(std::make_shared<Snapshot>(snapshot));
  EXPECT_NE(capture.lines()[1].text().find("+50 s -50 s  step 1 s  paused"), std::string::npos);
  EXPECT_EQ(capture.press(of(Kind::left)).steps, -1);
  EXPECT_EQ(capture.press(of(Kind::right)).steps, 1);
  EXPECT_EQ(capture.press(letter(" ")).kind, Action::Kind::play);
  EXPECT_EQ(capture.press(letter(">")).kind, Action::Kind::faster);
  EXPECT_EQ(capture.press(letter("k")).kind, Action::Kind::none);
  EXPECT_NE(capture.lines().back().text().find("this is a capture"), std::string::npos);
  capture.press(letter("g"));
  for (const char* c : {"0", "2", ":", "1", "3"}) capture.press(letter(c));
  const Action go = capture.press(of(Kind::enter));
  EXPECT_EQ(go.kind, Action::Kind::go);
  EXPECT_EQ(go.text, "02:13");
}

TEST_F(TopTest, TheMouseSelectsAndOpens) {
  model.press({.kind = Kind::click, .row = 5});
  EXPECT_EQ(selected(), screen()[5]);
  EXPECT_FALSE(model.wanted().detail);
  model.press({.kind = Kind::click, .row = 5});
  EXPECT_TRUE(model.wanted().detail);
  model.press(of(Kind::escape));
  model.press({.kind = Kind::click, .row = 23});  // the hints
  EXPECT_FALSE(model.wanted().detail);
}

TEST_F(TopTest, NoNameMovesTheCursor) {
  host.leave_behind(1601, {"node", "\x1b[2J\x1b]0;title\x07漢字\xff\r.js", "\u202egnp.js"});
  host.pass(700);
  for (const char* key : {"", "t"}) {
    if (*key) model.press(letter(key));
    look();
    model.resize(40, 300);
    EXPECT_TRUE(shows("漢字")) << all();
    for (const std::string& line : screen())
      for (const char c : line) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << line;
    EXPECT_FALSE(shows("\u202e"));
  }
}

TEST_F(TopTest, SaysWhatItDoesNotSee) {
  Snapshot limited = survey.snapshot(host.pipeline, {});
  limited.limits = {"CAP_SYS_PTRACE is missing", "other"};
  model.show(std::make_shared<Snapshot>(limited));
  EXPECT_TRUE(shows("limited view: CAP_SYS_PTRACE is missing; and 1 more"));
}

TEST(TopRedraw, IsAtOnceButNoMoreThanTenTimesASecond) {
  using std::chrono::milliseconds;
  Redraw redraw;
  Redraw::Time now{};
  int drawn = 0;
  for (int ms = 0; ms < 2000; ++ms, now += milliseconds(1)) {
    redraw.ask(now);
    if (redraw.due(now)) ++drawn, redraw.done(now);
  }
  EXPECT_EQ(drawn, 20);
  now += milliseconds(500);
  redraw.done(now);
  now += milliseconds(500);
  EXPECT_FALSE(redraw.wait(now).has_value());
  redraw.ask(now);
  EXPECT_TRUE(redraw.due(now));
  redraw.done(now);
  redraw.ask(now + milliseconds(30));
  EXPECT_EQ(redraw.wait(now + milliseconds(30)), milliseconds(70));
}

TEST(TopSurvey, CountsLivesASecond) {
  Survey survey;
  StagedHost host{survey};
  survey.snapshot(host.pipeline, {});
  for (std::uint32_t i = 0; i < 30; ++i) {
    const ProcessKey child = key(5000 + i, 10);
    host.feed(fork(child, host.shell, at(10)));
    host.feed(exit(child, at(10)));
  }
  host.feed(tick(at(13)));
  const auto lives = survey.snapshot(host.pipeline, {}).lives;
  ASSERT_TRUE(lives);
  EXPECT_NEAR(*lives, 3, 0.5);
}

}  // namespace
}  // namespace stray::top
