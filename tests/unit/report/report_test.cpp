// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "findings/rules.hpp"
#include "report/advice.hpp"
#include "report/html.hpp"
#include "report/markdown.hpp"
#include "report/report_sink.hpp"
#include "support/incident.hpp"

namespace stray {
namespace {

using namespace records;

class ReportTest : public ::testing::Test {
 protected:
  explicit ReportTest(ReportBound bound = {}) : sink(bound) {}
  void feed(const Bytes& bytes) { host.feed(bytes); }
  Report report() { return sink.take(host.pipeline); }

  ReportSink sink;
  StagedHost host{sink};
};

TEST_F(ReportTest, HoldsLivesOfProcessesAndFindings) {
  host.answers[100].rss = 100u << 20;
  const ProcessKey node = host.leave_behind(100, {"node", "server.js"});
  host.pass(60);
  const BootTime end = host.now;
  feed(exit(node, end, 15));
  const Report got = report();
  const Life* life = got.find(node);
  ASSERT_TRUE(life);
  EXPECT_EQ(life->end, end);
  EXPECT_EQ(life->status, 15u);
  EXPECT_EQ(got.text(life->command), "node server.js");
  EXPECT_EQ(got.text(life->user), "alice");
  EXPECT_EQ(life->rss, 100u << 20);
  EXPECT_EQ(life->parent, host.init);
  EXPECT_EQ(life->origin.tgid, 99u);
  EXPECT_TRUE(got.find(life->origin)) << "its creator is kept, though dead";
  ASSERT_FALSE(got.findings.empty());
  for (const FindingLife& f : got.findings) {
    EXPECT_FALSE(f.open());
    EXPECT_LT(f.raised, end);
    EXPECT_EQ(f.cleared, end);
    EXPECT_FALSE(f.reason.empty());
  }
}

TEST_F(ReportTest, MovesAServerAndCountsSharedMembersOnce) {
  host.answers[100] = {.ports = {3000}, .rss = 100u << 20};
  host.answers[101].rss = 50u << 20;
  const ProcessKey node = host.leave_behind(100, {"node", "server.js"});
  host.start(key(101, 20), node, "/usr/bin/node", {"node", "worker.js"});
  host.pass(200);
  const Report got = report();
  const Advice advice = advise(got);
  ASSERT_EQ(advice.subjects.size(), 1u);
  EXPECT_EQ(advice.subjects[0].findings.size(), 2u) << "an orphan, and a server without a supervisor";
  EXPECT_EQ(advice.totals.processes, 2u);
  EXPECT_EQ(advice.totals.memory, 150u << 20);
  EXPECT_EQ(advice.totals.frees, 0u) << "it runs again afterwards";
  ASSERT_EQ(advice.tasks.size(), 1u) << "one stray, one treatment";
  EXPECT_EQ(advice.tasks[0].when, When::maintenance_window);
  const std::string text = markdown(got);
  for (const char* part :
       {"# testhost: 2 notices; 1 server to move\n", "## 1. Situation", "## 2. What to do",
        "### In the next maintenance window", "Origin: node server.js ← bash", "## 3. Why it matters",
        "## 4. How to verify", "## 5. Totals", "## 6. What was observed", "150 M",
        "00010203-0405-0607-0809-0a0b0c0d0e0f", "alice; started by bash", "in /srv/app", "stray scan",
        "pm2 status", "--under pm2"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_EQ(text.find("stray stop"), std::string::npos) << "a server that serves is not stopped\n" << text;
}

std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + what.size())) ++n;
  return n;
}

TEST_F(ReportTest, ExplainsOnceAndGroupsWhatIsAlike) {
  const std::string long_argument(400, 'x');
  for (const std::uint32_t pid : {100u, 200u, 300u}) {
    host.answers[pid] = {.cwd = "/srv/app"};
    host.leave_behind(pid, {"node", "job.js", long_argument});
  }
  host.pass(700);
  const Report got = report();
  const Advice advice = advise(got);
  ASSERT_EQ(advice.tasks.size(), 1u);
  ASSERT_EQ(advice.tasks[0].about.size(), 1u) << "one card";
  EXPECT_EQ(advice.tasks[0].about[0].size(), 3u);
  const std::string text = markdown(got);
  EXPECT_NE(text.find("#### 3 × node job.js xxx"), std::string::npos) << text;
  EXPECT_EQ(count_of(text, long_argument), 1u) << "the whole command once\n" << text;
  EXPECT_EQ(count_of(text, row_of(Kind::orphan).impact), 1u) << text;
  EXPECT_EQ(count_of(text, got.strays[0].treatment.why), 1u) << text;
  for (const Stray& stray : got.strays)
    EXPECT_EQ(count_of(text, "stray stop " + process_id(got.host.boot, stray.top)), 1u) << text;
}

TEST_F(ReportTest, StopsALaunchAsAWhole) {
  host.answers[101] = {.script = STRAY_SCRIPT_MISSING};
  const ProcessKey node = host.leave_behind(100, {"node", "server.js"});
  host.start(key(101, 20), node, "/usr/bin/node", {"node", "gone.js"});
  host.pass(700);
  const Report got = report();
  const Advice advice = advise(got);
  ASSERT_EQ(advice.subjects.size(), 1u);
  ASSERT_EQ(advice.tasks.size(), 1u);
  EXPECT_EQ(advice.tasks[0].when, When::now);
  EXPECT_EQ(advice.tasks[0].about[0].front()->stray->top, node);
  EXPECT_EQ(advice.totals.end, 1u);
  EXPECT_EQ(advice.totals.processes, 2u);
}

// The data of a page, as a browser would read it.
nlohmann::json data_of(const std::string& page) {
  const auto from = page.find("id=\"report\">") + 12, to = page.find("</script>", from);
  return nlohmann::json::parse(page.substr(from, to - from));
}

// The text between two texts of Markdown.
std::string between(const std::string& text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  return at == std::string::npos ? std::string() : text.substr(at, text.find(to, at) - at);
}

TEST_F(ReportTest, TheIncidentKeepsItsServerAndSaysHowItMoves) {
  const Incident incident = play_incident(host);
  host.pass(700);
  const Report got = report();
  const auto id = [&](ProcessKey key) { return process_id(got.host.boot, key); };
  const std::string text = markdown(got);
  for (const ProcessKey key : {incident.dev, incident.sync, incident.studio})
    EXPECT_NE(text.find("stray stop " + id(key)), std::string::npos) << key.tgid << "\n" << text;
  EXPECT_EQ(text.find("stray stop " + id(incident.server)), std::string::npos) << "it serves";
  EXPECT_EQ(text.find("kill "), std::string::npos) << text;
  const std::string now = between(text, "### Now: ", "### In the next"),
                    window = between(text, "### In the next maintenance window: ", "\n## ");
  EXPECT_NE(now.find("sync-mail.js"), std::string::npos);
  EXPECT_EQ(now.find("main.js"), std::string::npos) << "the server has time";
  std::size_t at = 0;
  for (const char* part : {"node dist/main.js --port 3000 (intranet-backend, pid 1301)", "stray adopt ",
                           "--under pm2", "`~/.stray/intranet-backend/ecosystem.config.js`", "module.exports",
                           "name: 'intranet-backend'", "[\"--port\", \"3000\"]", "cwd: \"/srv/intranet/app\"",
                           "1. now: ", "command -v pm2 || npm install -g pm2", "/srv/intranet/app/logs",
                           "/environ", "ps -o pid,lstart,args -p 1301", "is free", "pm2 start ", "online",
                           "pm2 status", "pm2 save", "pm2 startup"}) {
    const auto found = window.find(part, at);
    EXPECT_NE(found, std::string::npos) << part << " is not there, or too early in\n" << window;
    if (found != std::string::npos) at = found;
  }
  EXPECT_EQ(window.find("name: 'app'"), std::string::npos);
  for (const char* part : {"3 strays no longer run", "1 server is restarted after a crash"})
    EXPECT_NE(text.find(part), std::string::npos) << part;
}

TEST_F(ReportTest, EachStepOfAMigrationSaysWhatIsExpected) {
  play_incident(host);
  host.pass(700);
  const Report got = report();
  ASSERT_EQ(got.migrations.size(), 1u);
  EXPECT_EQ(got.migrations[0].name, "intranet-backend");
  ASSERT_FALSE(got.migrations[0].by_hand.empty());
  for (const Step& step : got.migrations[0].by_hand) {
    EXPECT_FALSE(step.command.empty()) << step.text;
    EXPECT_FALSE(step.expect.empty()) << step.text;
  }
}

TEST_F(ReportTest, ThePageHasTheCommandsOfTheMarkdown) {
  play_incident(host);
  host.pass(700);
  const Report got = report();
  const std::string text = markdown(got);
  const auto data = data_of(html_page(got));
  std::size_t commands = 0;
  const auto all_there = [&](const nlohmann::json& steps) {
    for (const auto& step : steps) {
      const std::string command = step["command"];
      if (command.empty()) continue;
      EXPECT_NE(text.find(command), std::string::npos) << command;
      ++commands;
    }
  };
  for (const auto& subject : data["subjects"]) {
    all_there(subject["treatment"]["steps"]);
    if (!subject.contains("migration")) continue;
    EXPECT_EQ(subject["migration"]["name"], "intranet-backend");
    all_there(subject["migration"]["steps"]);
    for (const std::string line : subject["migration"]["lines"])
      EXPECT_NE(text.find(line), std::string::npos) << line;
  }
  all_there(data["verify"]);
  EXPECT_GT(commands, 12u);
}

TEST_F(ReportTest, WhatNoFileCanHoldIsSaid) {
  host.answers[100] = {.ports = {3000}, .cwd = "/srv/\xff"};
  host.leave_behind(100, {"node", "server.js"});
  host.pass(200);
  const std::string text = markdown(report());
  EXPECT_NE(text.find("the file cannot be written, a path or an argument has bytes"), std::string::npos)
      << text;
  EXPECT_EQ(text.find("pm2 start "), std::string::npos) << "no steps without the file";
}

TEST_F(ReportTest, SaysInOneLineThatNothingWasFound) {
  host.pass(1);
  const std::string text = markdown(report());
  EXPECT_NE(text.find("\nNo strays: every watched process is supervised.\n"), std::string::npos);
  EXPECT_EQ(text.find("Situation"), std::string::npos);
}

TEST_F(ReportTest, ListsClearedFindingsApart) {
  const ProcessKey node = host.leave_behind(100, {"node", "server.js"});
  host.pass(60);
  feed(exit(node, host.now, 15));
  const std::string text = markdown(report());
  EXPECT_NE(text.find("have been resolved"), std::string::npos);
  EXPECT_NE(text.find("## Findings that were resolved"), std::string::npos);
  EXPECT_EQ(text.find("Situation"), std::string::npos);
}

TEST_F(ReportTest, SaysWhatWasLost) {
  feed(tick(at(5), 7));
  Bytes bad = tick(at(6));
  bad.resize(10);
  feed(bad);
  const std::string text = markdown(report());
  EXPECT_NE(text.find("7 records were lost and 1 malformed"), std::string::npos) << text;
}

TEST(Report, TheSameRecordsGiveTheSameBytes) {
  const auto make = [] {
    ReportSink sink;
    StagedHost host(sink);
    host.leave_behind(100, {"node", "server.js"});
    host.pass(60);
    for (std::uint32_t i = 0; i < 500; ++i) {
      host.feed(fork(key(200 + i, 100 + i), host.shell, at(100 + i)));
      if (i % 2) host.feed(exit(key(200 + i, 100 + i), at(101 + i)));
    }
    const Report report = sink.take(host.pipeline);
    return markdown(report) + html_page(report);
  };
  EXPECT_EQ(make(), make());
}

class BoundedReportTest : public ReportTest {
 protected:
  BoundedReportTest() : ReportTest({.processes = 64}) {}
};

TEST_F(BoundedReportTest, GivesUpShortLivesFirstAndSaysSo) {
  const ProcessKey node = host.leave_behind(100, {"node", "server.js"});
  host.pass(60);
  const ProcessKey lasting = key(300, 100);
  feed(fork(lasting, host.shell, at(100)));
  feed(exit(lasting, at(110)));
  for (std::uint32_t i = 0; i < 80; ++i) {
    feed(fork(key(1000 + i, 120 + i), host.shell, at(120 + i)));
    feed(exit(key(1000 + i, 120 + i), at(120.5 + i)));
  }
  const Report got = report();
  EXPECT_LE(got.lives.size(), 64u);
  EXPECT_GT(got.lives_dropped, 0u);
  EXPECT_TRUE(got.find(host.init)) << "lives";
  EXPECT_TRUE(got.find(node)) << "has a finding";
  EXPECT_TRUE(got.find(key(99, node.start.count() / 1'000'000'000)))
      << "lived half a second, but started what has a finding";
  EXPECT_TRUE(got.find(lasting)) << "lived long";
  EXPECT_FALSE(got.find(key(1000, 120))) << "the oldest short one";
  EXPECT_TRUE(got.find(key(1079, 199))) << "the latest";
  EXPECT_EQ(got.text(got.find(node)->command), "node server.js") << "texts moved with it";
  EXPECT_NE(markdown(got).find(std::to_string(got.lives_dropped) + " ended processes were given up"),
            std::string::npos);
}

TEST_F(ReportTest, LeavesOutWhatEndedBefore) {
  for (const std::uint32_t pid : {300u, 301u}) feed(fork(key(pid, 60), host.shell, at(60)));
  feed(exit(key(300, 60), at(70)));
  feed(exit(key(301, 60), at(90)));
  const Report got = sink.take(host.pipeline, at(80));
  EXPECT_FALSE(got.find(key(300, 60)));
  EXPECT_TRUE(got.find(key(301, 60)));
  EXPECT_TRUE(got.find(host.init));
}

TEST(MarkdownEscape, LeavesNothingToRead) {
  EXPECT_EQ(markdown_escape("a|b `c` <img src=x> & *d* [e](f) ~g~"),
            "a\\|b \\`c\\` &lt;img src=x&gt; &amp; \\*d\\* \\[e\\](f) \\~g\\~");
  EXPECT_EQ(markdown_escape("x\ny\rz\t\x1b[31m"), "x\\\\x0ay\\\\x0dz\\\\x09\\\\x1b\\[31m");
  EXPECT_EQ(markdown_escape("# no heading"), "\\# no heading");
  EXPECT_EQ(markdown_escape("- no list"), "\\- no list");
  EXPECT_EQ(markdown_escape("12. no list"), "12\\. no list");
  EXPECT_EQ(markdown_escape("12 apples"), "12 apples");
  EXPECT_EQ(markdown_escape("https://a.b/c www.d.e f@g.h"), "https\\://a.b/c www\\.d.e f&#64;g.h");
  EXPECT_EQ(markdown_escape("snake_case _em_ node_modules/x"), "snake_case \\_em\\_ node_modules/x");
  EXPECT_EQ(markdown_escape("\xe2\x80\xae\xff"), "\\\\u{202e}\\\\xff");
}

TEST_F(ReportTest, NoTextOfAProcessBreaksOut) {
  host.leave_behind(100, {"node", "a```\n# x", "b|c"});
  host.pass(60);
  const std::string text = markdown(report());
  EXPECT_EQ(text.find("\n# x"), std::string::npos);
  EXPECT_EQ(text.find("b|c"), std::string::npos);
  EXPECT_NE(text.find("b\\|c"), std::string::npos) << text;
}

TEST_F(ReportTest, NoTextOfAProcessEndsTheScriptElement) {
  host.leave_behind(100, {"node", "</script><img src=x onerror=alert(1)>", "\xff\xe2\x80\xa8"});
  host.pass(60);
  const std::string page = html_page(report());
  const auto data = data_of(page);
  ASSERT_FALSE(data["subjects"].empty());
  EXPECT_EQ(data["subjects"][0]["command"], "node </script><img src=x onerror=alert(1)> \\xff\\u{2028}");
  EXPECT_EQ(page.find("<img"), std::string::npos);
}

}  // namespace
}  // namespace stray
