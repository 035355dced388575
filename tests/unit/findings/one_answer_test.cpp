// SPDX-License-Identifier: Apache-2.0
// One answer: whatever is wrong with a process, the scan, the explanation, the report and the documents of
// its findings offer the same commands, those of its treatment.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "report/markdown.hpp"
#include "report/report_sink.hpp"
#include "sinks/text.hpp"
#include "support/staged_host.hpp"

namespace stray {
namespace {

using namespace records;

// The commands that act: `stray stop ID`, `stray adopt ID --under X`, and those of supervisors.
std::set<std::string> acts_in(const std::string& text) {
  std::set<std::string> out;
  for (const char* verb : {"stray stop ", "stray adopt ", "pm2 reload ", "pm2 restart ", "systemctl restart ",
                           "kill -", "kill 1", "kill 2"})
    for (auto at = text.find(verb); at != std::string::npos; at = text.find(verb, at + 1)) {
      std::string line = text.substr(at, text.find_first_of("\n`\"", at) - at);
      if (const auto comment = line.find("  # "); comment != std::string::npos) line.erase(comment);
      out.insert(line);
    }
  return out;
}

std::set<std::string> acts_of(const Treatment& treatment) {
  std::string lines;
  for (const Step& step : treatment.steps) lines += step.command + "\n";
  return acts_in(lines);
}

class OneAnswerTest : public ::testing::Test {
 protected:
  OneAnswerTest() {
    host.answers[100] = {.ports = {3000}, .rss = 100u << 20};  // serves
    host.answers[200] = {.rss = 50u << 20};                    // does not
    subjects = {host.leave_behind(100, {"node", "server.js"}), host.leave_behind(200, {"node", "worker.js"})};
    host.pass(100);  // long enough to observe what listens
  }

  std::vector<Finding> findings(ProcessKey process, std::initializer_list<Kind> kinds) const {
    std::vector<Finding> out;
    for (const Kind kind : kinds) {
      Finding f{.kind = kind,
                .process = process,
                .since = host.now,
                .raised = host.now,
                .time = host.now,
                .what = {},
                .reason = {}};
      f.what.claim = "is wrong";
      f.what.message = "it is wrong";
      out.push_back(f);
    }
    return out;
  }

  void all_agree(const std::vector<Finding>& open) {
    const Scene scene = host.pipeline.detectors().scene();
    const std::vector<Stray> strays = strays_of(scene, open);
    ASSERT_EQ(strays.size(), 1u);
    const Treatment& treatment = strays[0].treatment;
    const std::set<std::string> acts = acts_of(treatment);
    const Text text(host.pipeline.host(), {});
    const Process& process = *scene.lineage.find(open[0].process);
    EXPECT_EQ(acts_in(text.strays(strays, scene, {})), acts);
    EXPECT_EQ(acts_in(text.strays(strays, scene, {.findings = true})), acts);
    EXPECT_EQ(acts_in(text.explain(process, scene, strays)), acts);
    EXPECT_NE(text.tree(&process, scene, strays, {}).find(treatment.title), std::string::npos);
    Ecs ecs(host.pipeline.host());
    for (const Finding& f : open) {
      std::string line;
      ecs.finding(line, f, &strays[0], scene, &process, 0);
      const auto document = nlohmann::json::parse(line);
      EXPECT_EQ(document["stray"]["treatment"]["action"], to_string(treatment.action));
      EXPECT_EQ(document["stray"]["id"], process_id(host.pipeline.host().boot, strays[0].top));
      std::string lines;
      for (const auto& step : document["stray"]["treatment"]["steps"])
        lines += step.value("command", "") + "\n";
      EXPECT_EQ(acts_in(lines), acts);
    }
    ReportSink sink;
    Report report = sink.take(host.pipeline);
    report.strays = strays;
    EXPECT_EQ(acts_in(markdown(report)), acts);
  }

  Sink nothing;
  StagedHost host{nothing};
  std::vector<ProcessKey> subjects;
};

TEST_F(OneAnswerTest, ForEveryPairOfKinds) {
  for (const ProcessKey subject : subjects)
    for (const Kind one : kKinds)
      for (const Kind other : kKinds) {
        SCOPED_TRACE(std::string(to_string(one)) + " and " + std::string(to_string(other)) + " of " +
                     std::to_string(subject.tgid));
        all_agree(one == other ? findings(subject, {one}) : findings(subject, {one, other}));
      }
}

TEST_F(OneAnswerTest, AServerIsMovedAndNeverStopped) {
  for (const Kind kind : {Kind::orphan, Kind::unsupervised_node, Kind::supervisor_lost, Kind::old_code}) {
    const auto strays =
        strays_of(host.pipeline.detectors().scene(), findings(subjects[0], {Kind::orphan, kind}));
    EXPECT_EQ(strays[0].treatment.action, Remedy::move) << to_string(kind);
  }
  const auto gone =
      strays_of(host.pipeline.detectors().scene(),
                findings(subjects[0], {Kind::orphan, Kind::unsupervised_node, Kind::stale_script}));
  EXPECT_EQ(gone[0].treatment.action, Remedy::end) << "it cannot be started again";
}

TEST_F(OneAnswerTest, WhatListensIsNotEndedForSureWhateverDecides) {
  for (const Kind kind : {Kind::stale_script, Kind::dev_tool}) {
    const auto serving = strays_of(host.pipeline.detectors().scene(), findings(subjects[0], {kind}));
    EXPECT_EQ(serving[0].treatment.action, Remedy::end) << to_string(kind);
    EXPECT_EQ(serving[0].treatment.confidence, Confidence::unsure) << to_string(kind);
    const auto idle = strays_of(host.pipeline.detectors().scene(), findings(subjects[1], {kind}));
    EXPECT_EQ(idle[0].treatment.confidence, Confidence::certain) << to_string(kind);
  }
}

TEST_F(OneAnswerTest, AnOrphanOfUnknownUseIsLookedAtFirst) {
  const auto strays = strays_of(host.pipeline.detectors().scene(), findings(subjects[1], {Kind::orphan}));
  EXPECT_EQ(strays[0].treatment.action, Remedy::end);
  EXPECT_EQ(strays[0].treatment.title, "look, then stop it");
  EXPECT_TRUE(strays[0].treatment.steps.front().command.starts_with("stray explain "));
}

TEST_F(OneAnswerTest, TheOrderInWhichFindingsComeDecidesNothing) {
  const Scene scene = host.pipeline.detectors().scene();
  for (const Kind one : kKinds)
    for (const Kind other : kKinds) {
      if (one == other) continue;
      const auto a = strays_of(scene, findings(subjects[1], {one, other}));
      const auto b = strays_of(scene, findings(subjects[1], {other, one}));
      EXPECT_EQ(a[0].treatment.action, b[0].treatment.action) << to_string(one) << ", " << to_string(other);
      EXPECT_EQ(lines_of(a[0].treatment), lines_of(b[0].treatment));
    }
}

}  // namespace
}  // namespace stray
